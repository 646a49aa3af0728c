"""Unpacks an archive of CPython, trimmed to what runs a buildpack's own code, for packages that carry it.

The archive is unpacked as a build unpacks it, and libpython stays or goes by the same rule. More is left out,
since nothing is installed with this Python, built for it or shown by it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from buildpack_api.elf import NotElfError, architecture
from buildpack_api.errors import DownloadError
from buildpack_common.files import remove
from python_runtime import libpython, prune
from python_runtime.orders import carry_out
from python_runtime.unpack import UnusableArchive, unpack

# Below lib/python3.X.
_LEFT_OUT = frozenset((
    "__pycache__", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages", "test", "tests",
    "tkinter", "turtledemo",
))  # fmt: skip
_LEFT_OUT_PREFIXES = ("config-", "_tkinter", "_test", "xxlimited", "turtle.py")
_LEFT_OUT_LIBRARIES = ("itcl", "pkgconfig", "tcl", "thread", "tdbc", "tk", "libtcl", "libtk")
_PROGRAM = re.compile(r"python(3(\.\d+)?)?")
_VERSIONED = re.compile(r"python(3\.\d+)")


def main() -> None:
    """Unpack ``{"archive": path, "tree": path}``, answer ``{"line": "3.14", "arch": "amd64"}``, and exit."""
    carry_out(_carry_out)


def _carry_out(order: dict[str, Any]) -> dict[str, Any]:
    line, arch = trim(Path(order["archive"]), Path(order["tree"]))
    return {"line": line, "arch": arch}


def trim(archive: Path, tree: Path) -> tuple[str, str]:
    """Unpack a .tar.gz with the folder ``python/`` into ``tree``, which must not exist.

    Returns the line of the Python, and the architecture that it is for, as targets call it; "" if its program
    is a script.

    Raises DownloadError for an archive that is damaged, not harmless, or holds no Python, or OSError; then
    ``tree`` does not exist.
    """
    try:
        line = _trim(archive, tree)
        return line, _architecture(tree / f"bin/python{line}")
    except UnusableArchive as error:
        remove(tree)
        reason = f"{error.reason[:1].upper()}{error.reason[1:]}."
        raise DownloadError("This archive of Python cannot be used", detail=reason) from error
    except BaseException:
        remove(tree)
        raise


def _trim(archive: Path, tree: Path) -> str:
    with archive.open("rb") as file:
        unpack(file, tree, is_kept)
    programs = {found[1]: path for path in tree.glob("bin/*") if (found := _VERSIONED.fullmatch(path.name))}
    lines = [line for line in programs if (tree / f"lib/python{line}").is_dir()]
    if len(lines) != 1:
        raise DownloadError(
            "This archive holds no Python",
            detail=f"It must have one bin/python3.X with lib/python3.X in the folder python/; it has"
            f" {', '.join(sorted(path.name for path in programs.values())) or 'none'}.",
            advice="Use an archive of python-build-standalone (install_only_stripped), or one of its shape.",
        )
    (line,) = lines
    if not (link := tree / "bin/python3").exists():
        remove(link)
        link.symlink_to(programs[line].name)
    libpython.remove_if_unneeded(tree, line)
    prune.remove_dangling_links(tree)
    # As in a layer: without this folder the interpreter complains at every start.
    (tree / f"lib/python{line}/lib-dynload").mkdir(exist_ok=True)
    return line


def _architecture(program: Path) -> str:
    try:
        return architecture(program)
    except NotElfError:
        return ""


def is_kept(path: str) -> bool:
    """Return whether a path of the archive, relative to its folder ``python/``, is kept."""
    top, *rest = path.split("/")
    if top == "bin":
        return len(rest) == 1 and bool(_PROGRAM.fullmatch(rest[0]))
    if top != "lib" or not rest or rest[0].startswith(_LEFT_OUT_LIBRARIES):
        return False
    return not any(part in _LEFT_OUT or part.startswith(_LEFT_OUT_PREFIXES) for part in rest[1:])
