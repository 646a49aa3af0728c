"""The shared library libpython: who in the tree needs it, and its removal if nobody does.

python-build-standalone's archives have two forms. Up to its release 20250409 the interpreter is a small
program that loads ``lib/libpython3.X.so.1.0``. From 20250517 on libpython is linked into it, and the shared
library lies there for programs that embed Python only: the same 25 MB twice.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from buildpack_api.elf import NotElfError, is_loadable, needed_libraries
from buildpack_common.files import remove

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = "libpython"


def remove_if_unneeded(tree: Path, line: str) -> bool:
    """Remove libpython with its other names and its pkg-config files, unless something in ``tree`` needs it.

    All of it stays if anything is linked to it or to one of its names, could look for it while it runs, or
    cannot be understood. Returns whether it was removed. Raises OSError.
    """
    tree = tree.resolve()
    libraries = sorted((tree / "lib").glob(f"{_NAME}*.so*"))
    if not libraries or _is_needed(tree, line, libraries):
        return False
    for library in libraries:
        remove(library)
    for description in (tree / "lib" / "pkgconfig").glob("python*-embed.pc"):
        remove(description)  # it says -lpython3.X
    return True


def _is_needed(tree: Path, line: str, libraries: list[Path]) -> bool:
    interpreter = (tree / "bin" / f"python{line}").resolve()
    packages = tree / "lib" / f"python{line}" / "site-packages"
    if not is_loadable(interpreter):
        return True  # a script that starts something else: who knows what that needs
    targets = {library.resolve() for library in libraries}
    for path in _files(tree):
        if path.is_symlink():
            if path.resolve() in targets and not path.name.startswith(_NAME):
                return True
        elif path in targets:
            continue
        elif is_loadable(path):
            if _is_linked(path) or (path != interpreter and _mentions(path)):
                return True
        elif ".so" in path.suffixes:
            return True  # a linker script, or damaged
        elif path.suffix == ".py" and path.is_relative_to(packages) and _mentions(path):
            # Packages in an archive of one's own may load it through ctypes; the standard library does not.
            return True
    return False


def _is_linked(path: Path) -> bool:
    """Whether a program or library is linked to libpython, under any of its names.

    Told by base names: python-build-standalone has paths there, ``$ORIGIN/../lib/libpython3.X.so.1.0``.
    """
    try:
        return any(PurePosixPath(name).name.startswith(_NAME) for name in needed_libraries(path))
    except NotElfError:
        return True  # not understood: keep the library


def _mentions(path: Path) -> bool:
    """Whether the name of the library is anywhere in a file, as it must be for loading it while running."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_NAME.encode()) >= 0


def _files(tree: Path) -> Iterator[Path]:
    for directory, _, names in os.walk(tree):
        yield from (Path(directory, name) for name in names)
