"""Holds SBOMs against CycloneDX's published schema and SPDX's own validator; neither needs a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

if TYPE_CHECKING:
    from collections.abc import Mapping


def assert_valid_sbom(sbom: Path | Mapping[str, object]) -> dict[str, Any]:
    """Assert that a file or document of CycloneDX or SPDX 2 is valid, and return it as JSON has it."""
    text = sbom.read_text("utf-8") if isinstance(sbom, Path) else json.dumps(sbom)
    document: dict[str, Any] = json.loads(text)
    faults = _cyclonedx_faults(text, document) if "bomFormat" in document else _spdx_faults(document)
    assert not faults, "\n".join(faults)
    return document


def _cyclonedx_faults(text: str, document: dict[str, Any]) -> list[str]:
    """Return what the strict schema, which knows all properties and licences, has against the document."""
    # Two seconds: it compiles grammars for every kind of address. Whoever only collects tests need not wait.
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validator = JsonStrictValidator(SchemaVersion.from_version(str(document.get("specVersion"))))
    errors = validator.validate_str(text, all_errors=True) or ()
    return [str(error) for error in errors]


def _spdx_faults(document: dict[str, Any]) -> list[str]:
    """Return what does not parse, else what the specification forbids: references, identifiers, licences."""
    try:
        parsed = JsonLikeDictParser().parse(document)
    except SPDXParsingError as error:
        return list(error.get_messages())
    return [str(message.validation_message) for message in validate_full_spdx_document(parsed)]
