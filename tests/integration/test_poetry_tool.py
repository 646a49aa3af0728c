"""strata/poetry-tool: Poetry in a layer of its own, for whoever requires it, and never in the image."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
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
from support.component_builds import (
    CONSUMER,
    MINORS,
    ROOT,
    ComponentBuilds,
    app_with_module,
    assemble_components,
)
from support.poetry_wheels import POETRY, known_poetry, poetry_wheels
from support.scripted import requires

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet
    from buildpack_testing.server import StaticServer

# What a later buildpack does and sees: where Poetry is, which, and its plugin.
PROBE = """
command -v poetry
poetry --version --no-ansi
poetry list --no-ansi | grep -c '^  export '
"""
NEWEST, OLDER = (one.version for one in known_poetry().releases[:2])
HOSTILE = {
    "PIP_TARGET": "/nowhere",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_NO_BINARY": ":all:",
    "PYTHONPATH": "/nowhere",
    "POETRY_VIRTUALENVS_PATH": "/nowhere",
}


@pytest.fixture(scope="module")
def poetry_tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble_components([POETRY], tmp_path_factory.mktemp("assembled poetry-tool"))[0]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with all that is known of Poetry, for the oldest and the newest Python here."""
    directory = tmp_path_factory.mktemp("poetries")
    return write_index(poetry_wheels((MINORS[0], MINORS[-1])), directory / "index").directory


@pytest.fixture
def index(wheels: Path) -> Iterator[StaticServer]:
    with serve(wheels) as server:
        yield server


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return app_with_module(tmp_path, "zipfile")


@pytest.fixture
def builds(tmp_path: Path, poetry_tool: Path) -> ComponentBuilds:
    return ComponentBuilds(
        tmp_path, [poetry_tool], consumer_requires=requires("poetry", metadata="build = true"), consumer=PROBE
    )


def settings(index: StaticServer, **more: str) -> dict[str, str]:
    return {"PIP_INDEX_URL": f"{index.url}/simple", "PIP_RETRIES": "0", **more}


@pytest.mark.parametrize("minor", [MINORS[0], MINORS[-1]])
def test_a_later_buildpack_has_the_locked_poetry_and_the_image_has_none(
    builds: ComponentBuilds, app: Path, index: StaticServer, minor: str
) -> None:
    """It is fetched once; a second build asks nobody and touches nothing."""
    platform = builds.platform(minor)
    variables = settings(index) | HOSTILE
    result = platform.build(app, variables=variables)
    program = platform.workspace.layers / "strata_poetry-tool/poetry/poetry/bin/poetry"
    found, version, export = result.run(CONSUMER).printed.splitlines()
    assert found == str(program)
    assert version == f"Poetry (version {NEWEST})"
    assert export == "1"
    layer = result.layer(POETRY, "poetry")
    assert (layer.types.build, layer.types.cache, layer.types.launch) == (True, True, False)
    with platform.container() as container:
        assert not [name for name in container.environment() if name.startswith("POETRY_")]
        assert "poetry-tool" not in container.environment()["PATH"]
        assert not list(platform.workspace.layers.glob("strata_poetry-tool/*"))

    asked = len(index.requests)
    again = platform.build(app, variables=variables)
    assert "(reused)" in again.run(POETRY).printed
    assert again.layer(POETRY, "poetry").reused
    assert len(index.requests) == asked
    assert again.layer(POETRY, "poetry").diff_id == layer.diff_id, "using it writes nothing into it"


def test_two_fresh_builds_give_the_same_bits_whatever_the_umask(
    builds: ComponentBuilds, app: Path, index: StaticServer
) -> None:
    first = builds.platform().build(app, variables=settings(index)).layer(POETRY, "poetry").diff_id
    before = os.umask(0o077)
    try:
        second = builds.platform().build(app, variables=settings(index), clear=True)
    finally:
        os.umask(before)
    assert second.layer(POETRY, "poetry").diff_id == first


