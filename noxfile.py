"""Strata: environments to check, test and try the buildpacks in.

./scripts/nox runs the starred sessions: what a change must pass. ./scripts/nox -s NAME runs one;
what follows -- is passed on. Work on the products (graph, package, versions) is in: ./scripts/inv -l
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import nox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "scripts"))

from environments import (  # noqa: E402
    DIVERTING,
    HASHED,
    LIBRARIES,
    LOCKED,
    SetupError,
    lock_file,
    locked,
    lowest,
    missing,
    not_locked,
    put_on_path,
    requirements,
)

SOURCES = ("packages", "buildpacks", "tests", "scripts", "docs", "noxfile.py", "tasks.py")
SCRIPTS = (
    *("scripts/environments.py", "scripts/set_up.py"),
    *("scripts/docs_site.py", "scripts/markdown_links.py", "scripts/variables_page.py"),
    *("scripts/layers_picture.py", "scripts/session_picture.py"),
    *("scripts/install-cnb-tools", "scripts/lock-environments", "scripts/make-runtime-archive"),
)
PEERS = ("pip-each-time", "uv-sync")
SHELL_SCRIPTS = (
    *("scripts/env.sh", "scripts/nox", "scripts/inv", ".ci/run"),
    *(
        f"{place}/bin/{name}"
        for place in ("packages/buildpack-api/share", *(f"tests/benchmarks/peers/{peer}" for peer in PEERS))
        for name in ("detect", "build")
    ),
)
WORKFLOWS = ".github"
# One more than there are processors: a quarter of their time tests wait for programs and servers.
WORKERS = (
    f"--numprocesses={len(os.sched_getaffinity(0)) + 1}"
    if hasattr(os, "sched_getaffinity")
    else "--numprocesses=auto"
)
# Where unit and integration tests write, if this many bytes of memory are free, more than they need at once:
# they make and remove a million files, which takes several times as long on a disk.
IN_MEMORY = Path("/dev/shm")  # noqa: S108
CONTROL_GROUP = Path("/sys/fs/cgroup")
ROOM = 6 << 30
# Options of pytest, ruff and mypy whose value is an argument of its own, and may look like a path.
VALUED = {
    *("-c", "-k", "-m", "-o", "-p", "--cache-dir", "--config", "--config-file"),
    *("--exclude", "--output-file", "--python-executable"),
}

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"
if Path(sys.prefix, "uv-failed").exists():  # so set_up.py has found; neither can it install for sessions
    os.environ["UV"] = os.devnull
nox.options.download_python = "never"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True
nox.options.sessions = ["lint", "types", "tests", "integration"]


def _offer_pyenv_versions() -> None:
    """Put every Python of pyenv on PATH, last: its shims answer only for the chosen versions."""
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")  # noqa: PTH111  needs no home
    try:
        versions = sorted(os.listdir(os.path.join(root, "versions")))  # noqa: PTH118, PTH208
    except (OSError, ValueError):
        return  # there is no pyenv, or it is another user's
    found = [os.path.join(root, "versions", name, "bin") for name in versions]  # noqa: PTH118
    usable = [directory for directory in found if os.access(f"{directory}/python3", os.X_OK)]
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *usable])


def _pythons() -> list[str]:
    """Return the Pythons to test on: nox skips and names one that is missing; under CI that is an error."""
    project = nox.project.load_toml(ROOT / "packages/buildpack-api/pyproject.toml")
    # Not every machine can be asked to have the newest yet.
    too_new = ("3.14", "3.15") if "CI" in os.environ else ()
    supported = nox.project.python_versions(project)
    return [minor for minor in supported if minor not in too_new or shutil.which(f"python{minor}")]


def _check_envdir() -> None:
    """End nox with one line where sessions cannot have their environments, unless it only lists them."""
    place = ROOT / ".nox" if (ROOT / ".nox").exists() else ROOT
    harmless = any(one in {"-l", "--list"} or one.startswith(("--list-", "--envdir")) for one in sys.argv)
    if not harmless and not os.access(place, os.W_OK):
        sys.exit(
            f"nox: cannot write to {place}; --envdir DIRECTORY puts the sessions' environments elsewhere"
        )


def _requirements(*groups: str, libraries: bool = True) -> list[str]:
    """Return what goes into an environment; a pyproject.toml that cannot be read ends nox with one line."""
    try:
        return requirements(ROOT, *groups, libraries=libraries)
    except SetupError as error:
        sys.exit(f"nox: {error}")


_check_envdir()
_offer_pyenv_versions()
PYTHONS = _pythons()
# Where the Python that runs nox has all that the tasks need, as with ./scripts/nox, it runs them.
MAINTAINER_ENVIRONMENT = "none" if not missing(_requirements("maintain")) else None


def _install(session: nox.Session, group: str) -> None:
    """Install what the lock of a dependency group names, unless that is done. With --no-venv nothing is."""
    if session.virtualenv.venv_backend == "none":
        return
    try:
        lock, lacking = locked(ROOT, group), not_locked(ROOT, group)
    except SetupError as error:
        session.error(str(error))
    if lacking and group != "lock":
        session.error(
            f"{lock_file(ROOT, group)} does not have {', '.join(lacking)}, which pyproject.toml asks for\n"
            "Make it anew: ./scripts/nox -s lock"
        )
    source = (*HASHED, "-r", str(lock_file(ROOT, group)))
    _install_all(session, source, lock.splitlines(), libraries=LOCKED[group])


def _install_all(
    session: nox.Session, source: Sequence[str], names: Sequence[str], *, libraries: bool = True
) -> None:
    """Install from a source, arguments of pip, unless that is done; what was interrupted is done anew.

    `names` tells one state of the source from others. This repository's own libraries are not installed but
    put on the path.
    """
    environment = Path(session.virtualenv.location)
    stamp = environment / ".strata"
    before = stamp.read_text("utf-8").splitlines() if stamp.is_file() else [""]
    if before == [str(environment), *names]:
        return
    stamp.unlink(missing_ok=True)
    (site_packages,) = environment.glob("lib/python3*/site-packages")
    installed = {one.name.partition("-")[0] for one in site_packages.glob("*.dist-info")}
    moved_or_broken = installed - {"pip", "setuptools"} and before[0] != str(environment)
    anew = ["--force-reinstall"] if moved_or_broken else []
    undiverted = dict.fromkeys((name for name in DIVERTING if name.startswith("PIP_")), "")
    session.install(*anew, *source, env={**undiverted, "PIP_USER": "0"})
    if libraries:
        put_on_path(ROOT, site_packages)
    stamp.write_text("\n".join([str(environment), *names]), "utf-8")


def _arguments(session: nox.Session) -> tuple[list[str], list[str]]:
    """Return what follows --, and which of it are paths; these may be relative to where the user is."""
    arguments, paths = [], []
    for before, argument in zip(("", *session.posargs), session.posargs, strict=False):
        path, colons, test = argument.partition("::")
        given = os.path.join(session.invoked_from, path)  # noqa: PTH118  (an option is no path)
        if argument.startswith("-") or before in VALUED or not os.path.lexists(given):
            arguments.append(argument)
        else:
            arguments.append(os.path.relpath(given, ROOT) + colons + test)
            paths.append(arguments[-1])
    return arguments, paths


def _in_memory() -> dict[str, str]:
    """Return the variable that lets tests write to memory, where the machine has enough of it."""
    memory = Path("/proc/meminfo")
    if "TMPDIR" in os.environ or not os.access(IN_MEMORY, os.W_OK) or not memory.is_file():
        return {}
    available = re.search(r"MemAvailable: *(\d+) kB", memory.read_text("utf-8"))
    found = os.statvfs(IN_MEMORY)
    room = [int(available[1]) << 10 if available else 0, found.f_bavail * found.f_frsize]
    with suppress(OSError, ValueError):  # a container may have less than the machine (cgroup v2)
        allowed, used = ((CONTROL_GROUP / f"memory.{one}").read_text("ascii") for one in ("max", "current"))
        room.append(int(allowed) - int(used))
    return {"TMPDIR": str(IN_MEMORY)} if min(room) >= ROOM and not found.f_flag & os.ST_NOEXEC else {}


def _pytest(session: nox.Session, folder: str, *options: str, env: Mapping[str, str] | None = None) -> None:
    """Run the tests in a folder, or those in the paths that follow --."""
    _install(session, "tests")
    arguments, _ = _arguments(session)
    # Whether there are paths among the arguments is for pytest to say, which knows all its options.
    default = f"--override-ini=testpaths={folder}"
    # Each of some hundred programs that tests start would compile our modules again, each worker all tests.
    whole = {"PYTHONDONTWRITEBYTECODE": None, **(env or {})}
    session.run("python", "-m", "pytest", "--durations=25", default, *options, *arguments, env=whole)


def _inv(session: nox.Session, task: str) -> None:
    """Run a task; paths among its arguments are relative to where the user is."""
    inv = ["inv"]
    if session.virtualenv.venv_backend == "none":
        script = Path(sys.executable).with_name("inv")  # does not look for modules where the user is
        inv = [str(script)] if script.exists() else [sys.executable, "-m", "invoke"]
    else:
        _install(session, "maintain")
    os.chdir(session.invoked_from)
    session.run(*inv, "--search-root", str(ROOT), task, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting of code, links of pages, and the workflows for what is unsafe."""
    _install(session, "lint")
    arguments, paths = _arguments(session)
    code = [path for path in paths or SOURCES if path not in SHELL_SCRIPTS]
    shell = [path for path in paths or SHELL_SCRIPTS if path in SHELL_SCRIPTS]
    if code:
        options = [argument for argument in arguments if argument not in paths]
        session.run("python", "-m", "ruff", "check", *options, *code)
        session.run("python", "-m", "ruff", "format", "--diff", *code)
    if shell:
        _look(session, "shellcheck", "-x", "-P", "SCRIPTDIR", *shell)
    if not paths:
        session.run("python", "scripts/markdown_links.py")
        session.run("python", "scripts/variables_page.py", "--check")
        _look(session, "zizmor", "--offline", "--quiet", "--no-progress", WORKFLOWS)


