"""What of CPython's archive no server needs, and how to keep it."""

from __future__ import annotations

import fnmatch
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import remove
from python_runtime.settings import LIBPYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

# Patterns for paths relative to the tree, where * also matches slashes and {lib} is lib/python3.X.
# pip comes with the buildpack that installs the app; ensurepip stays, and has a wheel of pip.
_ALWAYS = (
    "*/__pycache__/*",
    "bin/pip", "bin/pip[0-9]*", "bin/easy_install*", "bin/wheel",
    "{lib}/site-packages/pip/*", "{lib}/site-packages/pip-*",
    "{lib}/site-packages/setuptools/*", "{lib}/site-packages/setuptools-*",
    "{lib}/site-packages/pkg_resources/*", "{lib}/site-packages/_distutils_hack/*",
    "{lib}/site-packages/distutils-precedence.pth",
    "{lib}/site-packages/wheel/*", "{lib}/site-packages/wheel-*",
    # Terminfo is not looked for here (TERMINFO is not set), and nobody reads manuals in a container.
    "share/terminfo/*", "share/man/*",
)  # fmt: skip
_TESTS = (
    "{lib}/test/*", "{lib}/*/test/*", "{lib}/*/tests/*", "{lib}/idlelib/idle_test/*",
    "{lib}/lib-dynload/_test*", "{lib}/lib-dynload/_ctypes_test*", "{lib}/lib-dynload/_xxtestfuzz*",
    "{lib}/lib-dynload/xxlimited*", "{lib}/lib-dynload/xxsubtype*",
)  # fmt: skip
_TK = (
    "bin/idle*", "{lib}/idlelib/*", "{lib}/tkinter/*", "{lib}/turtledemo/*", "{lib}/turtle.py",
    "{lib}/lib-dynload/_tkinter*", "lib/libtcl*", "lib/libtk*", "lib/libtommath*",
    "lib/tcl[0-9]*", "lib/tk[0-9]*", "lib/itcl[0-9]*", "lib/thread[0-9]*", "lib/tdbc*", "lib/sqlite[0-9]*",
    "lib/pkgconfig/tcl*", "lib/pkgconfig/tk*",
)  # fmt: skip
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "tests": _TESTS,
    "tk": _TK,
    "static": ("*.a",),
    LIBPYTHON: (),
}
_SITE_PACKAGES = "/site-packages/"


def wanted(line: str, keep: Collection[str]) -> Callable[[str], bool]:
    """Return whether a path of the archive belongs in the layer, for a line such as "3.14"."""
    lib = f"lib/python{line}"
    patterns = [*_ALWAYS, *(p for group, some in _GROUPS.items() if group not in keep for p in some)]
    unwanted, always = _matcher(patterns, lib), _matcher(_ALWAYS, lib)

    def is_wanted(path: str) -> bool:
        # A catalogue of one's own may put packages into site-packages: their tests are not ours to judge.
        return not (always if _SITE_PACKAGES in path else unwanted)(path)

    return is_wanted


def remove_dangling_links(tree: Path) -> None:
    """Remove the links whose targets are gone, and the folders that held nothing else. Raises OSError."""
    for directory, folders, names in os.walk(tree, topdown=False):
        for path in (Path(directory, name) for name in (*folders, *names)):
            if path.is_symlink() and not path.exists():
                remove(path)
                _remove_empty(path.parent, tree)


def _remove_empty(folder: Path, tree: Path) -> None:
    while folder != tree and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _matcher(patterns: Iterable[str], lib: str) -> Callable[[str], object]:
    return re.compile("|".join(fnmatch.translate(pattern.format(lib=lib)) for pattern in patterns)).match
