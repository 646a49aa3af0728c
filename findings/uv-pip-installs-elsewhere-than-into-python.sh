#!/bin/sh
# uv 0.13.9: `uv pip install --python ENVIRONMENT` installs somewhere else if the directory's pyproject.toml says so.
#
# Seen with uv 0.13.9, a virtual environment, and a project whose pyproject.toml has "target" in [tool.uv.pip]. In its
# directory, `uv pip install --python ../venv ...` names that environment's Python as the one it uses, reports the package
# as installed and ends with 0; the environment is empty, and the package lies in the directory of the setting. So an option
# of the command line that says where to install loses to a setting of the files, which is the other way round for most
# options of most tools. With --no-config the same command installs into the environment. A build tool that installs into an
# environment of its own with `uv pip` from a user's directory gets an empty one and no error: it has to pass --no-config,
# and settings that it wants kept by options.
#
# Needs: python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tools
tools/bin/pip install --quiet uv==0.13.9 2>/dev/null
python3 -m venv --without-pip venv
mkdir app
printf '[project]\nname = "app"\nversion = "1"\n\n[tool.uv.pip]\ntarget = "elsewhere"\n' >app/pyproject.toml
cd app

install() { # OPTIONS
    ../tools/bin/uv pip install --python ../venv/bin/python --no-cache "$@" six==1.17.0 >log 2>&1 ||
        { cat log >&2; echo 'six could not be installed' >&2; exit 2; }
    grep -q '^ + six==1.17.0' log || { cat log >&2; echo 'it does not say that six is installed' >&2; exit 2; }
}

in_environment() { ../venv/bin/python -c 'import six' 2>/dev/null; }

install
if in_environment; then
    echo 'CHANGED: it is in the environment' >&2
    exit 1
fi
[ -f elsewhere/six.py ] || { echo 'CHANGED: it is not in the directory of the setting either' >&2; exit 1; }
echo 'With --python and the setting: installed, ended with 0, and not in that environment.'
install --no-config
in_environment || { echo 'CHANGED: with --no-config it is not in the environment' >&2; exit 1; }
echo 'With --no-config: in the environment.'
echo 'As described.'