def _look(session: nox.Session, program: str, *arguments: str) -> None:
    """Run a linter of which not every Python and processor has a wheel, if the environment or PATH has it."""
    own = shutil.which(program, path=os.pathsep.join(session.bin_paths or ()))
    if own or shutil.which(program):
        session.run(program, *arguments, external=not own)
    else:
        session.warn(f"{program} is not here: what it looks at is not looked at")


@nox.session
def lock(session: nox.Session) -> None:
    """Make the locks anew that environments are installed from (-- --upgrade: with the newest of all)."""
    _install(session, "lock")
    session.run("python", "scripts/lock-environments", *session.posargs)


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly."""
    _install(session, "types")
    arguments, paths = _arguments(session)
    options = [argument for argument in arguments if argument not in paths]
    wanted = paths or [*(source for source in SOURCES if source != "scripts"), *SCRIPTS]
    modules = [path for path in wanted if path not in SCRIPTS]
    if modules:
        session.run("python", "-m", "mypy", *options, *modules)
    for script in (path for path in wanted if path in SCRIPTS):  # each is the module __main__ to mypy
        session.run("python", "-m", "mypy", *options, script)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the unit tests on every supported Python."""
    _pytest(session, "tests/unit", WORKERS, env=_in_memory())


@nox.session
def integration(session: nox.Session) -> None:
    """Build real apps with the real buildpacks, without containers."""
    # A module's tests share what they build, so a module stays on one worker.
    _pytest(session, "tests/integration", WORKERS, "--dist=loadscope", env=_in_memory())


