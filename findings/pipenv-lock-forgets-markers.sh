#!/bin/sh
# Pipenv 2026.10.3: what a Pipfile asks for on Windows only is locked on Linux without its marker, and installed there.
#
# Seen with pipenv 2026.10.3 on Linux and a Pipfile that has colorama with `sys_platform = "== 'win32'"`. Locking says
# that the dependencies of colorama are skipped "for your environment" and ends well; the entry in Pipfile.lock has
# no `markers`, so `pipenv sync` installs colorama on Linux. With `version = "*"` the entry is only {"version": "*"}:
# neither a pinned version nor a hash, in a file that exists to hold both. The other packages of the same lock are
# complete. So who reads a Pipfile.lock cannot take it as a closed set of hashed files, and has to ask the Pipfile which
# platform an entry is for.
#
# Needs: python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet pipenv==2026.10.3 2>/dev/null
# A Pipfile has to name its index: the one pip asks.
index=$(venv/bin/python -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)')
export PIPENV_VENV_IN_PROJECT=1 PIPENV_VERBOSITY=-1 PIPENV_YES=1 PIPENV_NOSPIN=1

for version in '==0.4.6' '*'; do
    mkdir app && cd app
    {
        printf '[[source]]\nname = "index"\nurl = "%s"\nverify_ssl = true\n\n[packages]\n' "$index"
        printf 'markupsafe = "==3.0.3"\ncolorama = {version = "%s", sys_platform = "== '\''win32'\''"}\n' "$version"
    } >Pipfile
    ../venv/bin/pipenv lock >log 2>&1 || { cat log >&2; exit 2; }
    ../venv/bin/python - "$version" <<'EOF' || exit 1
import json, sys
wanted, packages = sys.argv[1], json.load(open("Pipfile.lock"))["default"]
print(f"Pipfile: colorama {wanted}, on Windows; Pipfile.lock: {sorted(packages['colorama'])}")
assert packages["markupsafe"]["hashes"] and packages["markupsafe"]["version"] == "==3.0.3"
assert "markers" not in packages["colorama"], "CHANGED: the marker is kept"
assert packages["colorama"]["version"] == wanted, "CHANGED: it is pinned"
assert ("hashes" in packages["colorama"]) == (wanted != "*"), "CHANGED: hashes"
EOF
    ../venv/bin/pipenv sync >log 2>&1 || { cat log >&2; exit 2; }
    .venv/bin/python -c 'import colorama' || { echo 'CHANGED: it is not installed' >&2; exit 1; }
    cd .. && rm -r app
done
echo 'As described.'
