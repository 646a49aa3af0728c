"""`inv package --bytecode-from`: byte code for Pythons that are not installed, made by real archives."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from buildpack_release.bytecode.interpreters import HostInterpreter
from buildpack_release.bytecode.option import BytecodeSources
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.dist.manifest import DistManifest
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.assemble import assemble
from buildpack_testing.archive import unpack
from buildpack_testing.server import serve
from buildpack_testing.standalone.releases import RELEASES
from support.packaging import copy_repository, digests, environment, inv
from support.python_archives import carrier, real_archives
from support.sample_repository import library, write_settings

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet

NEWEST = RELEASES[-1]
FAILED_TO_FETCH, MISSING_TOOL = 6, 7


@pytest.fixture(scope="module")
def real() -> RuntimeSet:
    """The newest real archive: of a line that machines seldom have installed."""
    return real_archives(minors=frozenset({NEWEST.minor}))


@pytest.fixture
def repository(tmp_path: Path, real: RuntimeSet) -> Path:
    """This one, in a path with a blank, with the archive's catalogue; wheels come from the usual cache."""
    root = copy_repository(tmp_path / "a copy")
    shutil.copyfile(real.catalogue, root / "buildpacks/python-runtime/data/runtimes.toml")
    usual, own = cache_directory() / "wheels", tmp_path / "cache"
    usual.mkdir(parents=True, exist_ok=True)
    own.mkdir()
    (own / "wheels").symlink_to(usual)
    return root


def package(root: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Package the smallest buildpack, with a cache and temporary files of its own."""
    scratch = root.parent / "temporary files"
    scratch.mkdir(exist_ok=True)
    env = environment(STRATA_CACHE_DIR=str(root.parent / "cache"), TMPDIR=str(scratch), **variables)
    done = inv("package", "--id", "strata/pip-tool", *options, root=root, env=env, umask=0o077)
    assert not list(scratch.iterdir()), "nothing is left of what was unpacked"
    return done


def compilers(root: Path) -> dict[str, str]:
    """What the manifest says about who compiled."""
    (one,) = DistManifest.read(root / "dist")
    return dict(one.bytecode)


def test_an_archive_writes_what_one_that_is_installed_writes(tmp_path: Path, real: RuntimeSet) -> None:
    """Bit for bit: installed with byte code of its own library, and unpacked without."""
    archive = real.archives[0]
    with tarfile.open(archive.file) as file:
        unpack(file, tmp_path / "installed")
    program = tmp_path / f"installed/python/bin/python{NEWEST.minor}"
    subprocess.run([program, "-c", "import py_compile, argparse, weakref"], env={}, check=True)
    assert list((tmp_path / "installed").rglob("functools.*.pyc")), "its library is loaded from byte code"
    installed = HostInterpreter(program, NEWEST.minor, int(NEWEST.version.rpartition(".")[2]))
    library(tmp_path / "repository")
    source = carrier(tmp_path / "repository", "acme/runtime") / "src/python_runtime"
    for name in ("functools", "argparse", "weakref", "enum"):  # what a compiler may have imported itself
        shutil.copyfile(
            tmp_path / f"installed/python/lib/python{NEWEST.minor}/{name}.py", source / f"{name}.py"
        )
    settings = f'runtimes = "acme/runtime"\nbytecode = ["{NEWEST.minor}"]\n'
    write_settings(tmp_path / "repository", settings)
    repository = Repository.discover(tmp_path / "repository")
    buildpack = repository.get("acme/runtime")
    first = assemble(
        repository, buildpack, tmp_path / "1", toolchain=Toolchain((installed,), (), tmp_path / "c1")
    )
    with Toolchain.of_machine(repository, BytecodeSources((archive.file,))) as machine:
        assert machine.versions == {NEWEST.minor: NEWEST.version}
        given = Toolchain(machine.interpreters, (), tmp_path / "c2")
        second = assemble(repository, buildpack, tmp_path / "2", toolchain=given)
    assert digests(first) == digests(second)
    assert len(list(first.rglob("*.pyc"))) == len(list(first.rglob("*.py"))) > 50


def test_an_archive_that_is_given(repository: Path, real: RuntimeSet) -> None:
    """The manifest says who compiled; nothing is fetched, and nothing done twice."""
    made = package(repository, "--bytecode-from", str(real.archives[0].file))
    assert made.returncode == 0, made.stderr
    assert compilers(repository)[NEWEST.minor] == NEWEST.version
    assert "Downloading" not in made.stderr
    assert f"No bytecode for Python {NEWEST.minor}" not in made.stderr
    again = package(repository, STRATA_BYTECODE_FROM=str(real.archives[0].file))
    assert "up to date" in again.stderr, "the variable is as good as the option"


def test_one_that_is_fetched(repository: Path, real: RuntimeSet) -> None:
    """Only because it is asked for; once, checked, by way of the mirror; kept for the next time."""
    with serve(real.directory) as mirror:
        made = package(repository, "--bytecode-from", NEWEST.minor, BP_DEPENDENCY_MIRROR=mirror.url)
        assert made.returncode == 0, made.stderr
        assert compilers(repository)[NEWEST.minor] == NEWEST.version
        assert len(mirror.requests) == 1
        assert "Downloading" in made.stderr
        again = package(repository, "--bytecode-from", NEWEST.version, BP_DEPENDENCY_MIRROR=mirror.url)
        assert "up to date" in again.stderr
        assert len(mirror.requests) == 1


def test_what_goes_wrong(repository: Path, tmp_path: Path, real: RuntimeSet) -> None:
    """One error with an exit code that says what kind it is, and no package."""
    unreachable = {"BP_DEPENDENCY_MIRROR": (tmp_path / "nowhere").as_uri()}
    for options, variables, code, message in (
        (["--bytecode-from", NEWEST.minor], unreachable, FAILED_TO_FETCH, "could not be obtained"),
        (["--bytecode-from", "3.12"], {}, 2, 'there is no Python "3.12"'),
        (
            ["--bytecode-from", "nowhere.tar.gz"],
            {},
            2,
            "this archive of Python does not exist",
        ),
        (["--bytecode-from", "README.md"], {}, 1, "README.md: this is not a whole .tar.gz archive"),
    ):
        done = package(repository, *options, **variables)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        (error,) = [line for line in done.stderr.splitlines() if line.startswith("Error:")]
        assert message in error
        assert "Traceback" not in done.stderr
    assert not list((repository / "dist").glob("*.cnb"))