@nox.session
def coverage(session: nox.Session) -> None:
    """Report which statements and branches the unit tests run (a report, no threshold)."""
    _install(session, "coverage")
    arguments, _ = _arguments(session)
    measured = ("--cov", "--cov-branch", "--cov-report=term:skip-covered", "--cov-report=html:build/coverage")
    session.run("python", "-m", "pytest", WORKERS, *measured, *arguments)
    session.log("Line by line: build/coverage/index.html")


@nox.session(python=PYTHONS[:1])
def minimums(session: nox.Session) -> None:
    """Run the libraries' unit tests with the lowest versions that they say they work with."""
    if session.virtualenv.venv_backend != "none":
        # No lock has these: they are what a lock would not choose.
        wanted = [*_requirements("test-tools", libraries=False), *lowest(_requirements())]
        _install_all(session, ["--only-binary", ":all:", *wanted], wanted)
    arguments, paths = _arguments(session)
    # What a buildpack brings along is in its vendor.lock, at one version.
    tested = [] if paths else [f"tests/unit/{name.replace('-', '_')}" for name in LIBRARIES]
    session.run("python", "-m", "pytest", WORKERS, *tested, *arguments)


@nox.session
def e2e(session: nox.Session) -> None:
    """Hold everything against the real platform: lifecycle, pack, a registry, containers (as root)."""
    _pytest(session, "tests/e2e")


