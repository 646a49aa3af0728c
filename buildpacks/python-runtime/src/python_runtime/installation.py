"""Filling the layer `python`: unpacked, pruned, adapted to its place."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from buildpack_api import elf
from buildpack_api.errors import DownloadError
from buildpack_common.files import remove
from python_runtime import build_details, libpython, prune, sysconfig_files
from python_runtime.settings import LIBPYTHON
from python_runtime.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import Runtime

_ADVICE = "Correct the catalogue of runtimes, or the archive."


def install(archive: IO[bytes], tree: Path, runtime: Runtime, keep: Collection[str]) -> int:
    """Fill ``tree``, which must not exist, and return the size of the archive's contents in bytes.

    Nothing in it is run, so it may be for another machine. Raises BuildpackError or OSError; then there is no
    ``tree``.
    """
    try:
        size = unpack(archive, tree, prune.wanted(runtime.line, keep))
        _finish(tree, runtime, keep)
    except BaseException:
        remove(tree)
        raise
    return size


def interpreter(tree: Path, runtime: Runtime) -> Path:
    """Return the path of the interpreter in a tree."""
    return tree / "bin" / f"python{runtime.line}"


def library(tree: Path, runtime: Runtime) -> Path:
    """Return the folder of the standard library in a tree."""
    return tree / "lib" / f"python{runtime.line}"


def _finish(tree: Path, runtime: Runtime, keep: Collection[str]) -> None:
    python = interpreter(tree, runtime)
    _check_contents(python, library(tree, runtime), runtime)
    _link_names(python)
    if LIBPYTHON not in keep:
        libpython.remove_if_unneeded(tree, runtime.line)
    prune.remove_dangling_links(tree)
    # Where all extension modules are linked into the interpreter nothing may be left in this folder, but an
    # interpreter that does not find it complains on stderr at every start.
    (library(tree, runtime) / "lib-dynload").mkdir(exist_ok=True)
    sysconfig_files.adapt(tree, runtime.line)
    build_details.adapt(tree, runtime.line, runtime.arch)


def _check_contents(python: Path, stdlib: Path, runtime: Runtime) -> None:
    if not python.is_file() or not stdlib.is_dir():
        whole_build = python.parents[1].joinpath("install", "bin").is_dir()
        raise DownloadError(
            f"The archive holds no Python {runtime.line}",
            detail=f"bin/{python.name} or lib/{python.name} is missing in the folder python/."
            + ("\nIt holds a whole build; what is needed is an install_only archive." if whole_build else ""),
            advice=_ADVICE,
        )
    try:
        arch = elf.architecture(python)
    except elf.NotElfError:
        return  # a script, or something that will not start
    if arch != runtime.arch:
        raise DownloadError(
            f"The archive of Python {runtime.version} for {runtime.arch} holds a program for {arch}",
            advice=_ADVICE,
        )


def _link_names(python: Path) -> None:
    for name in ("python", "python3"):
        link = python.with_name(name)
        if not link.exists():
            remove(link)
            link.symlink_to(python.name)
