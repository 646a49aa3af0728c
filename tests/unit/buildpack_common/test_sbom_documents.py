"""The documents are valid, complete, and the same for the same contents."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from buildpack_common.sbom_documents import Bom, Component, cyclonedx, spdx
from support.sbom_schemas import assert_valid_sbom

A = "pkg:pypi/a@1.0"
B = "pkg:pypi/b@2.0%2Blocal"
BILL = Bom(
    name="virtual environment",
    creator="strata/app-venv",
    direct=(A,),
    components=(
        Component(
            name="a",
            version="1.0",
            purl=A,
            licence="MIT",
            digest="sha256:" + "0" * 64,
            url="https://first.example/a-1.0.tar.gz",
            requires=(B,),
            properties=(("strata:requirement", "direct"),),
        ),
        Component(name="b", version="2.0+local", purl=B, licence="MIT OR Apache-2.0"),
        Component(name="c_d", version="1!3", purl="pkg:pypi/c-d@1%213", licence_text="BSD, or so"),
        Component(
            name="e",
            version="4",
            purl="pkg:generic/e@4",
            kind="application",
            licence="LicenseRef-Proprietary",
            digest="sha512:" + "1" * 128,
            cpe="cpe:2.3:a:e:e:4:*:*:*:*:*:*:*",
        ),
    ),
)


def by_name(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["name"]: item for item in items}


def test_cyclonedx_has_components_and_graph() -> None:
    document = assert_valid_sbom(cyclonedx(BILL))
    found = by_name(document["components"])
    assert list(found) == ["a", "b", "c_d", "e"]
    assert found["a"]["hashes"] == [{"alg": "SHA-256", "content": "0" * 64}]
    assert found["a"]["properties"] == [{"name": "strata:requirement", "value": "direct"}]
    assert found["a"]["externalReferences"][0]["url"] == "https://first.example/a-1.0.tar.gz"
    assert found["e"]["hashes"][0]["alg"] == "SHA-512"
    assert found["e"]["type"] == "application"
    graph = {item["ref"]: item["dependsOn"] for item in document["dependencies"]}
    assert graph[document["metadata"]["component"]["bom-ref"]] == [A]
    assert (graph[A], graph[B]) == ([B], [])


def test_spdx_says_the_same() -> None:
    document = assert_valid_sbom(spdx(BILL, {}))
    found = by_name(document["packages"])
    assert list(found) == ["virtual environment", "a", "b", "c_d", "e"]
    assert found["a"]["checksums"] == [{"algorithm": "SHA256", "checksumValue": "0" * 64}]
    relations = {
        (one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"])
        for one in document["relationships"]
    }
    a, b = found["a"]["SPDXID"], found["b"]["SPDXID"]
    root = found["virtual environment"]["SPDXID"]
    assert {(root, "DEPENDS_ON", a), (a, "DEPENDS_ON", b), (root, "CONTAINS", b)} <= relations
    assert (root, "DEPENDS_ON", b) not in relations


@pytest.mark.parametrize(
    ("name", "licences", "declared"),
    [
        ("a", [{"license": {"id": "MIT"}}], "MIT"),
        ("b", [{"expression": "MIT OR Apache-2.0"}], "MIT OR Apache-2.0"),
        ("c_d", [{"license": {"name": "BSD, or so"}}], "NOASSERTION"),
        ("e", [{"expression": "LicenseRef-Proprietary"}], "LicenseRef-Proprietary"),
    ],
)
def test_each_kind_of_licence_has_its_place(name: str, licences: list[object], declared: str) -> None:
    assert by_name(assert_valid_sbom(cyclonedx(BILL))["components"])[name]["licenses"] == licences
    document = json.loads(json.dumps(spdx(BILL, {})))
    assert by_name(document["packages"])[name]["licenseDeclared"] == declared


@pytest.mark.parametrize(
    ("epoch", "created"),
    [
        (None, "1980-01-01T00:00:01Z"),
        ("1700000000", "2023-11-14T22:13:20Z"),
        ("soon", "1980-01-01T00:00:01Z"),
        ("9" * 30, "1980-01-01T00:00:01Z"),
    ],
)
def test_the_time_is_not_that_of_the_build(epoch: str | None, created: str) -> None:
    document: Any = spdx(BILL, {} if epoch is None else {"SOURCE_DATE_EPOCH": epoch})
    assert document["creationInfo"]["created"] == created


def test_other_contents_are_another_document() -> None:
    other = dataclasses.replace(BILL, components=BILL.components[:3])
    assert cyclonedx(BILL) == cyclonedx(BILL)
    assert cyclonedx(BILL)["serialNumber"] != cyclonedx(other)["serialNumber"]
    assert spdx(BILL, {})["documentNamespace"] != spdx(other, {})["documentNamespace"]


def test_an_empty_layer_has_a_document_as_well() -> None:
    empty = Bom(name="virtual environment", creator="strata/app-venv", components=())
    assert assert_valid_sbom(cyclonedx(empty))["components"] == []
    assert_valid_sbom(spdx(empty, {}))


def test_a_version_that_nobody_knows_is_left_out() -> None:
    bom = Bom(
        name="python",
        creator="strata/python-runtime",
        components=(
            Component(name="libffi", version="", purl="pkg:generic/libffi", licence="MIT"),
            Component(
                name="libuuid",
                version="2.41",
                purl="pkg:generic/libuuid@2.41",
                requires=("pkg:generic/libffi",),
            ),
        ),
        direct=("pkg:generic/libuuid@2.41",),
    )

    unknown, known = assert_valid_sbom(cyclonedx(bom))["components"]
    assert ("version" in unknown, known["version"]) == (False, "2.41")
    _, unknown, known = assert_valid_sbom(spdx(bom, {}))["packages"]
    assert ("versionInfo" in unknown, known["versionInfo"]) == (False, "2.41")
    assert unknown["SPDXID"] == "SPDXRef-Package-libffi"
