"""The layer `python`: its key, how it is made, and what it adds to the environment.

The tree lies one level below the layer, in `cpython/`: the lifecycle would put a `lib/` at the layer's root
on LD_LIBRARY_PATH, for every program of the build and run image, and these must not load a library of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.bytecode import compile_tree
from buildpack_api.errors import CommandFailed, DownloadError, PlatformError
from buildpack_api.files import remove
from buildpack_api.interpreter import isolated_environment
from buildpack_api.layer_env import EnvChange, Scope, default, override, prepend
from buildpack_api.layers import LayerKey
from python_runtime import libraries, prune, sysconfig_files
from python_runtime.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from python_runtime.catalogue import Runtime

NAME = "python"
RECIPE = "2"
"""Raise it when the contents change for equal inputs. A text: metadata's numbers come back as floats."""

# 1980-01-01T00:00:01Z, the time the lifecycle gives to files. With it pip and others write byte code that is
# checked by hash, not by a time that changes when the layer is exported. Zero is not possible: zip files
# begin with 1980.
_SOURCE_DATE_EPOCH = "315532801"
_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


@dataclass(frozen=True)
class PythonKey(LayerKey):
    """All inputs of the layer.

    The distribution is none of them: the archive needs nothing but a glibc that is older than any supported
    image's. The location is one, since sysconfig's data name it. ``bytecode`` is off if this machine cannot
    run the runtime.
    """

    version: str = field(metadata={"label": "Python"})
    sha256: str = field(metadata={"label": "archive"})
    os: str = field(metadata={"label": "operating system"})
    arch: str = field(metadata={"label": "architecture"})
    keep: tuple[str, ...] = field(metadata={"label": prune.VARIABLE})
    bytecode: bool = field(metadata={"label": "byte code"})
    location: str = field(metadata={"label": "location"})
    recipe: str = field(default=RECIPE, metadata={"label": "recipe of this buildpack"})


def tree_of(layer: Path) -> Path:
    """Return the root of CPython in the layer."""
    return layer / "cpython"


def environment(layer: Path, line: str, keep: tuple[str, ...]) -> tuple[EnvChange, ...]:
    """Return what the layer changes: at build and launch no more than PATH and PYTHONUNBUFFERED."""
    tree = tree_of(layer)
    changes = [
        prepend("PATH", str(tree / "bin")),
        override("PYTHONUNBUFFERED", "1"),
        default("SOURCE_DATE_EPOCH", _SOURCE_DATE_EPOCH, scope=Scope.BUILD),
        prepend("CPATH", str(tree / "include" / f"python{line}"), scope=Scope.BUILD),
        prepend("PKG_CONFIG_PATH", str(tree / "lib" / "pkgconfig"), scope=Scope.BUILD),
    ]
    if prune.LIBPYTHON in keep:
        # Programs that embed Python (uWSGI, mod_wsgi) are linked to libpython and carry no path to it. Nobody
        # else needs this: the interpreter finds its own libraries.
        changes.append(prepend("LD_LIBRARY_PATH", str(tree / "lib")))
    return tuple(changes)


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
        prune.remove_second_libpython(tree, runtime.line)
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
