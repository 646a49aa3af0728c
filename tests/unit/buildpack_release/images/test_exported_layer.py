"""Layers as the lifecycle writes them; that they are so bit for bit is held in `tests/e2e/test_fleet.py`."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.images.exported_layer import (
    LayerPlace,
    ParentFolder,
    export_layer,
    header,
    read_place,
)
from oci_registry.blob_source import BlobSource
from oci_registry.content import DOCKER_LAYER
from oci_registry.layout import LayoutStore
from oci_registry.store import Content
from support.app_images import LOCATION, AppShape

if TYPE_CHECKING:
    from pathlib import Path

    from oci_registry.content import Descriptor

PLACE = LayerPlace(
    "/layers/a/python",
    1001,
    1002,
    (ParentFolder("/layers", 0o1777, 0, 0), ParentFolder("/layers/a", 0o755, 1001, 1002)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A layer's folder, with names that byte order and Python's or Go's own order put differently."""
    root = tmp_path / "a layer"
    for name in ("b/c", "b.txt", "B", "b-/x"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    (root / "b/link").symlink_to("../B")
    os.link(root / "B", root / "hard")
    return root


def members(file: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(file) as archive:
        return archive.getmembers()


def test_what_is_written_is_what_the_lifecycle_writes(folder: Path, tmp_path: Path) -> None:
    """Parents as they were, folders before their content, byte order, one owner, hard links as files."""
    export_layer(folder, PLACE, tmp_path / "layer.tar.gz")
    found = members(tmp_path / "layer.tar.gz")
    assert [(one.name, oct(one.mode), one.uid, one.gid) for one in found[:3]] == [
        ("/layers", "0o1777", 0, 0),
        ("/layers/a", "0o755", 1001, 1002),
        ("/layers/a/python", "0o755", 1001, 1002),
    ]
    assert [one.name.removeprefix("/layers/a/python/") for one in found[3:]] == [
        *("B", "b", "b/c", "b/link", "b-", "b-/x", "b.txt", "hard"),
    ]
    assert {one.mtime for one in found} == {315532801}
    assert {one.type for one in found if one.name.endswith(("B", "hard"))} == {tarfile.REGTYPE}
    assert not [one for one in found if one.pax_headers or one.uname or one.gname]


def test_owner_and_parents_are_part_of_it(folder: Path, tmp_path: Path) -> None:
    """Two builders with other users give two layers; the same gives the same."""
    places = [PLACE, PLACE, LayerPlace.usual("/layers/a/python", 1001, 1002)]
    ids = [export_layer(folder, one, tmp_path / str(number)).diff_id for number, one in enumerate(places)]
    assert ids[0] == ids[1] != ids[2]


def test_long_names_are_cut_at_the_last_slash_that_fits() -> None:
    """As Go does it; Python's tarfile cuts at the first."""
    name = f"/layers/{'d' * 60}/{'e' * 40}/{'f' * 30}/file"
    record = header(name, mode=0o644, owner=(0, 0), kind=tarfile.REGTYPE, size=5)
    assert record[:100].rstrip(b"\0") == b"file"
    assert record[345:500].rstrip(b"\0").decode() == name.rpartition("/")[0]
    assert tarfile.TarInfo.frombuf(record, "utf-8", "strict").name == name
    assert len(record) == 512
    at_most = f"/{'x' * 99}"
    assert header(at_most, mode=0o644, owner=(0, 0), kind=tarfile.REGTYPE)[:100].decode() == at_most


@pytest.mark.parametrize(
    ("name", "owner", "link"),
    [
        ("/" + "x" * 101, (0, 0), ""),
        ("/" + "x" * 150 + "/" + "y" * 101, (0, 0), ""),
        ("/é", (0, 0), ""),
        ("/a", (1 << 22, 0), ""),
        ("/a", (0, 0), "y" * 101),
    ],
)
def test_what_would_have_another_form_is_refused(name: str, owner: tuple[int, int], link: str) -> None:
    """Not written in a form that the lifecycle would not use."""
    with pytest.raises(ReleaseError, match="layer"):
        header(name, mode=0o644, owner=owner, kind=tarfile.SYMTYPE, link=link)


def test_a_pipe_is_no_part_of_a_layer(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(ReleaseError, match="only files"):
        export_layer(folder, PLACE, tmp_path / "layer")


def layer_in(store: LayoutStore, data: bytes) -> Descriptor:
    blob = BlobSource.from_bytes(data)
    store.push(Content((blob,), ()), mounts={}, progress=lambda *_: None)
    return blob.descriptor(DOCKER_LAYER)


def test_the_place_is_read_from_the_beginning_of_a_layer(folder: Path, tmp_path: Path) -> None:
    """What was exported there can be exported again."""
    export_layer(folder, PLACE, tmp_path / "layer")
    store = LayoutStore(tmp_path / "layout")
    found = read_place(store, layer_in(store, (tmp_path / "layer").read_bytes()), PLACE.location)
    assert found == PLACE
    shape = AppShape(owner=(7, 8))
    found = read_place(store, layer_in(store, gzip.compress(shape.layers["python"])), LOCATION)
    assert found == LayerPlace.usual(LOCATION, 7, 8)


def other_archive() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("/layers/a/python"))
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"x" * 600, gzip.compress(b"x" * 600), gzip.compress(other_archive())],
    ids=["nothing", "text", "compressed-text", "another-archive"],
)
def test_a_layer_that_begins_otherwise_is_refused(tmp_path: Path, data: bytes) -> None:
    """Nobody knows then what its parents are."""
    store = LayoutStore(tmp_path / "layout")
    with pytest.raises(CheckFailed, match="does not begin with"):
        read_place(store, layer_in(store, data), PLACE.location)


@pytest.mark.parametrize(
    "location",
    ["", "layers/a/python", "/layers//python", "/layers/../a/python", "/layers/./a", "/a\nb", "/ä"],
)
def test_a_place_is_a_plain_absolute_path(location: str) -> None:
    """Images of others name it, and folders are made after it."""
    with pytest.raises(CheckFailed, match="a layer cannot be at"):
        LayerPlace(location, 0, 0, ())
