#!/bin/sh
# uv 0.13.9: `uv sync` marks every distribution as asked for, transitive ones too.
#
# The file REQUESTED in a distribution's .dist-info means that a user has asked for it by name, and its absence that it
# came as a dependency ("Recording installed projects", PyPA). pip writes it for what stands in the requirements alone. With
# a project whose only dependency is markdown-it-py, which needs mdurl, `uv sync --no-dev` writes REQUESTED for both, and so
# does `uv pip install markdown-it-py`. Tools that remove what nobody has asked for, or that tell direct from
# transitive dependencies by this file, see none of the latter in an environment that uv has made.
#
# Needs: python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONPATH
export UV_CACHE_DIR="$work/cache" UV_PYTHON_DOWNLOADS=never UV_NO_CONFIG=1
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install 'uv==0.13.9' 'pip==26.3'

mkdir project
cat >project/pyproject.toml <<'TOML'
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["markdown-it-py==4.0.0"]
TOML
(cd project && ../tools/bin/uv sync --quiet --no-dev --python "$work/tools/bin/python")
python3 -m venv --without-pip by-pip
tools/bin/pip --quiet --disable-pip-version-check --python by-pip install 'markdown-it-py==4.0.0'

requested() { (cd "$1" && find . -name REQUESTED | sed -n 's|.*/\([a-z_]*\)-[0-9.]*\.dist-info/REQUESTED|\1|p' | sort | tr '\n' ' '); }
echo "uv:  $(requested project/.venv)"
echo "pip: $(requested by-pip)"
[ "$(requested project/.venv)" = 'markdown_it_py mdurl ' ] || { echo 'CHANGED: uv' >&2; exit 1; }
[ "$(requested by-pip)" = 'markdown_it_py ' ] || { echo 'CHANGED: pip' >&2; exit 1; }
echo 'As described.'
