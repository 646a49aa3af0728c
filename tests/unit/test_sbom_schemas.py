"""The validators that other tests rely on do refuse what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.sbom_schemas import assert_valid_sbom

if TYPE_CHECKING:
    from pathlib import Path

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "components": [{"type": "library", "name": "zlib", "licenses": [{"license": {"id": "Zlib"}}]}],
}
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "zlib",
    "documentNamespace": "urn:uuid:00000000-0000-8000-8000-000000000000",
    "creationInfo": {"created": "1980-01-01T00:00:01Z", "creators": ["Tool: test"]},
    "packages": [{"SPDXID": "SPDXRef-zlib", "name": "zlib", "downloadLocation": "NOASSERTION"}],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-zlib",
        }
    ],
}


@pytest.mark.parametrize("document", [CYCLONEDX, SPDX])
def test_valid_documents_pass_as_mapping_and_as_file(document: dict[str, object], tmp_path: Path) -> None:
    file = tmp_path / "sbom.json"
    file.write_text(json.dumps(document))
    assert assert_valid_sbom(document) == assert_valid_sbom(file) == document


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (CYCLONEDX | {"part": 1}, "'part' was unexpected"),
        (CYCLONEDX | {"components": [{"type": "thing", "name": "zlib"}]}, "'thing' is not one of"),
        (
            CYCLONEDX
            | {"components": [{"type": "library", "name": "z", "licenses": [{"license": {"id": "Free"}}]}]},
            "Free",
        ),
        (SPDX | {"packages": []}, "SPDXRef-zlib"),
        (SPDX | {"dataLicense": "MIT"}, "CC0-1.0"),
        (SPDX | {"creationInfo": {"created": "today", "creators": ["Tool: test"]}}, "today"),
    ],
)
def test_faults_are_found_and_named(document: dict[str, object], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        assert_valid_sbom(document)
