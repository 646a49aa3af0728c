"""Offline packages: they carry the Pythons of apps, and a build with them needs no network at all."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.dist.embedded import EmbeddedRuntime
from buildpack_release.dist.manifest import DistManifest
from buildpack_release.errors import CheckFailed, NetworkError, UsageError
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import DeclaredTarget, own_arch
from buildpack_release.packaging.package import PackageOutcome, package
from buildpack_release.publish.destination import parse_destination
from buildpack_release.publish.publication import Publication
from buildpack_release.runtimes.archive_selection import RuntimeSelection
from buildpack_testing.packaged import unpack_buildpackage
from buildpack_testing.server import StaticServer, serve
from oci_registry.layout import LayoutStore
from support.main_job import COMPOSITE, ROOT, RUNTIME
from support.packaging import digests
from support.poetry_wheels import POETRY
from support.uv_wheels import UV
from support.wheels import Project, make_wheel
from support.without_network import Isolated, build_isolated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeArchive, RuntimeSet

TARGET = DeclaredTarget("linux", own_arch())
DAY = dt.date(2024, 1, 1)
PROGRAM = "import platform, one; print(platform.python_version(), one.VERSION)"


@dataclass(frozen=True)
class Packages:
    """Packages of this repository in folders of their own; the archives come from a mirror on loopback."""

    root: Path
    runtimes: RuntimeSet
    mirror: StaticServer
    cache: Path

    def make(
        self, *pythons: str, name: str = COMPOSITE, interpreter: Path | None = None
    ) -> tuple[PackageOutcome, ...]:
        return package(
            Repository.discover(ROOT),
            [name],
            dist=self.dist,
            build=self.root / "build",
            targets=(TARGET,),
            archives={TARGET: interpreter} if interpreter else {},
            offline=RuntimeSelection(DAY, pythons, self.runtimes.catalogue),
            toolchain=Toolchain((), (), self.cache),
            report=lambda _line: None,
        )

    @property
    def dist(self) -> Path:
        return self.root / "dist"

    def unpacked(self, file: str, into: Path) -> dict[str, Path]:
        return {path.parent.name: path for path in unpack_buildpackage(self.dist / file, into)}

    @property
    def downloads(self) -> list[str]:
        return [request.path for request in self.mirror.requests]


@pytest.fixture(scope="module")
def first(runtimes: RuntimeSet) -> RuntimeArchive:
    """The oldest Python of this machine: not the default line."""
    return runtimes.archives[0]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, runtimes: RuntimeSet) -> Iterator[Packages]:
    """An empty cache of archives; wheels come from the usual one."""
    root = tmp_path_factory.mktemp("offline packages")
    usual = cache_directory()
    (root / "cache").mkdir()
    (usual / "wheels").mkdir(parents=True, exist_ok=True)
    (root / "cache/wheels").symlink_to(usual / "wheels")
    with serve(runtimes.directory) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BP_DEPENDENCY_MIRROR", server.url)
        yield Packages(root, runtimes, server, root / "cache")


@pytest.fixture(scope="module")
def made(packages: Packages, first: RuntimeArchive) -> dict[str, bool]:
    """The composite with one Python, and what was made for it."""
    outcomes = packages.make(first.minor)
    return {f"{one.package.id} {one.package.variant}".rstrip(): one.is_new for one in outcomes}


def test_only_what_carries_something_is_of_another_kind(
    packages: Packages, made: dict[str, bool], first: RuntimeArchive
) -> None:
    """In names and in the manifest; the other components are the ordinary ones. One archive was fetched."""
    assert made == {
        f"{RUNTIME} offline": True,
        "strata/pip-tool": True,
        f"{UV} offline": True,
        f"{POETRY} offline": True,
        "strata/app-venv": True,
        "strata/app-start": True,
        f"{COMPOSITE} offline": True,
    }
    version = Repository.discover(ROOT).get(COMPOSITE).descriptor.version
    assert (packages.dist / f"strata_python-{version}-offline-linux-{TARGET.arch}.cnb").is_file()
    manifest = DistManifest.read(packages.dist)
    for key in ((RUNTIME, "offline"), (COMPOSITE, "offline")):
        found = manifest.find(key)
        assert found is not None
        assert found.embedded.runtimes == {TARGET: (EmbeddedRuntime(first.version, first.sha256),)}
    assert len(packages.downloads) == 1
    bom = json.loads(next(packages.dist.glob("strata_python-runtime-*-offline.cdx.json")).read_text())
    assert ("python", first.version, first.sha256) in [
        (one["name"], one.get("version"), one["hashes"][0]["content"]) for one in bom["components"]
    ]


def test_a_second_run_fetches_and_makes_nothing(
    packages: Packages, made: dict[str, bool], first: RuntimeArchive
) -> None:
    before = len(packages.downloads)
    assert not any(one.is_new for one in packages.make(first.minor))
    assert len(packages.downloads) == before


def test_the_package_holds_the_archive_as_it_was_published(
    packages: Packages, made: dict[str, bool], first: RuntimeArchive, tmp_path: Path
) -> None:
    """And the catalogue that it was made with."""
    file = next(packages.dist.glob("strata_python-[0-9]*-offline-linux-*.cnb")).name
    runtime = packages.unpacked(file, tmp_path)["strata_python-runtime"]
    assert [path.name for path in (runtime / "archives").iterdir()] == [f"{first.sha256}.tar.gz"]
    assert (runtime / f"archives/{first.sha256}.tar.gz").read_bytes() == first.file.read_bytes()
    assert (runtime / "data/runtimes.toml").read_bytes() == packages.runtimes.catalogue.read_bytes()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app that brings its one dependency along."""
    app = tmp_path / "an app"
    make_wheel(Project("one"), app / "vendor")
    (app / "requirements.txt").write_text("one==1.0\n")
    return app


