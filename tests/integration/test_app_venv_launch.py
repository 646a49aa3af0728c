"""What is installed works in the image: scripts whose path has blanks, editable projects of setuptools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.progress import say
from buildpack_testing.package_index import fill_index
from support.component_builds import NEWEST
from support.main_job import ROOT
from support.venv_builds import VenvBuilds, text_of, venv_builds
from support.wheels import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A script that a wheel brings along ("binary distribution format", data/scripts), not an entry point.
SCRIPT = "#!python\nimport brought\nprint('brought', brought.VERSION)\n"
SETUPTOOLS = ROOT / "tests/e2e/fixtures/compiled/build-requirements.txt"
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "1.0"
"""
# Two packages in a flat layout: setuptools writes a finder instead of a path.
FLAT = """
[tool.setuptools]
packages = ["flat"]

[tool.setuptools.package-dir]
flat = "code/inner"
"""


@pytest.fixture(scope="module")
def setuptools() -> list[Path]:
    return list(fill_index([SETUPTOOLS], [NEWEST], report=say).wheels)


@pytest.fixture
def builds(tmp_path: Path, setuptools: list[Path]) -> Iterator[VenvBuilds]:
    with venv_builds(tmp_path / "a b") as made:
        made.wheels += setuptools
        made.publish(Project("brought", files={"brought-1.0.data/scripts/brought-tool": SCRIPT}))
        yield made


def write(directory: Path, **files: str) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_script_of_a_wheel_starts_though_the_path_has_a_blank(builds: VenvBuilds) -> None:
    builds.require("brought")
    printed = text_of(builds.build())
    assert "cannot start" not in printed
    with builds.platform().container() as container:
        assert container.run(["brought-tool"]).stdout == "brought 1.0\n"


def test_editable_projects_of_setuptools_are_importable_at_launch(builds: VenvBuilds) -> None:
    """The app itself with its modules in src, by a path file, and a part of it by a finder."""
    builds.require("-e .", "-e ./part")
    write(
        builds.app, **{"pyproject.toml": PYPROJECT.format(name="mine"), "src/mine/__init__.py": "WHO = 1\n"}
    )
    part = {"pyproject.toml": PYPROJECT.format(name="part") + FLAT, "code/inner/__init__.py": "WHO = 2\n"}
    write(builds.app / "part", **part)
    printed = text_of(builds.build())
    app = builds.platform().workspace.app
    assert f"mine 1.0 is editable: imported from {app}\n" in printed
    assert f"part 1.0 is editable: imported from {app}/part\n" in printed
    assert "missing in the app image" not in printed
    code = "import sys; sys.path.remove(''); import mine, flat; print(mine.WHO, flat.WHO, flat.__file__)"
    with builds.platform().container() as container:
        assert container.run(["python", "-c", code]).stdout == f"1 2 {app}/part/code/inner/__init__.py\n"


def test_an_editable_project_elsewhere_is_not_in_the_image(builds: VenvBuilds, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write(elsewhere, **{"pyproject.toml": PYPROJECT.format(name="far"), "src/far/__init__.py": ""})
    builds.require(f"-e {elsewhere}")
    printed = " ".join(text_of(builds.build()).split())
    assert "Warning: Packages will be missing in the app image" in printed
    assert f"far 1.0 is imported from {elsewhere}." in printed
