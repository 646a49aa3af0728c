#!/bin/sh
# uv 0.13.9: one key that it does not know in [tool.uv] makes it drop the whole table, and it goes on.
#
# Seen with uv 0.13.9 and a pyproject.toml whose [tool.uv] has find-links with a folder that holds the one package the
# project needs. `uv lock --offline` resolves it. With one more line in the table, a key that this uv does not know (a slip,
# or a setting that came with a later uv), it prints "warning: Failed to parse `pyproject.toml` during settings
# discovery", names the key, and resolves as if the table were empty: the package is not found, and the error that ends
# the run speaks of an unavailable package only, with the hint that the network is disabled. So a project that says in
# pyproject.toml where its packages are asks the default index instead as soon as an older uv builds it, and the cause
# stands above in a warning. A build tool that runs uv has to look for that warning when it explains a failure.
#
# Needs: python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet uv==0.13.9 2>/dev/null

mkdir -p app/wheels && cd app
python3 - <<'EOF'
import zipfile
info = "onlyhere-1.0.dist-info"
with zipfile.ZipFile("wheels/onlyhere-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("onlyhere.py", "")
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: onlyhere\nVersion: 1.0\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    names = ["onlyhere.py", *(f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD"))]
    wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
EOF

lock() { # ANOTHER LINE OF THE TABLE
    printf '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["onlyhere"]\n' >pyproject.toml
    printf '\n[tool.uv]\nfind-links = ["wheels"]\n%s\n' "$1" >>pyproject.toml
    rm -f uv.lock
    ../venv/bin/uv lock --offline --no-cache --python "$(command -v python3)" >log 2>&1
}

lock '' || { cat log >&2; echo 'find-links does not serve here' >&2; exit 2; }
grep -q '^Resolved 2 packages' log || { cat log >&2; exit 2; }
echo 'Without the key: resolved from the folder.'

if lock 'setting-of-a-later-version = true'; then
    echo 'CHANGED: it resolves in spite of the key' >&2
    exit 1
fi
grep -q '^warning: Failed to parse `pyproject.toml` during settings discovery' log ||
    { echo 'CHANGED: another warning' >&2; exit 1; }
grep -q 'unknown field `setting-of-a-later-version`' log || { echo 'CHANGED: the key is not named' >&2; exit 1; }
sed -n '/^error:/,$p' log >end
grep -q 'onlyhere was not found' end || { cat end >&2; echo 'CHANGED: another error' >&2; exit 1; }
! grep -q 'setting' end || { echo 'CHANGED: the error names the settings' >&2; exit 1; }
echo 'With it: a warning, and the package is not found.'
echo 'As described.'
