"""The software bill of materials of the layer: the interpreter, and the wheels that ensurepip carries.

Equal layers give equal documents: no time of the build and no random numbers are in them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from python_runtime.catalogue import Runtime

_CREATOR = "strata/python-runtime"
_NO_TIME = 315532801  # 1980-01-01T00:00:01Z, the time of every file in a layer


@dataclass(frozen=True)
class Part:
    """One thing in the layer. ``sha256`` is that of the file it came in."""

    name: str
    version: str
    purl: str
    licence: str
    sha256: str
    cpe: str = ""
    url: str = ""


def parts(runtime: Runtime, tree: Path, base: str) -> tuple[Part, ...]:
    """Return what is in the layer; ``base`` is where the archive was published ('' if that is not known)."""
    interpreter = Part(
        name="python",
        version=runtime.version,
        purl=f"pkg:generic/python@{runtime.version}",
        licence="PSF-2.0",
        sha256=runtime.sha256,
        cpe=f"cpe:2.3:a:python:python:{runtime.version}:*:*:*:*:*:*:*",
        url=f"{base}/{runtime.path}" if base else "",
    )
    return interpreter, *_bundled_wheels(tree / "lib" / f"python{runtime.line}" / "ensurepip" / "_bundled")


def cyclonedx(found: tuple[Part, ...]) -> dict[str, object]:
    """Return a CycloneDX 1.5 document."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{_uuid(found)}",
        "version": 1,
        "metadata": {"tools": {"components": [{"type": "application", "name": _CREATOR}]}},
        "components": [_component(part) for part in found],
    }


def spdx(found: tuple[Part, ...], environment: Mapping[str, str]) -> dict[str, object]:
    """Return an SPDX 2.3 document. It must have a creation time: SOURCE_DATE_EPOCH, or else a fixed one."""
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"python-{found[0].version}",
        "documentNamespace": f"urn:uuid:{_uuid(found)}",
        "creationInfo": {"created": _created(environment), "creators": [f"Tool: {_CREATOR}"]},
        "packages": [_package(part) for part in found],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": _spdx_id(part),
            }
            for part in found
        ],
    }


def _bundled_wheels(directory: Path) -> Iterator[Part]:
    for wheel in sorted(directory.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
        yield Part(name, version, f"pkg:pypi/{name}@{version}", "MIT", sha256)


def _component(part: Part) -> dict[str, object]:
    component: dict[str, object] = {
        "type": "application" if part.cpe else "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "hashes": [{"alg": "SHA-256", "content": part.sha256}],
        "licenses": [{"license": {"id": part.licence}}],
    }
    if part.cpe:
        component["cpe"] = part.cpe
    if part.url:
        component["externalReferences"] = [{"type": "distribution", "url": part.url}]
    return component


def _package(part: Part) -> dict[str, object]:
    references = [_reference("PACKAGE-MANAGER", "purl", part.purl)]
    if part.cpe:
        references.append(_reference("SECURITY", "cpe23Type", part.cpe))
    return {
        "SPDXID": _spdx_id(part),
        "name": part.name,
        "versionInfo": part.version,
        "downloadLocation": part.url or "NOASSERTION",
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": part.sha256}],
        "licenseConcluded": part.licence,
        "licenseDeclared": part.licence,
        "copyrightText": "NOASSERTION",
        "externalRefs": references,
    }


def _reference(category: str, kind: str, locator: str) -> dict[str, str]:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


def _spdx_id(part: Part) -> str:
    return f"SPDXRef-Package-{part.name.replace('_', '-')}-{part.version}"


def _uuid(found: tuple[Part, ...]) -> str:
    """Return a UUID (RFC 9562, version 8) that depends on the contents alone."""
    digits = hashlib.sha256("\n".join(f"{part.purl} {part.sha256}" for part in found).encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _created(environment: Mapping[str, str]) -> str:
    text = environment.get("SOURCE_DATE_EPOCH", "")
    seconds = int(text) if text.isdigit() else _NO_TIME
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
