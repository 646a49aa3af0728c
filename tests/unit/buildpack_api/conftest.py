from __future__ import annotations

import os
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


@pytest.fixture
def without_privileges() -> list[str]:
    """The start of a command line that runs the rest as a user whom file modes stop."""
    if os.geteuid() != 0:
        return []
    need("setpriv")
    return [shutil.which("setpriv") or "", "--inh-caps=-all", "--bounding-set=-all", "--"]


@pytest.fixture(params=sorted(SHELLS))
def shell(request: pytest.FixtureRequest) -> list[str]:
    """Each shell that the launchers have to run with."""
    program, *arguments = SHELLS[str(request.param)]
    path = shutil.which(program)
    if path is None:
        need(program)
    return [path or program, *arguments]
