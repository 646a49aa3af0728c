"""The documents name what is in the layer, and are the same for the same layer."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest

from python_runtime import sbom

if TYPE_CHECKING:
    from pathlib import Path

    from python_runtime.catalogue import Catalogue

WHEEL = b"not really a wheel"


@pytest.fixture
def parts(catalogue: Catalogue, tmp_path: Path) -> tuple[sbom.Part, ...]:
    bundled = tmp_path / "lib" / "python3.14" / "ensurepip" / "_bundled"
    bundled.mkdir(parents=True)
    (bundled / "pip-26.1.2-py3-none-any.whl").write_bytes(WHEEL)
    newest = next(runtime for runtime in catalogue.runtimes if runtime.version == "3.14.2")
    return sbom.parts(newest, tmp_path, "https://first.example/releases")


def test_cyclonedx_names_the_interpreter_and_the_wheel_of_ensurepip(parts: tuple[sbom.Part, ...]) -> None:
    document = json.loads(json.dumps(sbom.cyclonedx(parts)))

    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}", document["serialNumber"]
    )
    python, pip = document["components"]
    assert python["purl"] == python["bom-ref"] == "pkg:generic/python@3.14.2"
    assert python["cpe"] == "cpe:2.3:a:python:python:3.14.2:*:*:*:*:*:*:*"
    assert python["licenses"] == [{"license": {"id": "PSF-2.0"}}]
    assert python["hashes"] == [{"alg": "SHA-256", "content": parts[0].sha256}]
    assert python["externalReferences"][0]["url"].startswith(
        "https://first.example/releases/20250101/cpython-3.14.2"
    )
    assert pip["purl"] == "pkg:pypi/pip@26.1.2"
    assert pip["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(WHEEL).hexdigest()}]


def test_spdx_describes_the_same(parts: tuple[sbom.Part, ...]) -> None:
    document = json.loads(json.dumps(sbom.spdx(parts, {})))

    assert document["spdxVersion"] == "SPDX-2.3"
    assert [package["name"] for package in document["packages"]] == ["python", "pip"]
    identifiers = [package["SPDXID"] for package in document["packages"]]
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", identifier) for identifier in identifiers)
    assert [relation["relatedSpdxElement"] for relation in document["relationships"]] == identifiers
    assert document["packages"][0]["checksums"] == [{"algorithm": "SHA256", "checksumValue": parts[0].sha256}]


@pytest.mark.parametrize(
    ("environment", "created"),
    [
        ({}, "1980-01-01T00:00:01Z"),
        ({"SOURCE_DATE_EPOCH": "1700000000"}, "2023-11-14T22:13:20Z"),
        ({"SOURCE_DATE_EPOCH": "soon"}, "1980-01-01T00:00:01Z"),
    ],
)
def test_the_time_is_not_that_of_the_build(
    environment: dict[str, str], created: str, parts: tuple[sbom.Part, ...]
) -> None:
    assert sbom.spdx(parts, environment)["creationInfo"] == {
        "created": created,
        "creators": ["Tool: strata/python-runtime"],
    }


def test_without_a_base_no_place_is_claimed(catalogue: Catalogue, tmp_path: Path) -> None:
    (part,) = sbom.parts(catalogue.runtimes[0], tmp_path, "")
    document = json.loads(json.dumps(sbom.spdx((part,), {})))

    assert document["packages"][0]["downloadLocation"] == "NOASSERTION"
    assert "externalReferences" not in json.dumps(sbom.cyclonedx((part,)))


def test_another_archive_is_another_document(
    parts: tuple[sbom.Part, ...], catalogue: Catalogue, tmp_path: Path
) -> None:
    other = sbom.parts(catalogue.runtimes[0], tmp_path / "none", "")

    assert sbom.cyclonedx(parts)["serialNumber"] != sbom.cyclonedx(other)["serialNumber"]
