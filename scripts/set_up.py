"""Make the private environment of ./scripts/nox and ./scripts/inv, or find the one that is there.

Usage, by env.sh: PYTHON -I scripts/set_up.py ROOT RECIPE. Prints the directory of the environment.

An environment is made for what it is to hold: .venvs/KEY, where the key is a digest of the lock and of where
the checkout lies. So another one is made beside it, and used when it is complete; after a failure, or when a
change is undone, the old one is there. .venvs/current names the one in use, and .venv, for editors, names
that.

It holds wheels with the digests that the lock names, and has this repository's own libraries on the path.
Nothing is built: who sets up runs no code but that of Python, pip and uv, whatever is in their environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.machinery
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  nothing is resolved

from environments import DIVERTING, HASHED, SetupError, lock_file, locked, not_locked, put_on_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FORMAT = 2
"""Goes up when an environment is made in another way."""
COMPLETE = ".strata"
"""The file in an environment that says from which files it was made; written when all else is done."""
GROUP = "maintain"
RENEW = "./scripts/nox -s lock"
"""The command that makes the locks anew."""
UNUSED = 7 * 24 * 3600
"""After so many seconds without a command an environment that is not the current one is removed."""


def set_up(root: Path, recipe: str) -> Path:
    """Return the environment of what the lock of the group maintain names, which is made if need be.

    `recipe` is what env.sh compares to tell whether it has to ask again. Raises SetupError, or OSError.
    """
    lock = locked(root, GROUP)
    if lacking := not_locked(root, GROUP):
        _say(f"{lock_file(root, GROUP)} is older than pyproject.toml ({', '.join(lacking)}): {RENEW}")
    store = root / ".venvs"
    store.mkdir(exist_ok=True)
    key = hashlib.sha256(json.dumps([FORMAT, str(root), lock]).encode()).hexdigest()
    environment = store / key[:12]
    with _alone(store):
        if not _works(environment):
            for one, used in [*_others(store)]:
                if not used:
                    shutil.rmtree(one, ignore_errors=True)
            _make(environment, root)
            for one, used in [*_others(store, environment, (store / "current").resolve())]:
                if used < time.time() - UNUSED:
                    shutil.rmtree(one, ignore_errors=True)
        new = store / "recipe"
        new.write_text(recipe, "utf-8", "surrogateescape")
        new.replace(environment / COMPLETE)
        _link(store / "current", environment.name)
        _offer(root / ".venv", store)
    return environment


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Wait until no other command sets up; one that is killed leaves the lock to what it started."""
    with (store / "lock").open("a") as lock:
        os.set_inheritable(lock.fileno(), True)  # noqa: FBT003
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another command that is setting up .venv")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _works(environment: Path) -> bool:
    """Tell whether an environment is complete, and its Python still there."""
    python = environment / "bin" / "python"
    if not (environment / COMPLETE).is_file() or not os.access(python, os.X_OK):
        return False
    return _run([str(python), "-I", "-c", "import invoke, nox"], quiet=True)


def _others(store: Path, *kept: Path) -> Iterator[tuple[Path, float]]:
    """Yield the other environments, with when each was last used; 0 for one that is not complete."""
    for one in store.iterdir():
        if one.is_dir() and not one.is_symlink() and one not in kept:
            complete = one / COMPLETE
            yield one, complete.stat().st_mtime if complete.is_file() else 0.0


def _make(environment: Path, root: Path) -> None:
    """Make an environment, complete but for the file that says so; or leave nothing."""
    # The file itself: where a name now leads to another minor version, the libraries would not be found.
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    _say(f"setting up .venv with Python {'.'.join(map(str, sys.version_info[:3]))} (once, some seconds)")
    shutil.rmtree(environment, ignore_errors=True)
    try:
        _must(
            [base, "-I", "-m", "venv", "--without-pip", str(environment)],
            f"'{base} -m venv' failed: on Debian and Ubuntu, install python3-venv",
        )
        _install(environment, lock_file(root, GROUP))
        (site_packages,) = environment.glob("lib/python3*/site-packages")
        put_on_path(root, site_packages, root / ".venv" / site_packages.relative_to(environment))
    except BaseException:
        shutil.rmtree(environment, ignore_errors=True)
        raise


def _install(environment: Path, lock: Path) -> None:
    """Install what a lock names with uv, or the pip of the running Python, or the one that it brings."""
    python = str(environment / "bin" / "python")
    uv = shutil.which(os.environ.get("UV") or "uv")
    if uv:
        if _run([uv, "pip", "install", "--quiet", "--python", python, *HASHED, "-r", str(lock)]):
            return
        # It may lack what pip is set up with, such as an index; the sessions of nox will not try it again.
        (environment / "uv-failed").touch()
        _say("uv could not install what is needed; trying pip")
    pip = [sys.executable, "-I", "-m", "pip", "--python", python]
    if not _has_pip():
        if importlib.util.find_spec("ensurepip") is None:
            raise SetupError(f"{sys.executable} has no pip: on Debian and Ubuntu, install python3-venv")
        pip = [python, "-I", "-m", "pip"]
        _must([python, "-I", "-m", "ensurepip"], "pip could not be installed: see the message above")
    options = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-script-location")
    _must(
        [*pip, "install", *options, *HASHED, "-r", str(lock)],
        "installing nox and invoke failed: see above (is a package index reachable? is the disk full?)",
    )


def _has_pip() -> bool:
    """Tell whether the running Python has a pip that can install into another environment (22.3).

    The wheel that new environments get their pip from may be on the path, for what pip carries: that is none.
    """
    places = [place for place in sys.path if not place.endswith(".whl")]
    if importlib.machinery.PathFinder.find_spec("pip", places) is None:
        return False
    found = next(iter(importlib.metadata.distributions(name="pip", path=places)), None)
    version = found.version.split(".") if found else ["0", "0"]
    return (int(version[0]), int(version[1])) >= (22, 3)


def _run(command: Sequence[str], *, quiet: bool = False) -> bool:
    """Run a command, whose output goes to stderr unless it is to be quiet, and tell whether it succeeded."""
    environ = {name: value for name, value in os.environ.items() if name not in DIVERTING}
    output = subprocess.DEVNULL if quiet else sys.stderr
    try:
        done = subprocess.run(
            command,
            env={**environ, "PIP_USER": "0"}, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            close_fds=False, check=False,
        )  # fmt: skip
    except OSError as error:
        _say(f"{command[0]}: {error.strerror}")
        return False
    return done.returncode == 0


def _must(command: Sequence[str], failure: str) -> None:
    """Run a command that has to succeed. Raises SetupError if it does not."""
    if not _run(command):
        raise SetupError(failure)


def _link(link: Path, target: str) -> None:
    """Let a symbolic link name something, whatever it named before."""
    new = link.parent / f"{link.name}-new"
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    new.replace(link)


def _offer(link: Path, store: Path) -> None:
    """Let .venv name the current environment, unless there is one that somebody made there."""
    if link.is_dir() and not link.is_symlink() and (link / COMPLETE).is_file():
        link.rename(store / "before")  # as it was made here formerly; some command may be running in it
    target = f"{store.name}/current"
    if not os.path.lexists(link):
        _link(link, target)


def _say(text: str) -> None:
    print(f"scripts: {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Set up, or end with one clear error."""
    root, recipe = sys.argv[1:]
    try:
        print(set_up(Path(root), recipe))
    except SetupError as error:
        sys.exit(f"scripts: {error}")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(f"scripts: cannot set up .venv: {where}{error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
