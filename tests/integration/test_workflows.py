"""Our workflows are sound, as actionlint sees it: expressions, contexts, and the scripts in them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from buildpack_testing.cnb.tool_versions import ACTIONLINT
from buildpack_testing.cnb.tools import ensure_tool
from buildpack_testing.needs import find_shellcheck
from support.needs import need

ROOT = Path(__file__).parents[2]


def test_actionlint_finds_nothing() -> None:
    """Its own shellcheck is the one that the session lint uses."""
    need("actionlint", "shellcheck")
    shellcheck = find_shellcheck()
    command = [str(ensure_tool(ACTIONLINT)), "-shellcheck", str(shellcheck), "-pyflakes="]
    files = sorted((ROOT / ".github/workflows").glob("*.yml"))
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert files
