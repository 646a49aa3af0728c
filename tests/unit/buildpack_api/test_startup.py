from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from unit.buildpack_api.example_buildpack import ExampleBuildpack

if TYPE_CHECKING:
    import subprocess

HEAVY = [
    "asyncio",
    "email",
    "http",
    "json",
    "requests",
    "shlex",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "textwrap",
    "tomli_w",
    "traceback",
    "urllib.request",
]


@pytest.mark.parametrize("module", HEAVY)
def test_a_build_that_does_nothing_imports_nothing_heavy(
    tmp_path: object, module: str, loaded: set[str]
) -> None:
    assert module not in loaded


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    example = ExampleBuildpack.create(
        tmp_path_factory.mktemp("startup"), "import sys\ncontext.output.step(' '.join(sys.modules))"
    )
    done: subprocess.CompletedProcess[str] = example.build()
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())
