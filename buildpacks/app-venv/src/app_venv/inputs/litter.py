"""What a build backend leaves in the app directory when it makes a wheel of it: no part of the app."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app_venv.inputs.pinning import PinnedInputs

_PATTERNS = ("build", "*.egg-info", "src/*.egg-info")


@contextmanager
def litter_removed(app_dir: Path, inputs: PinnedInputs) -> Iterator[None]:
    """Remove afterwards what was not there before, if nothing but a copy of the project is installed.

    An editable installation may need such files at launch.
    """
    if not inputs.copies_project:
        yield
        return
    before = _found(app_dir)
    try:
        yield
    finally:
        for path in _found(app_dir) - before:
            remove(path)


def _found(app_dir: Path) -> set[Path]:
    return {path for pattern in _PATTERNS for path in app_dir.glob(pattern)}
