from __future__ import annotations

import subprocess

from buildpack_testing.needs import find_shellcheck
from support.needs import need
from unit.buildpack_api.example_buildpack import PACKAGE


def test_shellcheck_finds_nothing() -> None:
    # First that of the dependency group, so that every machine has the same one.
    need("shellcheck")
    subprocess.run(
        [str(find_shellcheck()), "--shell=sh", *sorted((PACKAGE / "share/bin").iterdir())], check=True
    )
