"""pip and the virtual environment: later buildpacks have it, containers an explanation, apps may own one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.component_builds import CONSUMER, NEWEST
from support.main_job import PIP, VENV
from support.venv_builds import VenvBuilds, installed, site_packages, venv_builds
from support.wheels import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.launched_process import ImageFileSystem
    from buildpack_testing.platform import BuildResult, LocalPlatform

PROBE = """
command -v pip
pip list --format=freeze
python -m pip list --format=freeze
pip3 install --quiet right
python -c 'import right; print(right.__file__)'
pip uninstall --quiet --yes right
"""


OWN_PIP = "def main() -> None:\n    print('pip of the app')\n"


class Trio:
    """An app built by strata/pip-tool and strata/app-venv, and a buildpack that uses pip afterwards."""

    def __init__(self, builds: VenvBuilds) -> None:
        self.builds = builds
        self.platform: LocalPlatform = builds.platform(pip=PIP)
        self.result: BuildResult = builds.build(platform=self.platform)
        self.venv = self.result.next_environment["VIRTUAL_ENV"]


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with venv_builds(tmp_path_factory.mktemp("trio") / "a b", consumer=PROBE) as builds:
        builds.publish(Project("left", script=True), Project("right", "2.0"))
        builds.require("left")
        yield Trio(builds)


@pytest.fixture
def container(trio: Trio) -> Iterator[ImageFileSystem]:
    with trio.platform.container() as started:
        yield started


def test_later_buildpacks_have_pip_both_ways_and_it_acts_on_the_environment(trio: Trio) -> None:
    printed = trio.result.run(CONSUMER).printed.splitlines()
    assert printed[0] == f"{trio.venv}/bin/pip"
    assert [line for line in printed if line.startswith("left==")] == ["left==1.0", "left==1.0"]
    cache = trio.platform.workspace.layers / "strata_app-venv/pip-cache/cache"
    assert trio.result.next_environment["PIP_CACHE_DIR"] == str(cache)
    assert printed[-1] == f"{trio.venv}/lib/python{NEWEST}/site-packages/right.py"


def test_the_launch_environment_is_exactly_this(trio: Trio, container: ImageFileSystem) -> None:
    environment = container.environment()
    assert environment == {
        "HOME": environment["HOME"],
        "HOSTNAME": "run",
        "PATH": f"{trio.venv}/bin:{trio.platform.base.run_path}",
        "VIRTUAL_ENV": trio.venv,
    }


def test_pip_cannot_be_imported_in_a_container(container: ImageFileSystem) -> None:
    ended = container.run(["python", "-m", "pip", "--version"], check=False)
    assert ended.returncode == 1
    assert "No module named pip" in ended.stderr


@pytest.mark.parametrize("name", ["pip", "pip3"])
def test_the_command_explains_itself_in_a_container(container: ImageFileSystem, name: str) -> None:
    ended = container.run([name, "install", "x"], check=False)
    assert (ended.returncode, ended.stdout) == (127, "")
    assert "python -m ensurepip --default-pip" in ended.stderr


def test_the_command_that_it_names_works(container: ImageFileSystem) -> None:
    container.run(["python", "-m", "ensurepip", "--default-pip"])
    for command in (["pip"], ["pip3"], ["python", "-m", "pip"]):
        listed = container.run([*command, "list", "--format=freeze"]).stdout
        assert "left==1.0" in listed
        assert "pip==" in listed


def test_pip_is_in_no_layer_of_the_image(trio: Trio, container: ImageFileSystem) -> None:
    assert not list(trio.platform.workspace.layers.rglob("pip/__main__.py"))
    assert {(layer.buildpack, layer.name) for layer in trio.result.layers if layer.types.launch} == {
        (VENV, "venv")
    }


def test_an_app_that_requires_pip_has_its_own(tmp_path: Path) -> None:
    """And nothing of ours hides it: no hint, no path file."""
    with venv_builds(tmp_path / "own") as builds:
        builds.publish(
            Project("left"), Project("pip", "99.0", script=True, files={"pip/__init__.py": OWN_PIP})
        )
        builds.require("left", "pip")
        builds.build()
        assert installed(builds) == ["left-1.0", "pip-99.0"]
        assert not list(site_packages(builds).glob("strata*.pth"))
        with builds.platform().container() as container:
            assert container.run(["pip"]).stdout == "pip of the app\n"
            assert container.run(["pip3"]).stdout == "pip of the app\n"
