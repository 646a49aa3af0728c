from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from support.needs import need
from unit.buildpack_api.example_buildpack import ExampleBuildpack

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"]}


@pytest.fixture
def example(tmp_path: Path) -> ExampleBuildpack:
    """A buildpack that does nothing, for tests of its inputs."""
    return ExampleBuildpack.create(tmp_path)


@pytest.fixture(params=sorted(SHELLS))
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Each shell that the launchers have to run with."""
    program, *arguments = SHELLS[str(request.param)]
    path = shutil.which(program)
    if path is None:
        need(program)
    return [path or program, *arguments]
