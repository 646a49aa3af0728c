"""Packages that carry an interpreter, made of a real CPython archive."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_api.elf import architecture
from buildpack_release.bytecode.interpreters import HostInterpreter
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.dist.manifest import DistManifest
from buildpack_release.embedded.embedded_interpreter import unpack_interpreter
from buildpack_release.errors import MissingToolError, UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import DeclaredTarget, own_arch
from buildpack_release.packaging.package import package
from buildpack_testing.packaged import unpack_buildpackage
from buildpack_testing.standalone.releases import RELEASES
from support.packaging import digests
from support.python_archives import TRIM, carrier, real_archives
from support.sample_repository import TARGETS, component, composite, library, plan, write_settings

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet

OWN = DeclaredTarget("linux", own_arch())
OTHER = DeclaredTarget("linux", "arm64" if OWN.arch == "amd64" else "amd64")
REAL = {release.version: release for release in RELEASES}
NEWEST = RELEASES[-1]
# What our code needs of the standard library, compiled modules and bundled libraries included.
USES = "ssl, zlib, lzma, hashlib, json, tarfile, urllib.request, subprocess, venv, ctypes, tempfile"


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the byte code of an interpreter stays that several tests package."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def repository(tmp_path: Path, shared_cache: Path) -> Repository:
    """A carrier, another component and a composite; whoever moves ``cache`` away has all compiled anew."""
    root = tmp_path / "repository"
    library(root)
    (root / "cache").symlink_to(shared_cache)
    other = component(root, "acme/other", plans={"x": (None, plan(provides=("other",)))})
    for directory in (carrier(root, "acme/runtime"), other):
        path = directory / "buildpack.toml"
        path.write_text(f"{path.read_text()}{TARGETS.replace('amd64', 'arm64')}")
    composite(root, "acme/all", ["acme/runtime", "acme/other"])
    write_settings(root, 'interpreter = "acme/runtime"\n')
    return Repository.discover(root)


def run(
    repository: Repository,
    archive: Path | None,
    *ids: str,
    dist: str = "dist",
    foreign: Path | None = None,
    compilers: tuple[HostInterpreter, ...] = (),
) -> dict[str, bool]:
    """Package, for a second target as well if there is an archive for it, and tell what was made anew."""
    root = repository.root
    outcomes = package(
        repository,
        ids,
        dist=root / dist,
        build=root / "build",
        archives={target: file for target, file in ((OWN, archive), (OTHER, foreign)) if file},
        toolchain=Toolchain((), (), root / "cache", compilers),
        report=lambda _line: None,
    )
    return {f"{one.package.id} {one.package.variant}".strip(): one.is_new for one in outcomes}


@pytest.fixture
def archive(runtimes: RuntimeSet) -> Path:
    """The newest CPython of this machine, packed like a published one."""
    return runtimes.archives[-1].file


def test_the_interpreter_runs_where_there_is_no_python(
    repository: Repository, archive: Path, tmp_path: Path
) -> None:
    """From the unpacked package, below a path with a blank, with nothing on PATH; it writes nothing."""
    made = run(repository, archive)
    assert made == {
        "acme/runtime self-contained": True,
        "acme/other": True,
        "acme/all self-contained": True,
    }
    file = repository.root / f"dist/acme_all-1.0.0-self-contained-linux-{OWN.arch}.cnb"
    unpack_buildpackage(file, tmp_path / "a place")
    (carrier,) = (tmp_path / "a place").glob("**/acme_runtime/1.0.0")
    before = digests(carrier)
    python = carrier / "interpreter/bin/python3"
    script = (
        f"import {USES}, sys; print(sys.prefix); print(ssl.__cached__); print(ssl.create_default_context())"
    )
    done = subprocess.run(
        [python, "-I", "-S", "-c", script],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    prefix, cached, _ = done.stdout.splitlines()
    assert prefix == str(carrier / "interpreter")
    assert cached.endswith(".pyc")
    assert digests(carrier) == before
    assert not (carrier.parents[1] / "acme_other/1.0.0/interpreter").exists()


def test_both_kinds_lie_side_by_side(repository: Repository, archive: Path) -> None:
    """The ordinary packages stay; other components are shared; each kind is kept up to date by itself."""
    run(repository, None)
    assert run(repository, archive) == {
        "acme/runtime self-contained": True,
        "acme/other": False,
        "acme/all self-contained": True,
    }
    assert set(run(repository, archive).values()) == {False}
    assert set(run(repository, None).values()) == {False}
    keys = [one.key for one in DistManifest.read(repository.root / "dist")]
    assert keys == [
        ("acme/all", ""),
        ("acme/all", "self-contained"),
        ("acme/other", ""),
        ("acme/runtime", ""),
        ("acme/runtime", "self-contained"),
    ]


def test_the_package_is_for_the_interpreters_target_only(repository: Repository, archive: Path) -> None:
    """Its label must not promise other processors."""
    run(repository, archive, "acme/runtime")
    layout = repository.root / "dist/acme_runtime-1.0.0-self-contained.oci"
    (image,) = DistManifest.read(repository.root / "dist").packages[0].images
    assert image.target == str(OWN)
    manifest = json.loads((layout / "blobs" / image.digest.replace(":", "/")).read_text())
    config = json.loads((layout / "blobs" / manifest["config"]["digest"].replace(":", "/")).read_text())
    label = json.loads(config["config"]["Labels"]["io.buildpacks.buildpack.layers"])
    assert label["acme/runtime"]["1.0.0"]["targets"] == [{"os": "linux", "arch": OWN.arch}]


def test_equal_archives_give_equal_bits(repository: Repository, archive: Path) -> None:
    """Made twice, with the bytecode compiled anew."""
    run(repository, archive, "acme/runtime")
    (repository.root / "cache").rename(repository.root / "old cache")
    run(repository, archive, "acme/runtime", dist="dist2")
    assert digests(repository.root / "dist") == digests(repository.root / "dist2")


def test_who_carries_it_is_a_setting(repository: Repository, archive: Path) -> None:
    """Without it, or for others, an interpreter has no place."""
    with pytest.raises(UsageError, match="acme/other has no place for an interpreter"):
        run(repository, archive, "acme/other")
    write_settings(repository.root)
    with pytest.raises(UsageError, match="no buildpack of this repository carries an interpreter"):
        run(repository, archive)


@pytest.fixture(scope="module")
def real() -> RuntimeSet:
    """The real archives for this machine, from the Go module proxy (0.5 GB the first time)."""
    return real_archives()


@pytest.fixture(scope="module")
def foreign() -> Path:
    """The newest real archive, for the processor that this machine has not."""
    return real_archives(minors=frozenset({NEWEST.minor}), arch=OTHER.arch).archives[0].file


@pytest.mark.parametrize("version", REAL)
def test_every_form_of_real_archive_runs_when_it_is_trimmed(
    real: RuntimeSet, tmp_path: Path, version: str
) -> None:
    """Those of 2024 load libpython by a path, that of 2026 has it inside; the second copy is left out."""
    archive = next(one for one in real.archives if one.version == version)
    bundled = unpack_interpreter(archive.file, OWN, tmp_path / "a b", trim=TRIM)
    script = f"import {USES}; print(sys.version.split()[0], ssl.create_default_context().protocol)"
    done = subprocess.run(
        [tmp_path / "a b/interpreter/bin/python3", "-I", "-S", "-B", "-c", f"import sys; {script}"],
        env={"PATH": "/nonexistent"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{version} ")
    libraries = {path.name for path in bundled.library.glob("libpython*")}
    assert bool(libraries) == (REAL[version].flavour == "install_only")


def test_one_for_another_processor_is_compiled_by_its_own_version(
    repository: Repository, real: RuntimeSet, foreign: Path, tmp_path: Path
) -> None:
    """By that of the other target, or by one of this machine: the bytes are equal, and so is the layer."""
    archive = next(one for one in real.archives if one.version == NEWEST.version)
    run(repository, archive.file, "acme/runtime", foreign=foreign)
    folders = {}
    for target in (OWN, OTHER):
        file = repository.root / f"dist/acme_runtime-1.0.0-self-contained-linux-{target.arch}.cnb"
        unpack_buildpackage(file, tmp_path / target.arch)
        (folders[target],) = (tmp_path / target.arch).glob("**/acme_runtime/1.0.0")
    assert architecture(folders[OTHER] / f"interpreter/bin/python{NEWEST.minor}") == OTHER.arch
    own, other = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.py")}
        for folder in folders.values()
    )
    equal = [name for name in own if other.get(name) == own[name]]
    assert len(equal) > 500
    for name in equal:
        pyc = name.parent / "__pycache__" / f"{name.stem}.cpython-{NEWEST.minor.replace('.', '')}.pyc"
        assert (folders[OTHER] / pyc).read_bytes() == (folders[OWN] / pyc).read_bytes()
    assert len(list(folders[OTHER].rglob("*.pyc"))) == len(other)

    program = folders[OWN] / f"interpreter/bin/python{NEWEST.minor}"
    compiler = HostInterpreter(program, NEWEST.minor, int(NEWEST.version.rpartition(".")[2]))
    (repository.root / "cache").rename(repository.root / "old cache")
    run(repository, None, "acme/runtime", dist="dist2", foreign=foreign, compilers=(compiler,))
    layers = [
        [image.layers[0].diff_id for image in package.images if image.target == str(OTHER)]
        for dist in ("dist", "dist2")
        for package in DistManifest.read(repository.root / dist)
    ]
    assert layers[0] == layers[1] != []


def test_without_its_version_one_for_another_processor_is_not_packaged(
    repository: Repository, foreign: Path
) -> None:
    """Another patch release would give other bits, and none a Python that starts slowly for ever."""
    with pytest.raises(MissingToolError, match="does not run on this machine") as caught:
        run(repository, None, "acme/runtime", foreign=foreign)
    assert caught.value.detail
    assert f"--bytecode-from {NEWEST.version} to fetch it" in caught.value.advice
    assert not list((repository.root / "dist").glob("*.cnb"))
