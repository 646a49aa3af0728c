from __future__ import annotations

import json

import pytest

from buildpack_release.attestation.builder_identity import BuilderIdentity
from buildpack_release.attestation.provenance import PREDICATE, STATEMENT, Origin, Statement, write_provenance
from buildpack_release.attestation.revision import Revision
from buildpack_release.dist.manifest import DistPackage, PackagedDocument, PackagedImage

PACKAGE = DistPackage(
    "acme/one", "1.0.0", "", "sha256:i", {"3.12": "3.12.1"}, "acme_one-1.0.0.oci", f"sha256:{'a' * 64}",
    (PackagedImage("linux/amd64", "sha256:m", "x.cnb", f"sha256:{'b' * 64}", 3, ()),),
    PackagedDocument("x.cdx.json", "sha256:s", 3),
)  # fmt: skip


def test_what_is_written_is_read_again() -> None:
    written = write_provenance(PACKAGE, Origin(BuilderIdentity("urn:x"), Revision("c" * 40)))
    found = Statement.parse(written)
    assert found is not None
    assert found.digests == {f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"}
    assert found.revision == "c" * 40
    assert found.is_about(PACKAGE)


def test_who_ran_it_is_told_if_it_is_known() -> None:
    run = json.loads(
        write_provenance(PACKAGE, Origin(BuilderIdentity("urn:x", "urn:run"), Revision(reason="why")))
    )
    assert run["predicate"]["runDetails"] == {
        "builder": {"id": "urn:x"},
        "metadata": {"invocationId": "urn:run"},
    }
    assert run["predicate"]["buildDefinition"]["internalParameters"]["noRevision"] == "why"
    assert Statement.parse(json.dumps(run).encode()) is not None


def statement(**changes: object) -> bytes:
    """A statement with other members, or without those that are None."""
    members: dict[str, object] = {"_type": STATEMENT, "predicateType": PREDICATE, "subject": [3]}
    members |= changes
    return json.dumps({key: value for key, value in members.items() if value is not None}).encode()


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", statement(predicateType="https://example.org/scan"), statement(subject=None)]
)
def test_anything_else_is_no_provenance(data: bytes) -> None:
    assert Statement.parse(data) is None


@pytest.mark.parametrize(
    "odd", [3, [], {"buildDefinition": 3}, {"buildDefinition": {"resolvedDependencies": [3]}}]
)
def test_odd_statements_name_no_commit(odd: object) -> None:
    """They come from registries, so anything may be in them."""
    found = Statement.parse(statement(predicate=odd))
    assert found is not None
    assert (found.revision, found.digests) == ("", frozenset())
