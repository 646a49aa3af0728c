"""The software bill of materials of the layer: interpreter, libraries in it, wheels of ensurepip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_common.files import file_sha256
from buildpack_common.sbom_documents import Bom, Component
from python_runtime import libraries
from python_runtime.python_layer import tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import Runtime

_CREATOR = "strata/python-runtime"


def bom_of(runtime: Runtime, layer: Path, base: str) -> Bom:
    """Return what is in the layer; ``base`` is where the archive was published ('' if that is not known)."""
    bundled = libraries.components(layer)
    interpreter = Component(
        name="python",
        version=runtime.version,
        purl=f"pkg:generic/python@{runtime.version}",
        kind="application",
        licence="PSF-2.0",
        digest=f"sha256:{runtime.sha256}",
        cpe=f"cpe:2.3:a:python:python:{runtime.version}:*:*:*:*:*:*:*",
        url=f"{base}/{runtime.path}" if base else "",
        requires=tuple(library.purl for library in bundled),
    )
    wheels = _bundled_wheels(tree_of(layer) / "lib" / f"python{runtime.line}" / "ensurepip" / "_bundled")
    return Bom(
        name=f"python-{runtime.version}",
        creator=_CREATOR,
        components=(interpreter, *bundled, *wheels),
        direct=(interpreter.purl,),
    )


def _bundled_wheels(directory: Path) -> Iterator[Component]:
    for wheel in sorted(directory.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        yield Component(
            name=name,
            version=version,
            purl=f"pkg:pypi/{name}@{version}",
            licence="MIT",
            digest=f"sha256:{file_sha256(wheel)}",
        )
