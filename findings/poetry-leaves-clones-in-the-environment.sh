#!/bin/sh
# Poetry 2.5.1: the clone of a git dependency stays in the environment, although nothing there uses it.
#
# A dependency from a git repository that is not `develop = true` is built into a wheel and copied into site-packages, as
# pip 26.3 does it. pip clones into a temporary folder. Poetry clones into `src/NAME` of the virtual environment and
# leaves the clone there with all of its history (`.git`): nothing is imported from it. An environment that is copied
# into an image takes it along, and two environments with equal packages are not equal, since a clone has times in it.
# What has `develop = true` is linked to its clone, so the folder cannot just be removed.
#
# Needs: git, python3 with venv. Exits 1 if this is no longer so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset VIRTUAL_ENV PYTHONPATH
export HOME="$work" POETRY_CACHE_DIR="$work/cache" POETRY_VIRTUALENVS_PATH="$work/environments" GIT_CONFIG_NOSYSTEM=1
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install 'poetry==2.5.1' 'pip==26.3'

# A package whose build backend needs nothing and is part of it.
mkdir dep app
cat >dep/pyproject.toml <<'TOML'
[project]
name = "dep"
version = "1.0"
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
TOML
echo 'ANSWER = 42' >dep/dep.py
cat >dep/backend.py <<'PYTHON'
import zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    name, info = "dep-1.0-py3-none-any.whl", "dep-1.0.dist-info"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.write("dep.py")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: dep\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"dep.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return name
PYTHON
git -C dep init --quiet
git -C dep add .
git -C dep -c user.name=demo -c user.email=demo@example.org commit --quiet --message demo
cat >app/pyproject.toml <<TOML
[project]
name = "app"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["dep @ git+file://$work/dep"]
[tool.poetry]
package-mode = false
TOML
(cd app && ../tools/bin/poetry lock --quiet --no-interaction)
python3 -m venv --without-pip by-poetry
(cd app && VIRTUAL_ENV="$work/by-poetry" ../tools/bin/poetry sync --quiet --no-interaction)
python3 -m venv --without-pip by-pip
tools/bin/pip --quiet --disable-pip-version-check --python by-pip install "dep @ git+file://$work/dep"

for one in by-poetry by-pip; do
    place=$("$one/bin/python" -c 'import dep; print(dep.__file__)')
    echo "$one: imported from ${place#"$work/"}; below src: $(ls -A "$one/src/dep" 2>/dev/null | tr '\n' ' ')"
    case $place in */site-packages/dep.py) ;; *) echo 'CHANGED: it is not copied' >&2; exit 1 ;; esac
done
[ -d by-poetry/src/dep/.git ] || { echo 'CHANGED: Poetry leaves no clone' >&2; exit 1; }
[ ! -e by-pip/src ] || { echo 'CHANGED: pip leaves a clone' >&2; exit 1; }
echo 'As described.'
