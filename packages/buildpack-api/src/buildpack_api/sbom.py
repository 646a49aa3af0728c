"""SBOM files of layers (Buildpack API 0.10, 'Software-Bill-of-Materials')."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from buildpack_common.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


class SbomFormat(Enum):
    """The formats of the specification: the value is the media type to declare in buildpack.toml."""

    CYCLONEDX = "application/vnd.cyclonedx+json"
    SPDX = "application/spdx+json"
    SYFT = "application/vnd.syft+json"

    @property
    def extension(self) -> str:
        """The end of the file name, without a leading dot."""
        return {"CYCLONEDX": "cdx.json", "SPDX": "spdx.json", "SYFT": "syft.json"}[self.name]


def sbom_paths(layers: Path, stem: str) -> tuple[Path, ...]:
    """Return all places where an SBOM of the layer ``stem`` may lie."""
    return tuple(sbom_path(layers, stem, sbom) for sbom in SbomFormat)


def sbom_path(layers: Path, stem: str, sbom: SbomFormat) -> Path:
    """Return the place of one SBOM."""
    return layers / f"{stem}.sbom.{sbom.extension}"


def write_sbom(
    layers: Path,
    stem: str,
    sbom: SbomFormat,
    document: Mapping[str, object] | str,
    declared: Collection[str] | None,
) -> None:
    """Write ``<stem>.sbom.<ext>`` atomically; ``stem`` is a layer's name, or ``build`` or ``launch``.

    Raises ValueError if the media type is not among those ``declared`` in buildpack.toml (None: do not
    check), since the lifecycle ends the build with an error for that.
    """
    if declared is not None and sbom.value not in declared:
        raise ValueError(f"{sbom.value} is not in 'sbom-formats' of buildpack.toml")
    import json  # few buildpacks write an SBOM

    text = document if isinstance(document, str) else json.dumps(document, indent=2, sort_keys=True) + "\n"
    write_atomically(sbom_path(layers, stem, sbom), text.encode("utf-8"))
