"""Which Pythons are supported is said for programs here, and for the package index in each library."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.model.settings import MINORS
from buildpack_release.model.toml_parser import tomllib

ROOT = Path(__file__).parents[2]
PREFIX = "Programming Language :: Python :: "


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("packages/*/pyproject.toml")), ids=lambda file: file.parent.name
)
def test_the_classifiers_name_the_supported_pythons(file: Path) -> None:
    """Nox runs the unit tests on those that are named."""
    project = tomllib.loads(file.read_text("utf-8"))["project"]
    assert [one.removeprefix(PREFIX) for one in project["classifiers"] if one.startswith(PREFIX)] == [*MINORS]
    assert project["requires-python"] == f">={MINORS[0]}"