def isolated(packages: Packages, app: Path, tmp_path: Path, **variables: str) -> Isolated:
    """Build with the composite's package alone; nothing tells pip not to look for an index."""
    file = next(packages.dist.glob("strata_python-[0-9]*-offline-linux-*.cnb")).name
    directories = packages.unpacked(file, tmp_path / "builder").values()
    return build_isolated(tmp_path / "w", directories, app, variables, PROGRAM)


@pytest.mark.needs("network namespaces")
@pytest.mark.parametrize("constraint", ["", "{minor}", "{version}"])
@pytest.mark.usefixtures("made")
def test_an_app_is_built_where_there_is_no_network(
    packages: Packages, first: RuntimeArchive, app: Path, tmp_path: Path, constraint: str
) -> None:
    """Whether it asks for the carried Python or for none, although that is not the default line."""
    if constraint:
        (app / ".python-version").write_text(
            constraint.format(minor=first.minor, version=first.version) + "\n"
        )
    build = isolated(packages, app, tmp_path)
    assert build.code == 0, build.printed
    assert build.said == f"{first.version} 1.0\n"
    assert "Reading file://" in build.printed


@pytest.mark.needs("network namespaces")
def test_a_python_that_is_not_inside_is_named_with_what_is(
    packages: Packages, made: dict[str, bool], first: RuntimeArchive, app: Path, tmp_path: Path
) -> None:
    """It is looked for outside, as always; the message says how the package is made to carry it."""
    other = packages.runtimes.archives[-1]
    (app / ".python-version").write_text(f"{other.minor}\n")
    build = isolated(packages, app, tmp_path, BP_DEPENDENCY_MIRROR="http://mirror.example")
    assert build.code != 0
    assert f"This offline package carries {first.version} for {TARGET}." in build.printed
    assert f"inv package --offline --python {other.version}" in build.printed
    assert "Traceback" not in build.printed


