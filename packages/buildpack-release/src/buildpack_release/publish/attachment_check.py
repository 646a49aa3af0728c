"""Reading back the documents beside an image: whether they are there, and about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_json
from buildpack_release.attestation.provenance import Statement
from buildpack_release.errors import CheckFailed
from buildpack_release.publish.attachments import KINDS, PROVENANCE, DocumentKind
from buildpack_release.publish.signing import has_signature
from oci_registry.errors import ContentMismatchError, NotFoundError
from oci_registry.store import read_blob

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from buildpack_release.publish.signing import Check
    from buildpack_release.publish.verify import Expected
    from oci_registry.content import Descriptor
    from oci_registry.store import Store


def attachment_problems(
    store: Store, digest: str, referrers: Sequence[Descriptor], expected: Expected
) -> Iterator[str]:
    """Return what is missing beside an image with a digest, and what is not about it."""
    for kind in KINDS:
        found = kind.among(referrers, expected.id, expected.tag)
        if not found:
            yield f"its {kind.label} is missing"
        for one in found:
            try:
                problem = _problem(_document(store, one, digest), kind, digest, expected)
            except NotFoundError:
                problem = "is listed, but not there"
            except (CheckFailed, ContentMismatchError) as error:
                problem = f"cannot be read: {error.title}"
            if problem:
                yield f"its {kind.label} {one.digest} {problem}"


def signature_problems(
    store: Store, digest: str, referrers: Sequence[Descriptor], expected: Expected, check: Check
) -> Iterator[str]:
    """Return what has no signature that counts: an image with a digest, or all documents of a kind beside it.

    Anybody who may write there can put another document beside it; one of each kind has to be signed.
    """
    if not _is_signed(store, digest, referrers, check):
        yield f"it is not signed by {check}"
    for kind in KINDS:
        found = [one.digest for one in kind.among(referrers, expected.id, expected.tag)]
        if found and not any(_is_signed(store, one, store.referrers(one), check) for one in found):
            yield f"its {kind.label} is not signed by {check}"


def _is_signed(store: Store, digest: str, referrers: Sequence[Descriptor], check: Check) -> bool:
    return has_signature(store, digest, referrers) and check.is_verified(f"{store.name}@{digest}")


def _document(store: Store, referrer: Descriptor, digest: str) -> bytes:
    manifest = store.manifest(referrer.digest)
    if manifest is None or len(manifest.layers) != 1:
        raise CheckFailed("its manifest is missing, or has not one document")
    if manifest.subject is None or manifest.subject.digest != digest:
        raise CheckFailed("its manifest refers to something else")
    return read_blob(store, manifest.layers[0])


def _problem(document: bytes, kind: DocumentKind, digest: str, expected: Expected) -> str:
    if kind is PROVENANCE:
        statement = Statement.parse(document)
        is_right = statement is not None and digest in statement.digests
    else:
        is_right = _is_bill_of(document, expected)
    return "" if is_right else "is about something else"


def _is_bill_of(document: bytes, expected: Expected) -> bool:
    try:
        about = parse_json(document)["metadata"]["component"]
        return bool(about["name"] == expected.id and about["version"] == expected.version)
    except (ValueError, KeyError, TypeError):
        return False
