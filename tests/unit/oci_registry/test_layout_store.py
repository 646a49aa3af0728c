"""OCI layouts as a place to publish to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ConflictError, ReleaseError
from oci_registry.layout import LayoutStore
from oci_registry.store import TransferOutcome, read_blob
from oci_registry.testing.samples import image, index

if TYPE_CHECKING:
    from pathlib import Path

    from oci_registry.content import Descriptor

CONTENT = index([("amd64", image(b"layer"))])


def push(store: LayoutStore) -> dict[str, TransferOutcome]:
    return dict(store.push(CONTENT, mounts={}, progress=lambda *_: None).blobs)


def blob(number: int = 0) -> Descriptor:
    return CONTENT.blobs[number].descriptor("")


def test_nothing_is_there_before_something_is_pushed(tmp_path: Path) -> None:
    store = LayoutStore(tmp_path / "a b")
    assert store.tags() == ()
    assert store.manifest("1") is None
    assert not store.has_blob(blob())
    assert not store.path.exists()


def test_what_is_pushed_is_found_by_digest_and_named_by_tags(tmp_path: Path) -> None:
    store = LayoutStore(tmp_path / "layout")
    assert set(push(store).values()) == {TransferOutcome.UPLOADED}
    assert store.tags() == ()
    assert store.manifest(CONTENT.root.digest) == CONTENT.root
    store.tag(CONTENT.root, "1.0.0")
    store.tag(CONTENT.root, "latest")
    store.tag(CONTENT.root, "latest")
    assert store.tags() == ("1.0.0", "latest")
    assert store.manifest("latest") == CONTENT.root
    assert read_blob(store, blob()) == b"layer"
    assert store.name.startswith("oci:")


def test_pushing_again_writes_nothing(tmp_path: Path) -> None:
    store = LayoutStore(tmp_path / "layout")
    push(store)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert set(push(store).values()) == {TransferOutcome.PRESENT}
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_what_was_cut_off_or_damaged_is_written_again(tmp_path: Path) -> None:
    """And what a killed run left beside it is removed: it would be pushed by nobody, and stay for ever."""
    store = LayoutStore(tmp_path / "layout")
    push(store)
    path = store.path / "blobs/sha256" / blob().digest.removeprefix("sha256:")
    path.write_bytes(b"lay")
    left = path.with_name(f".{path.name}.abcd.partial")
    left.write_bytes(b"la")
    assert not store.has_blob(blob())
    with pytest.raises(CheckFailed):
        read_blob(store, blob())
    assert push(store)[blob().digest] is TransferOutcome.UPLOADED
    assert read_blob(store, blob()) == b"layer"
    assert not left.exists()


def test_a_manifest_with_other_bytes_is_not_taken(tmp_path: Path) -> None:
    store = LayoutStore(tmp_path / "layout")
    push(store)
    path = store.path / "blobs/sha256" / CONTENT.root.digest.removeprefix("sha256:")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(CheckFailed, match="other content"):
        store.manifest(CONTENT.root.digest)


def test_other_directories_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ConflictError):
        push(LayoutStore(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("text", ["{", "[]", '{"manifests": 1}', '{"manifests": ["x"]}'])
def test_a_broken_index_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "oci-layout").write_text("{}")
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(CheckFailed, match="index of an OCI layout"):
        LayoutStore(tmp_path).tags()


def test_tags_of_others_stay(tmp_path: Path) -> None:
    """Also entries without a name, which some tools write."""
    store = LayoutStore(tmp_path / "layout")
    push(store)
    entry = CONTENT.root.descriptor().to_json()
    (store.path / "index.json").write_text(json.dumps({"manifests": [entry]}))
    store.tag(CONTENT.root, "1.0.0")
    entries = json.loads((store.path / "index.json").read_text())["manifests"]
    assert len(entries) == 2
    assert store.tags() == ("1.0.0",)


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReleaseError) as caught:
        push(LayoutStore(tmp_path / "file" / "layout"))
    assert caught.value.file is not None
