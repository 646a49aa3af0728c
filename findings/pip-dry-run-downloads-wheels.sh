#!/bin/sh
# pip before 25.3: `pip install --dry-run` downloads every wheel, also where the index offers the metadata alone.
#
# Seen with pip 25.2 and an index on loopback that serves a wheel's METADATA as a file of its own (PEP 658). pip resolves with
# the metadata, which it downloads first; then, with everything decided and nothing to be installed, it downloads the wheel as
# well. pip 25.3 ends after the metadata. So to ask an older pip what it would install (--dry-run --report, as tools do that
# compare an environment with what is up to date) costs as much as to download it all: hundreds of megabytes for numerical
# libraries, at every question, unless a cache has them.
#
# Needs: python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
server=
cd "$work"
mkdir -p index/simple/only index/files
python3 - <<'EOF'
import hashlib
import zipfile
from pathlib import Path
info, name = "only-1.0.dist-info", "only-1.0-py3-none-any.whl"
metadata = b"Metadata-Version: 2.1\nName: only\nVersion: 1.0\n"
with zipfile.ZipFile(f"index/files/{name}", "w") as wheel:
    wheel.writestr("only.py", "")
    wheel.writestr(f"{info}/METADATA", metadata)
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(f"{info}/RECORD", "".join(f"{one},,\n" for one in
                   ["only.py", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD"]))
Path(f"index/files/{name}.metadata").write_bytes(metadata)
wheel = hashlib.sha256(Path(f"index/files/{name}").read_bytes()).hexdigest()
alone = hashlib.sha256(metadata).hexdigest()
Path("index/simple/only/index.html").write_text(
    f'<a href="/files/{name}#sha256={wheel}" data-core-metadata="sha256={alone}">{name}</a>'
)
EOF
# It says on which port it listens in its first line.
python3 -u -m http.server --bind 127.0.0.1 --directory index 0 >port 2>>requests &
server=$!
until grep -q port port; do kill -0 "$server" || exit 2; sleep 0.1; done
index="http://127.0.0.1:$(sed 's/.* port \([0-9]*\) .*/\1/' port)/simple/"

ask() { # VERSION OF PIP
    python3 -m venv "$1"
    "$1/bin/python" -m pip install --quiet "pip==$1" 2>/dev/null
    : >requests
    env NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 "$1/bin/python" -m pip --isolated install --dry-run --no-cache-dir \
        --index-url "$index" only >log 2>&1 || { cat log >&2; echo 'it could not be asked' >&2; exit 2; }
    grep -q '^Would install only-1.0' log || { cat log >&2; exit 2; }
    grep -q 'GET /files/only-1.0-py3-none-any.whl.metadata ' requests ||
        { cat log >&2; echo 'it does not ask for metadata alone' >&2; exit 2; }
}

wheel='GET /files/only-1.0-py3-none-any.whl '
ask 25.2
grep -q "$wheel" requests || { echo 'CHANGED: pip 25.2 does not download the wheel' >&2; exit 1; }
echo 'pip 25.2: the metadata, and then the wheel.'
ask 25.3
! grep -q "$wheel" requests || { echo 'CHANGED: pip 25.3 downloads the wheel' >&2; exit 1; }
echo 'pip 25.3: the metadata alone.'
echo 'As described.'
