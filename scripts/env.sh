# shellcheck shell=sh
# Sourced by scripts/nox and scripts/inv: sets $root and $venv, a private virtual environment that
# holds what locks/maintain.txt names: nox, invoke and what the tasks need. It is made on first use, and another
# one when that, or the place of the checkout, has changed; how an environment is made is said in set_up.py.
set -eu
unset PYTHONHOME # of another Python

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$root/.venvs/current

# What tells in a moment that nothing has changed since the environment was found or made.
recipe() {
    printf '%s\n' "$root"
    cat "$root"/scripts/*.py "$root/locks/maintain.txt" "$root/pyproject.toml" "$root"/packages/*/pyproject.toml | cksum
}

find_python() {
    for candidate in python3 python3.15 python3.14 python3.13 python3.12 python3.11 python3.10; do
        # Run it: a name on PATH may be a shim for a version that is not installed.
        if "$candidate" -I -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    echo 'scripts: no Python 3.10 or newer found on PATH; install python3 and try again.' >&2
    exit 1
}

recipe=$(recipe)
if [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.strata" 2>/dev/null)" = "$recipe" ]; then
    venv=$(cd -P -- "$venv" && pwd) # whatever is set up while the command runs
    touch -c "$venv/.strata" 2>/dev/null || : # it is in use
else
    base=$(find_python)
    venv=$("$base" -I "$root/scripts/set_up.py" "$root" "$recipe")
fi