def test_it_is_published_under_a_tag_of_its_own(
    packages: Packages, made: dict[str, bool], tmp_path: Path
) -> None:
    """Into layouts to be carried on; only what carries something, and no tag of ordinary packages moves."""
    repository = Repository.discover(ROOT)
    destination = parse_destination(f"oci:{tmp_path / 'carried on'}")
    publication = Publication(repository, destination, packages.dist, variant="offline")
    results = publication.publish(lambda _plan: None)
    version = repository.get(COMPOSITE).descriptor.version
    assert [result.step.release.title for result in results] == [
        f"{POETRY}@{version} offline",
        f"{RUNTIME}@{version} offline",
        f"{UV}@{version} offline",
        f"{COMPOSITE}@{version} offline",
    ]
    names = {
        path.name: tuple(tag for tag in LayoutStore(path).tags() if not tag.startswith("sha256-"))
        for path in sorted((tmp_path / "carried on").iterdir())
    }
    assert names == dict.fromkeys(
        ("poetry-tool", "python", "python-runtime", "uv-tool"), (f"{version}-offline",)
    )
    assert publication.plan().is_done
    assert [one.problems for one in publication.verify()] == [(), (), (), ()]
    with pytest.raises(CheckFailed, match='no package of the kind "self-contained" in dist') as caught:
        Publication(repository, destination, packages.dist, variant="self-contained").plan()
    assert "There are: offline." in caught.value.detail


def test_equal_choices_give_equal_bits_and_others_replace_them(
    packages: Packages, made: dict[str, bool], first: RuntimeArchive
) -> None:
    """A line and its newest version are the same choice; another Python is another package."""
    before = digests(packages.dist)
    assert not any(one.is_new for one in packages.make(first.version))
    shutil.rmtree(packages.dist)
    packages.make(first.minor)
    assert digests(packages.dist) == before
    last = packages.runtimes.archives[-1]
    made_anew = [one.package.id for one in packages.make(first.minor, last.minor) if one.is_new]
    assert made_anew == [RUNTIME, COMPOSITE]
    packages.make(first.minor)
    assert digests(packages.dist) == before


def test_by_default_every_supported_line_is_inside(packages: Packages, made: dict[str, bool]) -> None:
    packages.make(name=RUNTIME)
    found = DistManifest.read(packages.dist).find((RUNTIME, "offline"))
    assert found is not None
    assert [one.version for one in found.embedded.runtimes[TARGET]] == [
        archive.version for archive in packages.runtimes.archives
    ]


def test_it_may_carry_its_own_interpreter_too(
    packages: Packages, made: dict[str, bool], first: RuntimeArchive, tmp_path: Path
) -> None:
    """Side by side with the other kinds, under a name that says both."""
    outcomes = packages.make(first.minor, name=RUNTIME, interpreter=first.file)
    assert outcomes[-1].package.variant == "self-contained-offline"
    runtime = packages.unpacked(outcomes[-1].package.images[0].file, tmp_path)["strata_python-runtime"]
    assert (runtime / "interpreter/bin/python3").exists()
    assert (runtime / f"archives/{first.sha256}.tar.gz").is_file()
    assert DistManifest.read(packages.dist).find((COMPOSITE, "offline")) is not None


def test_a_mirror_that_has_not_got_it_is_a_network_error_and_dist_stays(
    packages: Packages, made: dict[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every place that was asked, and no traceback of the program that asks."""
    before = digests(packages.dist)
    monkeypatch.setenv("BP_DEPENDENCY_MIRROR", f"{packages.mirror.url}/nothing")
    elsewhere = Packages(packages.root, packages.runtimes, packages.mirror, tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/wheels").symlink_to((packages.cache / "wheels").resolve())
    with pytest.raises(NetworkError, match="could not be obtained") as caught:
        elsewhere.make(packages.runtimes.minors[-1], name=RUNTIME)
    assert "/nothing/" in caught.value.detail
    assert "HTTP 404" in caught.value.detail
    assert digests(packages.dist) == before


@pytest.mark.parametrize("python", ["3.9", "3.10.99", "4.0"])
def test_an_unknown_python_is_a_usage_error(packages: Packages, python: str) -> None:
    with pytest.raises(UsageError, match=f'there is no Python "{python}" for {TARGET}'):
        packages.make(python, name=RUNTIME)
