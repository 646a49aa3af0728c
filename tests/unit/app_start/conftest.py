"""An app in a directory, and builds of it with the real code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from support.start_builds import App

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def app(tmp_path: Path) -> App:
    """An empty app, and an environment with nothing but Python."""
    made = App(tmp_path)
    made.directory.mkdir()
    (made.venv / "bin").mkdir(parents=True)
    (made.venv / "bin/python3").symlink_to(sys.executable)
    minor = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (made.venv / f"lib/{minor}/site-packages").mkdir(parents=True)
    made.venv.parent.with_suffix(".toml").write_text("[types]\nlaunch = true\nbuild = true\n")
    return made
