"""The layer `python`: its key, and what it adds to the environment.

The tree lies one level below the layer, in `cpython/`: the lifecycle would put a `lib/` at the layer's root
on LD_LIBRARY_PATH, for every program of the build and run image, and these must not load a library of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_api.layer_env import EnvChange, Scope, default, override, prepend
from buildpack_api.layers import LayerKey, outcome
from python_runtime import settings

if TYPE_CHECKING:
    from pathlib import Path

NAME = "python"
RECIPE = "3"
"""Raise it when the contents change for equal inputs. A text: metadata's numbers come back as floats."""

# 1980-01-01T00:00:01Z, the time the lifecycle gives to files. With it pip and others write byte code that is
# checked by hash, not by a time that changes when the layer is exported. Zero is not possible: zip files
# begin with 1980.
_SOURCE_DATE_EPOCH = "315532801"


@dataclass(frozen=True)
class PythonKey(LayerKey):
    """All inputs of the layer.

    The distribution is none of them: the archive needs nothing but a glibc that is older than any supported
    image's. The location is one, since sysconfig's data name it. ``bytecode`` is off if this machine cannot
    run the runtime.

    ``size`` is what came out, in words: measuring it again would walk through thousands of files.
    ``constraints`` are what this build was asked for (`PythonRequest.constraint`): whoever exchanges the
    layer without a build has to keep to them.
    """

    version: str = field(metadata={"label": "Python"})
    sha256: str = field(metadata={"label": "archive"})
    os: str = field(metadata={"label": "operating system"})
    arch: str = field(metadata={"label": "architecture"})
    keep: tuple[str, ...] = field(metadata={"label": settings.KEEP.name})
    bytecode: bool = field(metadata={"label": "bytecode"})
    location: str = field(metadata={"label": "location"})
    recipe: str = field(default=RECIPE, metadata={"label": "recipe of this buildpack"})
    size: tuple[str, ...] = outcome()
    constraints: tuple[str, ...] = outcome()


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
    if settings.LIBPYTHON in keep:
        # Programs that embed Python (uWSGI, mod_wsgi) are linked to libpython and carry no path to it. Nobody
        # else needs this: the interpreter finds its own libraries.
        changes.append(prepend("LD_LIBRARY_PATH", str(tree / "lib")))
    return tuple(changes)