@nox.session(name="e2e-long")
def e2e_long(session: nox.Session) -> None:
    """Run what takes long: bare machines, signing, old archives, another processor (as root)."""
    _pytest(session, "tests/e2e_long")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Feed what reads other people's bytes with bytes that nobody would write (-- TARGET ..., --cases N)."""
    _install(session, "tests")
    folders = (*sorted(ROOT.glob("packages/*/src")), *sorted(ROOT.glob("buildpacks/*/src")), ROOT / "tests")
    path = os.pathsep.join(map(str, folders))
    session.run("python", "-m", "fuzz", *session.posargs, env={"PYTHONPATH": path})


@nox.session(name="release-check", venv_backend=MAINTAINER_ENVIRONMENT)
def release_check(session: nox.Session) -> None:
    """Check that every change is announced in the right changelog (-- --base REV)."""
    _inv(session, "version.check")


@nox.session(venv_backend=MAINTAINER_ENVIRONMENT)
def package(session: nox.Session) -> None:
    """Build and package every buildpack into dist/ (arguments go to: inv package)."""
    _inv(session, "package")


@nox.session(venv_backend=MAINTAINER_ENVIRONMENT)
def release(session: nox.Session) -> None:
    """Do whatever is missing until all is released (arguments go to: inv release)."""
    _inv(session, "release")


@nox.session(venv_backend=MAINTAINER_ENVIRONMENT)
def demo(session: nox.Session) -> None:
    """Build an app with the packages, serve a page, show the layers (-- PATH for your own app)."""
    _inv(session, "demo")


@nox.session
def docs(session: nox.Session) -> None:
    """Make the documentation's site, build/site, which loads nothing from elsewhere."""
    _install(session, "docs")
    session.run("python", "scripts/docs_site.py")


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw docs/images anew: the layers of a real build, and a session on a terminal."""
    _install(session, "pictures")
    for script in ("layers_picture", "session_picture"):
        session.run("python", f"scripts/{script}.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure everything against its peers (-- GROUP ..., --quick, --runs N, --output DIR)."""
    _install(session, "bench")
    os.chdir(session.invoked_from)
    # What is measured is started as users start it: not so that each start compiles our modules anew.
    env = {"PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": None}
    session.run("python", "-m", "benchmarks", *session.posargs, env=env)
