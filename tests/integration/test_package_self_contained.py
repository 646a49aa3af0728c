"""Packages that carry an interpreter, made of a real CPython archive."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import Target
from buildpack_release.packaging.manifest import Manifest
from buildpack_release.packaging.package import package
from buildpack_release.packaging.toolchain import Toolchain
from buildpack_testing.packaged import unpack_buildpackage
from support.packaging import digests
from support.sample_repository import TARGETS, component, composite, library, plan, write

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet

AMD = Target("linux", "amd64")
# What our code needs of the standard library, compiled modules and bundled libraries included.
USES = "ssl, zlib, lzma, hashlib, json, tarfile, urllib.request, subprocess, venv, ctypes, tempfile"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A carrier, another component and a composite."""
    root = tmp_path / "repository"
    library(root)
    for name in ("acme/runtime", "acme/other"):
        path = component(root, name, plans={"x": (None, plan(provides=(name,)))}) / "buildpack.toml"
        path.write_text(f"{path.read_text()}{TARGETS.replace('amd64', 'arm64')}")
    composite(root, "acme/all", ["acme/runtime", "acme/other"])
    write(root / "pyproject.toml", '[tool.buildpack-release]\ninterpreter = "acme/runtime"\n')
    return Repository.discover(root)


def run(repository: Repository, archive: Path | None, *ids: str, dist: str = "dist") -> dict[str, bool]:
    """Package, and tell what was made anew."""
    root = repository.root
    outcomes = package(
        repository,
        ids,
        dist=root / dist,
        build=root / "build",
        archives={AMD: archive} if archive else {},
        toolchain=Toolchain((), (), root / "cache"),
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
    file = repository.root / "dist/acme_all-1.0.0-self-contained-linux-amd64.cnb"
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
    keys = [one.key for one in Manifest.read(repository.root / "dist")]
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
    (image,) = Manifest.read(repository.root / "dist").packages[0].images
    assert image.target == "linux/amd64"
    manifest = json.loads((layout / "blobs" / image.digest.replace(":", "/")).read_text())
    config = json.loads((layout / "blobs" / manifest["config"]["digest"].replace(":", "/")).read_text())
    label = json.loads(config["config"]["Labels"]["io.buildpacks.buildpack.layers"])
    assert label["acme/runtime"]["1.0.0"]["targets"] == [{"os": "linux", "arch": "amd64"}]


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
    (repository.root / "pyproject.toml").unlink()
    with pytest.raises(UsageError, match="no buildpack of this repository carries an interpreter"):
        run(repository, archive)
