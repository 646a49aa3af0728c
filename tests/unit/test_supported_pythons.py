"""Which Pythons are supported is said once for what a maintainer runs; what cannot read it there agrees."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app_venv.installers.pip import other_pythons
from buildpack_common.parsing import parse_toml
from buildpack_release.model.settings import MINORS

ROOT = Path(__file__).parents[2]
PREFIX = "Programming Language :: Python :: "


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("packages/*/pyproject.toml")), ids=lambda file: file.parent.name
)
def test_the_classifiers_name_the_supported_pythons(file: Path) -> None:
    """Nox runs the unit tests on those that are named."""
    project = parse_toml(file.read_text("utf-8"))["project"]
    assert [one.removeprefix(PREFIX) for one in project["classifiers"] if one.startswith(PREFIX)] == [*MINORS]
    assert project["requires-python"] == f">={MINORS[0]}"


def test_the_launcher_looks_for_all_of_them() -> None:
    """And for the newest first."""
    text = (ROOT / "packages/buildpack-api/share/bin/build").read_text("utf-8")
    (names,) = re.findall(r"for name in python3 ([^;]+);", text)
    assert names.split() == [f"python{minor}" for minor in reversed(MINORS)]


def test_the_index_is_asked_about_all_of_them() -> None:
    """When there is no wheel for the Python of an app."""
    assert other_pythons._LINES == MINORS
