# shellcheck shell=sh
# Sourced by scripts/nox and scripts/inv: sets $root and $python, a private virtual environment
# in .venv that holds the pinned nox, invoke and this repository's libraries (editable).
# It is made on first use and again when the checkout moved or a pyproject.toml changed.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$root/.venv
python=$venv/bin/python
stamp=$venv/.strata

say() { printf 'scripts: %s\n' "$*" >&2; }

die() { say "$@"; exit 1; }

# What the environment was made from. The path is part of it: a virtual environment does not survive a move.
recipe() {
    printf '%s\n' "$root"
    cat "$root/scripts/env.sh" "$root/pyproject.toml" "$root"/packages/*/pyproject.toml | cksum
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
        # Run it: a name on PATH may be a shim for a version that is not installed.
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    die 'no Python 3.10 or newer found on PATH; install python3 and try again.'
}

# Two commands may start at once on a fresh checkout: one sets up, the other waits.
lock() {
    waited=
    until mkdir "$root/.venv.lock" 2>/dev/null; do
        [ -w "$root" ] || die "cannot write to $root."
        owner=$(cat "$root/.venv.lock/pid" 2>/dev/null || :)
        if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
            rm -rf "$root/.venv.lock" # its owner was killed
            continue
        fi
        [ -n "$waited" ] || say 'waiting for another command that is setting up .venv'
        waited=yes
        sleep 1
    done
    trap 'rm -rf "$root/.venv.lock"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    echo $$ >"$root/.venv.lock/pid"
}

unlock() {
    rm -rf "$root/.venv.lock"
    trap - EXIT INT TERM
}

is_current() { [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(recipe)" ]; }

install() {
    (cd "$root" && "$python" -m pip install --quiet --disable-pip-version-check "$@") ||
        die 'installing nox and invoke failed: see the message of pip above (is a package index reachable?).'
}

set_up() {
    base=$(find_python)
    say "setting up .venv with $("$base" --version) (once, about half a minute)"
    rm -f "$stamp"
    # Something of another checkout, or broken, is cleared; a sound environment is only brought up to date.
    clear=
    "$python" -c 'import sys, os; sys.exit(os.path.realpath(sys.prefix) != os.path.realpath(sys.argv[1]))' \
        "$venv" >/dev/null 2>&1 || clear=--clear
    "$base" -m venv $clear "$venv" || die "'$base -m venv' failed: on Debian and Ubuntu, install python3-venv."
    install --upgrade 'pip>=25.1'
    install --group maintain --editable packages/buildpack-api --editable packages/buildpack-release \
        --editable packages/buildpack-testing
    recipe >"$stamp"
}

if ! is_current; then
    lock
    is_current || set_up
    unlock
fi
