"""A repository with a remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.releasing import Project, make_project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Its first version is set, committed and pushed."""
    project = make_project(tmp_path / "project", {})
    project.set_versions()
    return project
