"""Descriptors and manifests."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.content import INDEX, MANIFEST, Descriptor, Manifest, canonical_json, sha256
from oci_registry.errors import ContentMismatchError
from oci_registry.testing.samples import image, index

DIGEST = sha256(b"x")


@given(st.integers(0, 2**40), st.dictionaries(st.sampled_from(["platform", "annotations"]), st.text()))
def test_a_descriptor_keeps_all_its_members(size: int, extra: dict[str, str]) -> None:
    written = {"mediaType": MANIFEST, "digest": DIGEST, "size": size, **extra}
    assert Descriptor.from_json(written).to_json() == written


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"size": 1},
        {"digest": DIGEST},
        {"digest": DIGEST, "size": -1},
        {"digest": DIGEST, "size": True},
        {"digest": "sha512:" + "0" * 128, "size": 1},
        {"digest": "sha256:../../etc/passwd", "size": 1},
    ],
)
def test_what_cannot_be_checked_is_no_descriptor(value: object) -> None:
    with pytest.raises(ContentMismatchError):
        Descriptor.from_json(value)


def test_parts_of_manifests() -> None:
    one = image(b"lower", b"upper")
    assert [layer.digest for layer in one.root.layers] == [sha256(b"lower"), sha256(b"upper")]
    assert {blob.digest for blob in one.root.blobs} == {blob.digest for blob in one.blobs}
    assert not one.root.is_index
    both = index([("amd64", one)])
    assert both.root.is_index
    assert [child.digest for child in both.root.manifests] == [one.root.digest]
    assert both.root.manifests[0].extra["platform"] == {"os": "linux", "architecture": "amd64"}
    assert both.root.subject is None
    assert image(b"", subject=one.root.descriptor().to_json()).root.subject == one.root.descriptor()


def test_equal_documents_are_equal_bytes() -> None:
    first = Manifest.from_json({"mediaType": INDEX, "schemaVersion": 2})
    second = Manifest.from_json({"schemaVersion": 2, "mediaType": INDEX})
    assert first == second
    assert first.digest == sha256(first.content)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"layers": 3}', b'{"layers": [3]}'])
def test_nonsense_is_told(content: bytes) -> None:
    with pytest.raises(ContentMismatchError):
        assert Manifest(MANIFEST, content).layers


def test_bytes_are_kept_as_they_came() -> None:
    content = json.dumps({"schemaVersion": 2}, indent=8).encode()
    assert Manifest(MANIFEST, content).digest == sha256(content)


def test_half_a_character_is_a_fault_of_the_document() -> None:
    """JSON can hold one as an escape, and documents of others do not become ours with it."""
    with pytest.raises(ContentMismatchError, match="half a character"):
        canonical_json({"a": json.loads('"\\ud800"')})
