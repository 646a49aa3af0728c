"""strata/uv-tool: uv in a layer of its own, for whoever requires it, and never in the image."""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import TYPE_CHECKING

import pytest

from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import DeclaredTarget, own_arch
from buildpack_release.packaging.package import package
from buildpack_release.runtimes.archive_selection import RuntimeSelection
from buildpack_testing.package_index import write_index
from buildpack_testing.packaged import unpack_buildpackage
from buildpack_testing.server import serve
from support.component_builds import CONSUMER, ROOT, ComponentBuilds, app_with_module, assemble_components
from support.scripted import requires
from support.uv_wheels import UV, known_uv, like_uv, uv_wheel
from support.wheels import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet
    from buildpack_testing.server import StaticServer

# What a later buildpack does and sees: where uv is, which, and whether it has a Python of its own.
PROBE = """
command -v uv
env -u UV_CONFIG_FILE uv --no-config --version
env -u UV_CONFIG_FILE uv --no-config --offline python list --only-installed --managed-python 2>&1
"""
VERSION = known_uv().version
# Others stand for further versions: they answer as uv does.
OTHERS = ("0.9.1", "0.9.2", "0.12.0")
HOSTILE = {
    "UV_CONFIG_FILE": "/nowhere/uv.toml",
    "UV_MANAGED_PYTHON": "1",
    "PIP_TARGET": "/nowhere",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_NO_BINARY": ":all:",
    "PYTHONPATH": "/nowhere",
}


