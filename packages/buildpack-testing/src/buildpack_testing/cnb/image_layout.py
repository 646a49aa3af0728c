"""OCI image layouts with one image: written from root file systems, read back after a build.

See the OCI image specification ("image layout", "manifest", "config").
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
_REF_NAME = "org.opencontainers.image.ref.name"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Image:
    """An image: its manifest's digest, its manifest and its config, as in the OCI specification."""

    digest: str
    manifest: Mapping[str, Any]
    config: Mapping[str, Any]


class _HashedFile:
    """A file being written, and the sha256 and size of what was written."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._sha256.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> str:
        self._file.close()
        return self._sha256.hexdigest()


def write(target: Path, layer: Path, config: Mapping[str, Any], *, tag: str) -> Image:
    """Write the layout target with an image of one layer, an uncompressed tar file. Raises OSError.

    config lacks only `rootfs` and `history`.
    """
    blobs = target / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    diff_id, descriptor = _add_layer(blobs, layer)
    whole = {**config, "rootfs": {"type": "layers", "diff_ids": [diff_id]}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _add_json(blobs, CONFIG_TYPE, whole),
        "layers": [descriptor],
    }
    entry = {**_add_json(blobs, MANIFEST_TYPE, manifest), "annotations": {_REF_NAME: tag}}
    _write_json(target / "index.json", {"schemaVersion": 2, "manifests": [entry]})
    _write_json(target / "oci-layout", {"imageLayoutVersion": "1.0.0"})
    return Image(entry["digest"], manifest, whole)


def _add_layer(blobs: Path, layer: Path) -> tuple[str, dict[str, Any]]:
    """Add the tar file, compressed lightly: it travels over loopback only."""
    temporary = blobs / ".layer"
    diff_id = hashlib.sha256()
    hashed = _HashedFile(temporary)
    with layer.open("rb") as source, gzip.GzipFile("", "wb", 1, hashed, mtime=0) as packed:
        while piece := source.read(_CHUNK):
            diff_id.update(piece)
            packed.write(piece)
    digest = hashed.close()
    temporary.rename(blobs / digest)
    descriptor = {"mediaType": LAYER_TYPE, "digest": f"sha256:{digest}", "size": hashed.size}
    return f"sha256:{diff_id.hexdigest()}", descriptor


def _add_json(blobs: Path, media_type: str, value: object) -> dict[str, Any]:
    data = json.dumps(value, sort_keys=True).encode()
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, sort_keys=True), encoding="utf-8")


def read(layout: Path) -> Image:
    """Read the only image of a layout. Raises OSError, ValueError when there is not exactly one."""
    manifests = json.loads((layout / "index.json").read_text(encoding="utf-8"))["manifests"]
    if len(manifests) != 1:
        raise ValueError(f"{layout} holds {len(manifests)} images, not one")
    digest = manifests[0]["digest"]
    manifest = _read_json(layout, digest)
    return Image(digest, manifest, _read_json(layout, manifest["config"]["digest"]))


def _read_json(layout: Path, digest: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(blob(layout, digest).read_bytes())
    return value


def blob(layout: Path, digest: str) -> Path:
    """Return where the blob with this digest lies in a layout."""
    algorithm, _, value = digest.partition(":")
    return layout / "blobs" / algorithm / value
