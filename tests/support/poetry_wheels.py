"""Poetry for tests: the releases that strata/poetry-tool knows, each wheel fetched once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from buildpack_testing import poetry_program
from support.component_builds import MINORS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.tool_sets import ToolSets

POETRY = "strata/poetry-tool"


def known_poetry() -> ToolSets:
    """Return the releases in the buildpack's own file."""
    return poetry_program.known_poetry(ROOT)


@cache
def poetry_wheels(minors: tuple[str, ...] = (MINORS[-1],)) -> tuple[Path, ...]:
    """Return the wheels of all releases for these Pythons, on this machine."""
    return poetry_program.poetry_wheels(known_poetry().releases, minors)
