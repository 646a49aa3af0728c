"""The claim: Python and the image do not depend on what installs the app: pip, uv, Poetry, of any version."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.failure import PhaseError
from buildpack_testing.package_index import fill_index, write_index
from buildpack_testing.server import serve
from support.component_builds import MINORS, RUNTIMES
from support.main_job import APPS, PIP, RUNTIME, VENV, MainJob
from support.poetry_projects import poetry_locked_project
from support.poetry_wheels import POETRY, known_poetry, poetry_wheels
from support.uv_projects import locked_project
from support.uv_wheels import UV, uv_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.platform import BuildResult
    from buildpack_testing.server import StaticServer

OTHER_UV, OTHER_PIP, OTHER_POETRY = "0.11.0", "25.3", known_poetry().releases[1].version
# What says which of them it was: the notes of installers, and what stands in for pip.
OF_THE_TOOL = {"INSTALLER", "pip", "pip3", "strata-build-pip.pth"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StaticServer]:
    """The wheels of the sample app, and two releases of both tools."""
    directory = tmp_path_factory.mktemp("all wheels")
    tools = directory / "tools.txt"
    tools.write_text(f"uv=={OTHER_UV}\npip=={OTHER_PIP}\n")
    app = fill_index([APPS / "flask/requirements.txt"])
    wheels = [*app.wheels, *fill_index([tools], [MINORS[0]]).wheels, uv_wheel(), *poetry_wheels(RUNTIMES)]
    with serve(write_index(wheels, directory / "index").directory) as server:
        yield server


@pytest.fixture(scope="module")
def job(
    tmp_path_factory: pytest.TempPathFactory,
    composite: tuple[Path, ...],
    mirror: dict[str, str],
    index: StaticServer,
) -> MainJob:
    sources = {"PIP_INDEX_URL": f"{index.url}/simple/", "UV_DEFAULT_INDEX": f"{index.url}/simple/"}
    return MainJob(tmp_path_factory.mktemp("compared"), composite, mirror | sources)


@pytest.fixture(scope="module")
def with_pip(job: MainJob, tmp_path_factory: pytest.TempPathFactory) -> tuple[BuildResult, Path]:
    """The sample app as it is, and its environment."""
    result = job.build(APPS / "flask")
    return result, shutil.copytree(job.venv, tmp_path_factory.mktemp("pip") / "venv", symlinks=True)


@pytest.fixture(scope="module")
def uv_app(job: MainJob, index: StaticServer) -> Path:
    """The same app with a uv.lock of the same packages."""
    app = job.copy("flask")
    locked_project(app, index)
    return app


@pytest.fixture(scope="module")
def apps(uv_app: Path, index: StaticServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same app for each tool, by the name of its plan entry."""
    poetry_app = shutil.copytree(APPS / "flask", tmp_path_factory.mktemp("poetry") / "app")
    poetry_locked_project(poetry_app, index)
    return {"pip": APPS / "flask", "uv": uv_app, "poetry": poetry_app}


@pytest.mark.parametrize(("tool", "buildpack"), [("uv", UV), ("poetry", POETRY)])
def test_the_python_layer_is_one_whatever_installs(
    job: MainJob, with_pip: tuple[BuildResult, Path], apps: dict[str, Path], tool: str, buildpack: str
) -> None:
    """And each app has only the tool that it needs."""
    pip_result, _ = with_pip
    result = job.build(apps[tool])
    assert f"Installing {tool}.lock with {tool}" in result.run(VENV).printed
    assert pip_result.layer(RUNTIME, "python").diff_id == result.layer(RUNTIME, "python").diff_id
    assert result.layer(RUNTIME, "python").reused
    assert [run.id for run in pip_result.runs][:3] == [RUNTIME, PIP, VENV]
    assert [run.id for run in result.runs][:3] == [RUNTIME, buildpack, VENV]


