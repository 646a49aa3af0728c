"""Writing and reading OCI image layouts."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_testing.cnb import image_layout

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: dict[str, Any] = {"architecture": "amd64", "os": "linux", "config": {"User": "1000:1000"}}


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """Content of a layer; the writer does not look inside."""
    path = tmp_path / "layer.tar"
    path.write_bytes(b"content" * 400_000)
    return path


def test_what_is_written_is_read(layer: Path, tmp_path: Path) -> None:
    """Every digest in the layout is that of the file it names; the diff ID is that of the tar."""
    written = image_layout.write(tmp_path / "layout", layer, CONFIG, tag="1")
    found = image_layout.read(tmp_path / "layout")
    assert found == written
    assert found.config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}"]
    for path in (tmp_path / "layout" / "blobs" / "sha256").iterdir():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    descriptor = found.manifest["layers"][0]
    blob = image_layout.blob(tmp_path / "layout", descriptor["digest"])
    assert blob.stat().st_size == descriptor["size"]
    assert gzip.decompress(blob.read_bytes()) == layer.read_bytes()


def test_same_content_same_digest(layer: Path, tmp_path: Path) -> None:
    """Images are named by their content: neither place nor time is a part of it."""
    digests = {image_layout.write(tmp_path / name, layer, CONFIG, tag="1").digest for name in ("a", "b")}
    assert len(digests) == 1


def test_layout_with_several_images_is_refused(layer: Path, tmp_path: Path) -> None:
    """Which one was meant cannot be known."""
    image_layout.write(tmp_path / "layout", layer, CONFIG, tag="1")
    index = tmp_path / "layout" / "index.json"
    content = json.loads(index.read_text(encoding="utf-8"))
    content["manifests"] *= 2
    index.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match="holds 2 images"):
        image_layout.read(tmp_path / "layout")