@pytest.fixture(scope="module")
def uv_tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble_components([UV], tmp_path_factory.mktemp("assembled uv-tool"))[0]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with the real uv (fetched once) and some that are like one."""
    directory = tmp_path_factory.mktemp("uvs")
    others = [like_uv(version, directory / "wheels") for version in OTHERS]
    return write_index([uv_wheel(), *others], directory / "index").directory


@pytest.fixture
def index(wheels: Path) -> Iterator[StaticServer]:
    with serve(wheels) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return app_with_module(tmp_path, "zipfile")


@pytest.fixture
def builds(tmp_path: Path, uv_tool: Path) -> ComponentBuilds:
    return ComponentBuilds(
        tmp_path, [uv_tool], consumer_requires=requires("uv", metadata="build = true"), consumer=PROBE
    )


def settings(index: StaticServer, **more: str) -> dict[str, str]:
    return {"PIP_INDEX_URL": f"{index.url}/simple", "PIP_RETRIES": "0", **more}


def test_a_later_buildpack_has_the_pinned_uv_and_the_image_has_none(
    builds: ComponentBuilds, app: Path, index: StaticServer
) -> None:
    """It is fetched once; a second build asks nobody and touches nothing."""
    platform = builds.platform()
    variables = settings(index) | HOSTILE
    result = platform.build(app, variables=variables)
    program = platform.workspace.layers / "strata_uv-tool/uv/uv/bin/uv"
    found, version, *managed = result.run(CONSUMER).printed.splitlines()
    assert found == str(program)
    assert version.startswith(f"uv {VERSION} ")
    assert not [line for line in managed if "cpython" in line]
    layer = result.layer(UV, "uv")
    assert (layer.types.build, layer.types.cache, layer.types.launch) == (True, True, False)
    with platform.container() as container:
        assert not [name for name in container.environment() if name.startswith("UV_")]
        assert "uv-tool" not in container.environment()["PATH"]
        assert not list(platform.workspace.layers.glob("strata_uv-tool/*"))

    asked = len(index.requests)
    again = platform.build(app, variables=variables)
    assert "(reused)" in again.run(UV).printed
    assert again.layer(UV, "uv").reused
    assert len(index.requests) == asked


def test_two_fresh_builds_give_the_same_bits_whatever_the_umask(
    builds: ComponentBuilds, app: Path, index: StaticServer
) -> None:
    first = builds.platform().build(app, variables=settings(index)).layer(UV, "uv").diff_id
    before = os.umask(0o077)
    try:
        second = builds.platform().build(app, variables=settings(index), clear=True)
    finally:
        os.umask(before)
    assert second.layer(UV, "uv").diff_id == first


@pytest.mark.parametrize(
    ("variables", "version"),
    [
        ({"BP_UV_VERSION": "0.9.1"}, "0.9.1"),
        ({"BP_UV_VERSION": "0.9.*"}, "0.9.2"),
        ({"BP_UV_VERSION": f"=={VERSION}"}, VERSION),
    ],
)
def test_another_uv_on_demand(
    builds: ComponentBuilds, app: Path, index: StaticServer, variables: dict[str, str], version: str
) -> None:
    result = builds.platform().build(app, variables=settings(index, **variables))
    assert f" uv {version} from the package index (installed)" in " ".join(result.run(UV).printed.split())


def test_what_the_app_requires_of_uv_is_met(builds: ComponentBuilds, app: Path, index: StaticServer) -> None:
    """Otherwise uv itself would refuse to work there with the version of this buildpack."""
    (app / "pyproject.toml").write_text('[tool.uv]\nrequired-version = "<0.10"\n')
    said = builds.failure_of("uv", app, settings(index, BP_UV_VERSION="0.12.0"))
    assert "BP_UV_VERSION and required-version in pyproject.toml contradict each other: no uv" in said
    result = builds.platform().build(app, variables=settings(index))
    assert "uv 0.9.2 from the package index" in " ".join(result.run(UV).printed.split())


def test_another_file_than_the_one_that_was_named_is_refused(
    builds: ComponentBuilds, app: Path, index: StaticServer, wheels: Path
) -> None:
    """By its SHA-256, and with the version that has it all is well."""
    (wheel,) = wheels.glob("files/uv-0.9.1-*.whl")
    said = builds.failure_of("uv", app, settings(index, BP_UV_VERSION="0.9.1", BP_UV_SHA256="0" * 64))
    assert "The wheel of uv 0.9.1 on the package index does not have the SHA-256" in said
    builds.platform().build(app, variables=settings(index, BP_UV_VERSION="0.9.1", BP_UV_SHA256=sha256(wheel)))


def test_an_index_without_the_pinned_release_is_named(
    builds: ComponentBuilds, app: Path, tmp_path: Path
) -> None:
    with serve(write_index([like_uv("0.9.1", tmp_path / "w")], tmp_path / "old").directory) as old:
        said = builds.failure_of("uv", app, settings(old))
    assert f"The package index has no uv {VERSION} (this buildpack)" in said
    assert "It has: 0.9.1" in said


def test_an_offline_package_carries_it(tmp_path: Path, runtimes: RuntimeSet, app: Path) -> None:
    """No index is asked, and the bits are those of the one that was fetched."""
    target = DeclaredTarget("linux", own_arch())
    outcomes = package(
        Repository.discover(ROOT),
        [UV],
        dist=tmp_path / "dist",
        build=tmp_path / "build",
        targets=(target,),
        offline=RuntimeSelection(dt.date(2024, 1, 1), (runtimes.archives[0].minor,), runtimes.catalogue),
        toolchain=Toolchain((), (), cache_directory()),
        report=lambda _line: None,
    )
    made = outcomes[-1].package
    assert (made.id, made.variant) == (UV, "offline")
    assert made.embedded.described() == [f"uv {VERSION} for {target}"]
    bom = json.loads((tmp_path / "dist" / made.sbom.path).read_text())
    (tool,) = [one for one in bom["components"] if one["name"] == "uv"]
    assert tool["hashes"][0]["content"] == sha256(uv_wheel())
    (unpacked,) = unpack_buildpackage(tmp_path / "dist" / made.images[0].file, tmp_path / "unpacked")
    carrying = unpacked.rename(tmp_path / "strata_uv-tool")
    builds = ComponentBuilds(tmp_path, [carrying], consumer_requires=requires("uv", metadata="build = true"))
    variables = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    result = builds.platform().build(app, variables=variables)
    assert f"uv {VERSION} from this buildpack (installed)" in " ".join(result.run(UV).printed.split())


def test_nobody_gets_uv_at_launch(tmp_path: Path, uv_tool: Path, app: Path) -> None:
    plan = requires("uv", metadata="build = true\nlaunch = true")
    said = ComponentBuilds(tmp_path, [uv_tool], consumer_requires=plan).failure_of("uv", app, {})
    assert "requires uv for launch" in said
