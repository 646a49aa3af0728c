"""Strata: environments to check, test and try the buildpacks in.

./scripts/nox runs the starred sessions: what a change must pass. ./scripts/nox -s NAME runs one;
what follows -- is passed on. Work on the products (graph, package, versions) is in: ./scripts/inv -l
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
LIBRARIES = ("buildpack-api", "buildpack-release", "buildpack-testing")
SOURCES = ("packages", "buildpacks", "tests", "scripts", "noxfile.py", "tasks.py")
SCRIPTS = ("install-cnb-tools", "make-runtime-archive")

nox.needs_version = ">=2025.10.14"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True
nox.options.sessions = ["lint", "types", "tests", "integration"]


def _offer_pyenv_versions() -> None:
    """Put every Python of pyenv on PATH, last: its shims answer only for the chosen versions."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(str(directory) for directory in root.glob("versions/3.*/bin"))
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *found])


_offer_pyenv_versions()
# The supported minors; one that is missing is skipped and named (an error under CI).
# Newer ones than every machine has yet are tested where they are found.
PYTHONS = ["3.10", "3.11", "3.12", "3.13"] + [
    minor for minor in ("3.14", "3.15") if shutil.which(f"python{minor}")
]


def _install(session: nox.Session, *groups: str) -> None:
    """Install dependency groups of pyproject.toml and this repository's libraries."""
    libraries = [argument for name in LIBRARIES for argument in ("-e", f"packages/{name}")]
    session.install(*nox.project.dependency_groups(PYPROJECT, *groups), *libraries)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting of code and shell scripts."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", *session.posargs, *SOURCES)
    session.run("ruff", "format", "--diff", *SOURCES)
    if shutil.which("shellcheck"):
        shell = ["scripts/env.sh", "scripts/nox", "scripts/inv", ".ci/run"]
        launchers = [f"packages/buildpack-api/share/bin/{name}" for name in ("detect", "build")]
        session.run("shellcheck", "-x", "-P", "SCRIPTDIR", *shell, *launchers, external=True)
    else:
        session.log("shellcheck is not installed: shell scripts were not checked")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly."""
    _install(session, "types")
    if session.posargs:
        session.run("mypy", *session.posargs)
        return
    session.run("mypy", *(source for source in SOURCES if source != "scripts"))
    for name in SCRIPTS:  # one at a time: to mypy each is the module __main__
        session.run("mypy", f"scripts/{name}")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the unit tests on every supported Python."""
    _install(session, "tests")
    session.run("pytest", "--numprocesses=auto", "tests/unit", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """Build real apps with the real buildpacks, without containers."""
    _install(session, "tests")
    # A module's tests share what they build, so a module stays on one worker.
    options = ("--numprocesses=auto", "--dist=loadscope")
    session.run("pytest", *options, "tests/integration", *session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """Hold everything against the real platform: lifecycle, pack, a registry, containers (as root)."""
    _install(session, "tests")
    session.run("pytest", "tests/e2e", *session.posargs)


@nox.session(name="release-check")
def release_check(session: nox.Session) -> None:
    """Check that every change is announced in the right changelog (-- --base REV)."""
    _install(session, "maintain")
    session.run("inv", "version.check", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build and package every buildpack into dist/ (arguments go to: inv package)."""
    _install(session, "maintain")
    session.run("inv", "package", *session.posargs)


@nox.session
def release(session: nox.Session) -> None:
    """Do whatever is missing until all is released (arguments go to: inv release)."""
    _install(session, "maintain")
    session.run("inv", "release", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """Build an app with the packages, serve a page, show the layers (-- PATH for your own app)."""
    _install(session, "maintain")
    os.chdir(session.invoked_from)
    session.run("inv", "--search-root", str(ROOT), "demo", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure everything against its peers (-- GROUP ..., --quick, --runs N, --output DIR)."""
    _install(session, "bench")
    os.chdir(session.invoked_from)
    session.run("python", "-m", "benchmarks", *session.posargs, env={"PYTHONPATH": str(ROOT / "tests")})
