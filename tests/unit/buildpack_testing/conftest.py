"""Scripted buildpacks, an app and a platform for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.workspace import ImageEnvironment
from support.scripted import Platforms, ScriptedBuildpacks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def scripted(tmp_path: Path) -> ScriptedBuildpacks:
    return ScriptedBuildpacks(tmp_path / "buildpacks")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    directory = tmp_path / "an app"
    directory.mkdir()
    (directory / "file").write_text("of the app")
    return directory


@pytest.fixture
def image() -> ImageEnvironment:
    return ImageEnvironment(
        build_path="/usr/bin:/bin", run_path="/usr/bin:/bin", arch="amd64", distro_name="debian"
    )


@pytest.fixture
def platforms(tmp_path: Path, scripted: ScriptedBuildpacks, image: ImageEnvironment) -> Platforms:
    return Platforms(tmp_path / "work space", scripted, image)
