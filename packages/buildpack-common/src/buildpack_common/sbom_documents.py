"""Software bills of materials as documents: CycloneDX 1.5 and SPDX 2.3.

Equal contents give equal documents, byte for byte: no time of the build and no random numbers are in them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NO_TIME = 315532801  # 1980-01-01T00:00:01Z, the time of every file in a layer
_PLAIN_LICENCE = re.compile(r"(?!LicenseRef-|DocumentRef-)[A-Za-z0-9.-]+")
_OWN_LICENCE = re.compile(r"(?<!:)\bLicenseRef-[A-Za-z0-9.-]+")
_CYCLONEDX = "1.5"
_ROOT = "environment"
_DOCUMENT = "SPDXRef-DOCUMENT"


@dataclass(frozen=True, kw_only=True)
class Component:
    """One thing in the layer.

    ``purl`` is its identity. ``licence`` is an SPDX expression; what is none goes into ``licence_text``.
    ``version`` is empty if nobody knows it.
    ``digest`` is ``sha256:...`` of the file it came in (also sha384, sha512), ``url`` that file's address.
    ``requires`` are the purls of other components.
    """

    name: str
    version: str
    purl: str
    kind: str = "library"
    licence: str = ""
    licence_text: str = ""
    digest: str = ""
    cpe: str = ""
    url: str = ""
    requires: tuple[str, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Bom:
    """The components of a layer; ``direct`` are the purls of those that were asked for by name.

    ``name`` is what they make up together, ``creator`` the id of the buildpack.
    """

    name: str
    creator: str
    components: tuple[Component, ...]
    direct: tuple[str, ...] = ()


def cyclonedx(bom: Bom) -> dict[str, object]:
    """Return a CycloneDX 1.5 document with the graph of dependencies."""
    graph = {_ROOT: bom.direct} | {one.purl: one.requires for one in bom.components}
    return cyclonedx_document(
        {"type": "application", "bom-ref": _ROOT, "name": bom.name},
        tool=bom.creator,
        components=[_component(one) for one in bom.components],
        dependencies=[{"ref": ref, "dependsOn": sorted(needs)} for ref, needs in graph.items()],
        serial=f"urn:uuid:{_uuid(bom)}",
    )


def cyclonedx_document(
    about: Mapping[str, object],
    *,
    tool: str,
    components: Sequence[Mapping[str, object]],
    dependencies: Sequence[Mapping[str, object]],
    serial: str = "",
) -> dict[str, object]:
    """Return a CycloneDX 1.5 document about a component; one without a serial number is to get its own."""
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{_CYCLONEDX}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": _CYCLONEDX,
        **({"serialNumber": serial} if serial else {}),
        "version": 1,
        "metadata": {"component": about, "tools": {"components": [{"type": "application", "name": tool}]}},
        "components": components,
        "dependencies": dependencies,
    }


def cyclonedx_hashes(digest: str) -> list[dict[str, object]]:
    """Return the ``hashes`` of a component: of a digest such as ``sha256:...``, or of none ('')."""
    algorithm, _, value = digest.partition(":")
    return [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": value}] if value else []


def cyclonedx_licences(expression: str, words: str = "") -> list[dict[str, object]]:
    """Return the ``licenses`` of a component: of an SPDX expression, or else of words."""
    if _PLAIN_LICENCE.fullmatch(expression):
        return [{"license": {"id": expression}}]
    if expression:
        return [{"expression": expression}]
    return [{"license": {"name": words}}] if words else []


def spdx(bom: Bom, environment: Mapping[str, str]) -> dict[str, object]:
    """Return an SPDX 2.3 document. It must have a creation time: SOURCE_DATE_EPOCH, or else a fixed one."""
    names = {one.purl: _spdx_id(one) for one in bom.components}
    relations = [(_DOCUMENT, "DESCRIBES", f"SPDXRef-{_ROOT}")]
    relations += [(f"SPDXRef-{_ROOT}", "CONTAINS", name) for name in names.values()]
    relations += [(f"SPDXRef-{_ROOT}", "DEPENDS_ON", names[purl]) for purl in sorted(bom.direct)]
    relations += [
        (names[one.purl], "DEPENDS_ON", names[purl])
        for one in bom.components
        for purl in sorted(one.requires)
    ]
    document: dict[str, object] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": _DOCUMENT,
        "name": bom.name,
        "documentNamespace": f"urn:uuid:{_uuid(bom)}",
        "creationInfo": {"created": _created(environment), "creators": [f"Tool: {bom.creator}"]},
        "packages": [_root(bom), *(_package(one) for one in bom.components)],
        "relationships": [
            {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right}
            for left, kind, right in relations
        ],
    }
    own = sorted({name for one in bom.components for name in _OWN_LICENCE.findall(one.licence)})
    if own:
        document["hasExtractedLicensingInfos"] = [
            {"licenseId": name, "extractedText": "See the files of the package."} for name in own
        ]
    return document


def _component(one: Component) -> dict[str, object]:
    component: dict[str, object] = {
        "type": one.kind,
        "bom-ref": one.purl,
        "name": one.name,
        "purl": one.purl,
    }
    optional: dict[str, object] = {
        "version": one.version,
        "cpe": one.cpe,
        "hashes": cyclonedx_hashes(one.digest),
        "licenses": cyclonedx_licences(one.licence, one.licence_text),
        "externalReferences": [{"type": "distribution", "url": one.url}] if one.url else [],
        "properties": [{"name": name, "value": value} for name, value in one.properties],
    }
    return component | {name: value for name, value in optional.items() if value}


def _root(bom: Bom) -> dict[str, object]:
    return {
        "SPDXID": f"SPDXRef-{_ROOT}",
        "name": bom.name,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
    }


def _package(one: Component) -> dict[str, object]:
    references = [_reference("PACKAGE-MANAGER", "purl", one.purl)]
    if one.cpe:
        references.append(_reference("SECURITY", "cpe23Type", one.cpe))
    package: dict[str, object] = {
        "SPDXID": _spdx_id(one),
        "name": one.name,
        "downloadLocation": one.url or "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": one.licence or "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": references,
    }
    if one.version:
        package["versionInfo"] = one.version
    algorithm, _, digest = one.digest.partition(":")
    if digest:
        package["checksums"] = [{"algorithm": algorithm.upper(), "checksumValue": digest}]
    if one.licence_text:
        package["licenseComments"] = f"The package says: {one.licence_text}"
    return package


def _reference(category: str, kind: str, locator: str) -> dict[str, str]:
    return {"referenceCategory": category, "referenceType": kind, "referenceLocator": locator}


def _spdx_id(one: Component) -> str:
    return "SPDXRef-Package-" + re.sub(
        r"[^A-Za-z0-9.]+", "-", "-".join(filter(None, (one.name, one.version)))
    )


def _uuid(bom: Bom) -> str:
    """Return a UUID (RFC 9562, version 8) that depends on the contents alone."""
    digits = hashlib.sha256(repr(bom).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _created(environment: Mapping[str, str]) -> str:
    text = environment.get("SOURCE_DATE_EPOCH", "")
    try:
        time = dt.datetime.fromtimestamp(int(text), dt.timezone.utc)
    except (ValueError, OverflowError, OSError):  # empty, no number, or no time that people have
        time = dt.datetime.fromtimestamp(_NO_TIME, dt.timezone.utc)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
