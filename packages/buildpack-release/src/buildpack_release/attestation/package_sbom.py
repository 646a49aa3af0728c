"""The software bill of materials of a package (CycloneDX 1.5, JSON).

Equal content gives equal documents: no time and no random number is in them. The buildpack itself is what
the document is about (`metadata.component`); its components are what others made, or for a composite the
buildpacks in it, each with a link (BOM-Link) to its own document.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_common.names import pypi_purl
from buildpack_common.parsing import parse_json
from buildpack_common.sbom_documents import cyclonedx_document, cyclonedx_hashes, cyclonedx_licences
from oci_registry.content import canonical_json, sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_release.attestation.distributions import CarriedPython, CarriedTool, VendoredDistribution
    from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor

MEDIA_TYPE = "application/vnd.cyclonedx+json"
SUFFIX = ".cdx.json"
_TOOL = "buildpack-release"


@dataclass(frozen=True)
class Part:
    """A buildpack in a composite: its id and version, and the serial number and digest of its document."""

    id: str
    version: str
    serial: str
    digest: str


def write_sbom(
    descriptor: BuildpackDescriptor,
    *,
    variant: str = "",
    source: str = "",
    distributions: Sequence[VendoredDistribution] = (),
    pythons: Sequence[CarriedPython] = (),
    tools: Sequence[CarriedTool] = (),
    parts: Sequence[Part] = (),
) -> bytes:
    """Return the document of a package.

    Args:
        descriptor: the buildpack.
        variant: "" for the ordinary package.
        source: where the repository is on the web, if that is known.
        distributions: the wheels in it.
        pythons: the archives of Python in it, or that something in it is from.
        tools: the wheels of tools in it, each for one target.
        parts: for a composite what it contains.
    """
    about = _about(descriptor, variant, source)
    components = [
        *map(_library, distributions),
        *map(_python, pythons),
        *map(_tool, tools),
        *map(_part, sorted(parts, key=lambda one: one.id)),
    ]
    document = cyclonedx_document(
        about,
        tool=_TOOL,
        components=components,
        dependencies=[
            {"ref": about["bom-ref"], "dependsOn": [one["bom-ref"] for one in components]},
            *({"ref": one["bom-ref"]} for one in components),
        ],
    )
    serial = uuid.uuid5(uuid.NAMESPACE_URL, sha256(canonical_json(document)))
    document["serialNumber"] = f"urn:uuid:{serial}"
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def read_part(document: bytes, *, id: str, version: str) -> Part:  # noqa: A002  a buildpack's id
    """Return the reference to a part's document. Raises ValueError, KeyError, TypeError if it is none."""
    return Part(id, version, str(parse_json(document)["serialNumber"]), sha256(document))


def _about(descriptor: BuildpackDescriptor, variant: str, source: str) -> dict[str, Any]:
    expression = " AND ".join(one.type for one in descriptor.licenses if one.type)
    links = [("vcs", source), ("website", descriptor.homepage)]
    return _present(
        {
            "bom-ref": str(descriptor),
            "type": "application",
            "name": descriptor.id,
            "version": descriptor.version,
            "description": descriptor.description,
            "licenses": cyclonedx_licences(expression),
            "externalReferences": [{"type": kind, "url": url} for kind, url in links if url],
            "properties": [{"name": "strata:variant", "value": variant}] if variant else [],
        }
    )


def _library(one: VendoredDistribution) -> dict[str, Any]:
    return _present(
        {
            "bom-ref": one.purl,
            "type": "library",
            "name": one.name,
            "version": one.version,
            "purl": one.purl,
            "licenses": cyclonedx_licences(one.licence.expression, one.licence.words),
            "hashes": cyclonedx_hashes(f"sha256:{one.sha256}"),
            "components": [
                {
                    "bom-ref": f"{one.purl}#{file.path}",
                    "type": "file",
                    "name": file.path,
                    "hashes": cyclonedx_hashes(f"sha256:{file.sha256}"),
                }
                for file in one.files
            ],
        }
    )


def _python(one: CarriedPython) -> dict[str, Any]:
    purl = f"pkg:generic/python@{one.version}" if one.version else ""
    return _present(
        {
            "bom-ref": f"{purl or 'python'} {one.role} for {one.target}",
            "type": "platform",
            "name": "python",
            "version": one.version,
            "purl": purl,
            "hashes": cyclonedx_hashes(f"sha256:{one.sha256}"),
            "properties": [
                {"name": "strata:role", "value": one.role},
                {"name": "strata:target", "value": one.target},
            ],
        }
    )


def _tool(one: CarriedTool) -> dict[str, Any]:
    purl = pypi_purl(one.name, one.version)
    return {
        # One release may be there as several wheels, for several Pythons.
        "bom-ref": f"{purl} for {one.target} ({one.sha256[:12]})",
        "type": "library",
        "name": one.name,
        "version": one.version,
        "purl": purl,
        "hashes": cyclonedx_hashes(f"sha256:{one.sha256}"),
        "properties": [
            {"name": "strata:role", "value": "tool"},
            {"name": "strata:target", "value": one.target},
        ],
    }


def _part(part: Part) -> dict[str, Any]:
    link = f"urn:cdx:{part.serial.removeprefix('urn:uuid:')}/1"
    hashes = cyclonedx_hashes(part.digest)
    return {
        "bom-ref": f"{part.id}@{part.version}",
        "type": "application",
        "name": part.id,
        "version": part.version,
        "externalReferences": [{"type": "bom", "url": link, "hashes": hashes}],
    }


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}
