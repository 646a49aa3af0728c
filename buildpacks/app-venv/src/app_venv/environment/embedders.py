"""What in an environment is linked to libpython, which not every Python has as a shared library."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from buildpack_api.elf import NotElfError, is_loadable, needed_libraries

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARY = "libpython"


def linked_to_libpython(venv: Path) -> tuple[str, ...]:
    """Return the programs and libraries that do not start without it, relative to ``venv``, sorted.

    Raises OSError.
    """
    return tuple(sorted(os.path.relpath(path, venv) for path in _candidates(venv) if needs_libpython(path)))


def _candidates(venv: Path) -> Iterator[Path]:
    """Yield the files that may be programs or libraries, by their names and modes."""
    for place, _, names in os.walk(venv):
        is_bin = place.endswith("/bin")
        for path in (Path(place, name) for name in names if is_bin or ".so" in name):
            if path.is_file() and not path.is_symlink():
                yield path


def needs_libpython(path: Path) -> bool:
    """Whether a file says that it does not start without libpython. Raises OSError.

    Told by base names, as python-build-standalone has paths there.
    """
    try:
        return is_loadable(path) and any(
            PurePosixPath(name).name.startswith(_LIBRARY) for name in needed_libraries(path)
        )
    except NotElfError:
        return False  # for another machine, or damaged: it starts nowhere