def test_another_poetry_that_is_known_on_demand(
    builds: ComponentBuilds, app: Path, index: StaticServer
) -> None:
    """By the variable, or since the app requires it; what is not known is refused with what is."""
    platform = builds.platform()
    platform.build(app, variables=settings(index))
    result = platform.build(app, variables=settings(index, BP_POETRY_VERSION=OLDER))
    assert f"{OLDER} from the package index (made anew)" in " ".join(result.run(POETRY).printed.split())
    (app / "pyproject.toml").write_text(f'[tool.poetry]\nrequires-poetry = "~{OLDER}"\n')
    result = platform.build(app, variables=settings(index))
    assert f" {OLDER} from the package index (reused)" in " ".join(result.run(POETRY).printed.split())
    shutil.rmtree(platform.workspace.root)
    said = builds.failure_of("poetry", app, settings(index, BP_POETRY_VERSION=NEWEST))
    assert (
        f"knows no Poetry {NEWEST} (BP_POETRY_VERSION) and ~{OLDER} (requires-poetry in pyproject.toml)"
        in said
    )
    assert f"It knows {NEWEST}, {OLDER}" in said
    assert "too old (BP_POETRY_VERSION)" in builds.failure_of(
        "poetry", app, settings(index, BP_POETRY_VERSION="1.8.5")
    )


def test_another_file_than_the_locked_one_is_refused(
    builds: ComponentBuilds, app: Path, wheels: Path, tmp_path: Path
) -> None:
    """And an index that has not got all of them is named."""
    shutil.copytree(wheels, tmp_path / "other")
    (file,) = (tmp_path / "other/files").glob(f"poetry-{NEWEST}-*.whl")
    page = tmp_path / "other/simple/poetry/index.html"
    page.write_text(page.read_text().replace("#sha256=", "#x="))
    with file.open("ab") as changed:
        changed.write(b"x")
    with serve(tmp_path / "other") as index:
        said = builds.failure_of("poetry", app, settings(index))
        assert (
            f"A wheel that poetry {NEWEST} needs does not have the SHA-256 that this buildpack knows" in said
        )
        shutil.rmtree(tmp_path / "other/simple/cleo")
        said = builds.failure_of("poetry", app, settings(index))
    assert "has no wheel of cleo==" in said


def test_an_offline_package_carries_it(tmp_path: Path, runtimes: RuntimeSet, app: Path) -> None:
    """No index is asked; the newest release is there for all Pythons."""
    target = DeclaredTarget("linux", own_arch())
    outcomes = package(
        Repository.discover(ROOT),
        [POETRY],
        dist=tmp_path / "dist",
        build=tmp_path / "build",
        targets=(target,),
        offline=RuntimeSelection(dt.date(2024, 1, 1), (runtimes.archives[0].minor,), runtimes.catalogue),
        toolchain=Toolchain((), (), cache_directory()),
        report=lambda _line: None,
    )
    made = outcomes[-1].package
    assert (made.id, made.variant) == (POETRY, "offline")
    (described,) = made.embedded.described()
    assert described.startswith(f"poetry {NEWEST} with ")
    bom = json.loads((tmp_path / "dist" / made.sbom.path).read_text())
    refs = [one["bom-ref"] for one in bom["components"]]
    assert len(set(refs)) == len(refs)
    assert {"poetry", "poetry-core", "cleo", "rapidfuzz"} <= {one["name"] for one in bom["components"]}
    (unpacked,) = unpack_buildpackage(tmp_path / "dist" / made.images[0].file, tmp_path / "unpacked")
    carrying = unpacked.rename(tmp_path / "strata_poetry-tool")
    plan = requires("poetry", metadata="build = true")
    builds = ComponentBuilds(tmp_path, [carrying], consumer_requires=plan)
    variables = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    result = builds.platform(MINORS[0]).build(app, variables=variables)
    assert f"{NEWEST} from this buildpack (installed)" in " ".join(result.run(POETRY).printed.split())


def test_nobody_gets_poetry_at_launch(tmp_path: Path, poetry_tool: Path, app: Path) -> None:
    plan = requires("poetry", metadata="build = true\nlaunch = true")
    builds = ComponentBuilds(tmp_path, [poetry_tool], consumer_requires=plan)
    said = builds.failure_of("poetry", app, {})
    assert "requires poetry for launch" in said