@pytest.mark.parametrize("tool", ["uv", "poetry"])
def test_equal_packages_give_equal_files(
    job: MainJob, with_pip: tuple[BuildResult, Path], apps: dict[str, Path], tool: str
) -> None:
    """A migration from requirements.txt to a lock changes notes of the installer, and nothing that runs."""
    _, by_pip = with_pip
    job.build(apps[tool])
    ours, theirs = files(job.venv), files(by_pip)
    different = {
        name for name in ours.keys() | theirs.keys()
        if ours.get(name) != theirs.get(name) and name.rpartition("/")[2] not in OF_THE_TOOL
    }  # fmt: skip
    assert different == set()


def test_uv_installs_a_requirements_file_as_pip_does(
    job: MainJob, with_pip: tuple[BuildResult, Path], index: StaticServer
) -> None:
    """If it pins everything by hash; the bill of materials names the same files by the same hashes."""
    pip_result, by_pip = with_pip
    before = {one["name"]: one.get("hashes") for one in components(pip_result)}
    result = job.build(APPS / "flask", BP_INSTALLER="uv")
    assert "Installing requirements.txt with uv" in result.run(VENV).printed
    ours, theirs = files(job.venv), files(by_pip)
    assert {name: ours.get(name) for name in theirs if named(name)} == {
        name: content for name, content in theirs.items() if named(name)
    }
    assert {one["name"]: one.get("hashes") for one in components(result)} == before
    asked = len(index.requests)
    again = job.build(APPS / "flask", BP_INSTALLER="uv")
    assert again.layer(VENV, "venv").reused
    assert len(index.requests) == asked


def test_a_file_that_does_not_pin_everything_is_refused_by_its_line(job: MainJob, tmp_path: Path) -> None:
    """There is no pip that could install it."""
    app = shutil.copytree(APPS / "flask", tmp_path / "app")
    with (app / "requirements.txt").open("a") as file:
        file.write("six\n")
    with pytest.raises(PhaseError) as failed:
        job.build(app, BP_INSTALLER="uv")
    lines = (app / "requirements.txt").read_text().count("\n")
    assert f"requirements.txt:{lines} (six) has no exact version" in failed.value.output


@pytest.mark.parametrize("tool", ["pip", "uv", "poetry"])
def test_another_version_of_the_tool_leaves_the_image_as_it_was(
    job: MainJob, apps: dict[str, Path], tool: str
) -> None:
    """The environment is made anew, of the same bits; no label says which it was, so the digest stays."""
    app, variables = (
        apps[tool],
        {
            "pip": {"BP_PIP_VERSION": OTHER_PIP},
            "uv": {"BP_UV_VERSION": OTHER_UV},
            "poetry": {"BP_POETRY_VERSION": OTHER_POETRY},
        }[tool],
    )
    job.build(app)
    before = job.platform.store.image()
    result = job.build(app, **variables)
    assert f"installed with: {tool}" in " ".join(result.run(VENV).printed.split())
    assert not result.layer(VENV, "venv").reused
    assert job.platform.store.image() == before
    assert job.build(app, **variables).layer(VENV, "venv").reused


def components(result: BuildResult) -> list[dict[str, object]]:
    """Return what the bill of materials of the environment lists."""
    (layer,) = [one for one in result.run(VENV).output.layers if one.name == "venv"]
    return list(json.loads(layer.sboms["cdx.json"])["components"])


def named(path: str) -> bool:
    return path.rpartition("/")[2] not in OF_THE_TOOL


def files(root: Path) -> dict[str, object]:
    """Return all files below an environment; of a RECORD the rows that are not about the installer."""
    found: dict[str, object] = {}
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.name == "RECORD":
            rows = csv.reader(path.read_text().splitlines())
            found[name] = [row for row in rows if row[0].rpartition("/")[2] not in OF_THE_TOOL]
        elif path.is_file():
            found[name] = (path.stat().st_mode & 0o777, path.read_bytes())
    return found
