"""No folder of code or tests bears a name that makes a tool pass over it: nothing would say so."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_toml

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]


def folders(*tops: str) -> list[Path]:
    """Return the folders with Python files below some folders of the repository."""
    return sorted({path.parent for top in tops for path in (ROOT / top).rglob("*.py")})


def passed_over(found: list[Path], patterns: list[str]) -> list[str]:
    """Return the folders one of whose names fits one of the patterns."""
    relative = [path.relative_to(ROOT) for path in found]
    return [
        str(path)
        for path in relative
        if any(fnmatch.fnmatch(name, pattern) for name in path.parts for pattern in patterns)
    ]


def test_every_folder_of_tests_is_looked_into(pytestconfig: pytest.Config) -> None:
    """By default pytest looks into no folder called dist or build."""
    tests = folders("tests/unit", "tests/integration", "tests/e2e", "tests/e2e_long")
    assert len(tests) > 20
    assert passed_over(tests, pytestconfig.getini("norecursedirs")) == []


def test_every_folder_of_code_is_linted() -> None:
    """By default ruff looks into no folder called dist, build or venv."""
    settings = parse_toml((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]
    code = folders("packages", "buildpacks", "tests", "scripts")
    assert passed_over(code, [*settings["exclude"], *settings.get("extend-exclude", ())]) == []
