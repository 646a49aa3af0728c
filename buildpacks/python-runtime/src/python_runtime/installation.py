"""Filling the layer `python`: unpacked, pruned, adapted to its place, compiled."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.bytecode import compile_tree
from buildpack_api.errors import CommandFailed, DownloadError, PlatformError
from buildpack_api.files import remove
from buildpack_api.interpreter import isolated_environment
from python_runtime import libpython, libraries, prune, sysconfig_files
from python_runtime.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from python_runtime.catalogue import Runtime
    from python_runtime.python_layer import PythonKey

_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


def install(archive: IO[bytes], tree: Path, runtime: Runtime, key: PythonKey, env: Mapping[str, str]) -> int:
    """Fill ``tree``, which must not exist, and return the size of the archive's contents in bytes.

    Beside it goes what the runtime says of the libraries in it, if this machine can run it.

    Raises BuildpackError or OSError; then ``tree`` does not exist.
    """
    try:
        size = unpack(archive, tree, prune.wanted(runtime.line, key.keep))
        _finish(tree, runtime, key, isolated_environment(env))
    except BaseException:
        remove(tree)
        raise
    return size


def _finish(tree: Path, runtime: Runtime, key: PythonKey, env: Mapping[str, str]) -> None:
    python = tree / "bin" / f"python{runtime.line}"
    if not python.is_file() or not (tree / "lib" / python.name).is_dir():
        raise DownloadError(
            f"The archive holds no Python {runtime.line}",
            detail=f"bin/{python.name} or lib/{python.name} is missing in the folder python/.",
            advice="Correct the catalogue of runtimes, or the archive.",
        )
    _link_names(python)
    if prune.LIBPYTHON not in key.keep:
        libpython.remove_if_unneeded(tree, runtime.line)
    prune.remove_dangling_links(tree)
    # Where all extension modules are linked into the interpreter nothing may be left in this folder, but an
    # interpreter that does not find it complains on stderr at every start.
    (tree / "lib" / python.name / "lib-dynload").mkdir(exist_ok=True)
    sysconfig_files.adapt(tree, runtime.line)
    if key.bytecode:
        _check_version(python, runtime, env)
        libraries.record(python, tree.parent, env)
        compile_tree(python, tree / "lib" / python.name, env=env)


def _link_names(python: Path) -> None:
    for name in ("python", "python3"):
        link = python.with_name(name)
        if not link.exists():
            remove(link)
            link.symlink_to(python.name)


def _check_version(python: Path, runtime: Runtime, env: Mapping[str, str]) -> None:
    try:
        found = commands.capture([python, "-I", "-S", "-B", "-c", _VERSION], env=env).strip()
    except CommandFailed as error:
        raise PlatformError(
            f"Python {runtime.version} does not run on this build image",
            detail=error.title,
            advice="The archives need Linux with glibc 2.17 or newer. Use another build image.",
        ) from error
    if found != runtime.version:
        raise DownloadError(
            f"The archive of Python {runtime.version} holds Python {found}",
            advice="Correct the catalogue of runtimes.",
        )
