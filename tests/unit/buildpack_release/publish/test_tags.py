"""Moving tags: which, where they point, and that they never go back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.publish.tags import MovingTag, MovingTags, TagState
from oci_registry.content import INDEX, Manifest
from oci_registry.layout import LayoutStore
from oci_registry.store import Content

VERSIONS = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))


def released(version: str) -> Manifest:
    annotations = {"org.opencontainers.image.version": version}
    return Manifest.from_json(
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "annotations": annotations}
    )


class Shelf(LayoutStore):
    """A store into which versions are put."""

    def release(self, version: str, *tags: str) -> str:
        manifest = released(version)
        self.push(Content((), (manifest,)), mounts={}, progress=lambda *_: None)
        for tag in (version, *tags):
            self.tag(manifest, tag)
        return manifest.digest


def states(tags: tuple[MovingTag, ...]) -> dict[str, str]:
    return {tag.name: tag.state.value for tag in tags}


def test_the_first_version_gets_all_of_them(tmp_path: Path) -> None:
    tags = MovingTags().plan(LayoutStore(tmp_path / "none"), "0.1.0", "sha256:x")
    assert states(tags) == {"0.1": "new", "0": "new", "latest": "new"}
    assert all(tag.is_due for tag in tags)


def test_a_fix_of_an_old_line_moves_only_that_line(tmp_path: Path) -> None:
    """Neither `1` nor `latest` is taken away from what is newer."""
    store = Shelf(tmp_path)
    old = store.release("1.2.3", "1.2")
    store.release("1.10.0", "1.10", "1")
    store.release("2.0.0", "2.0", "2", "latest")
    tags = MovingTags().plan(store, "1.2.4", released("1.2.4").digest)
    assert states(tags) == {"1.2": "moves", "1": "stays", "latest": "stays"}
    assert [(tag.was, tag.because) for tag in tags[:2]] == [(old, ""), (released("1.10.0").digest, "1.10.0")]


def test_what_points_to_it_already_is_done(tmp_path: Path) -> None:
    store = Shelf(tmp_path)
    digest = store.release("1.0.0", "1.0", "1")
    assert states(MovingTags().plan(store, "1.0.0", digest)) == {"1.0": "done", "1": "done", "latest": "new"}


def test_a_newer_version_whose_tag_was_deleted_still_counts(tmp_path: Path) -> None:
    """The moving tag itself tells what it points to."""
    store = Shelf(tmp_path)
    store.push(Content((), (released("1.0.5"),)), mounts={}, progress=lambda *_: None)
    store.tag(released("1.0.5"), "1.0")
    assert states(MovingTags().plan(store, "1.0.4", "sha256:x"))["1.0"] == "stays"


class Watched(Shelf):
    """Notes which manifests are read."""

    read: ClassVar[list[str]] = []

    def manifest(self, target: str, media_type: str = "") -> Manifest | None:
        self.read.append(target)
        return super().manifest(target, media_type)


def test_for_a_new_version_only_tags_that_exist_are_read(tmp_path: Path) -> None:
    store = Watched(tmp_path)
    store.release("1.0.0", "1.0", "1")
    store.read.clear()
    tags = MovingTags().plan(store, "1.1.0", "sha256:x", is_new=True)
    assert states(tags) == {"1.1": "new", "1": "moves", "latest": "new"}
    assert store.read == ["1"]
    tags = MovingTags().plan(store, "1.1.0", "sha256:x", listed=("1.0.0", "latest"))
    assert states(tags)["1"] == "new", "what has just been listed is not listed again"


def test_other_tags_do_not_count(tmp_path: Path) -> None:
    store = Shelf(tmp_path)
    for tag in ("9.0.0-rc.1", "v9.0.0", "nightly", "09.0.0"):
        store.release("1.0.0", tag)
    assert MovingTags().plan(store, "1.0.1", "sha256:x")[2].state is TagState.NEW


@given(st.lists(VERSIONS, min_size=1, max_size=6))
def test_in_whatever_order_versions_come_the_tags_follow_the_newest(
    versions: list[tuple[int, int, int]],
) -> None:
    """Published one after the other, `X.Y`, `X` and `latest` end at the newest of theirs."""
    with tempfile.TemporaryDirectory() as folder:
        store = Shelf(Path(folder))
        for number in versions:
            version = ".".join(map(str, number))
            digest = store.release(version)
            for tag in MovingTags().plan(store, version, digest):
                if tag.is_due:
                    store.tag(released(version), tag.name)
        for name in (one for one in store.tags() if one.count(".") < 2):
            prefix = () if name == "latest" else tuple(map(int, name.split(".")))
            newest = max(number for number in versions if number[: len(prefix)] == prefix)
            found = store.manifest(name)
            assert found == released(".".join(map(str, newest))), name
