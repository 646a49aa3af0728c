from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.builder_parts import Parts
from support.builder_parts import parts as make_parts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """The parts of a sound builder, in a folder with a blank in its name."""
    return make_parts(tmp_path / "the parts")
