"""Writing a builder as an OCI layout: blobs first, each whole and checked, then the file that names them.

A layout is a store by digest, so what an interrupted run has left is used by the next one.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from buildpack_common.files import PARTIAL, write_atomically
from buildpack_release.builder.base import METADATA_LABEL
from buildpack_release.errors import ConflictError, shown_path
from buildpack_release.files.output_directory import wait_for, writing
from oci_registry.content import INDEX, canonical_json, file_sha256
from oci_registry.layout import LAYOUT_MARKER, REF_NAME, blob_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from buildpack_release.builder.image import BuilderImage

_MARKER = "oci-layout"
_INDEX = "index.json"
# The name of the image in its layout, which tools want to have one.
_REF = "latest"


def write_builder(image: BuilderImage, directory: Path, *, report: Callable[[str], None]) -> bool:
    """Write a builder into a directory that is new, empty, or holds a builder; tell whether that was needed.

    Raises:
        ConflictError: the directory holds something else.
        ReleaseError: it cannot be written to, or a blob cannot be read.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        with _locked(directory, report):
            _check_content(directory)
            return _write(image, directory)


def check_directory(directory: Path, *, report: Callable[[str], None]) -> None:
    """Raise ConflictError if a directory holds something that a builder must not replace.

    Another run that is writing there is waited for: what it has half done tells nothing.
    """
    if not directory.exists():
        return
    if not directory.is_dir():
        raise ConflictError("this is not a directory", file=directory)
    with writing(directory), _locked(directory, report):
        _check_content(directory)


def _write(image: BuilderImage, directory: Path) -> bool:
    blobs = directory / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    written = False
    for layer in image.layers:
        path = blobs / layer.blob.digest.removeprefix("sha256:")
        if not _is_there(path, layer.blob.digest, layer.blob.size):
            layer.store.save(layer.blob, path)
            written = True
    files = {blob_name(document.digest): document.content for document in (image.config, image.manifest)}
    # The index is what makes all of it count.
    for name, data in {**files, _MARKER: LAYOUT_MARKER, _INDEX: _index(image)}.items():
        written |= _replace(directory / name, data)
    _prune(image, blobs)
    return written


def _is_there(path: Path, digest: str, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size and file_sha256(path) == digest


def _index(image: BuilderImage) -> bytes:
    platform = image.platform.as_json()
    entry = image.manifest.descriptor(platform=platform, annotations={REF_NAME: _REF}).to_json()
    return canonical_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})


def _replace(path: Path, data: bytes) -> bool:
    if path.is_file() and path.read_bytes() == data:
        return False
    write_atomically(path, data)
    return True


def _prune(image: BuilderImage, blobs: Path) -> None:
    """Delete what an earlier builder or an interrupted run has left."""
    documents = (image.config.digest, image.manifest.digest)
    wanted = {digest.removeprefix("sha256:") for digest in documents}
    wanted |= {layer.blob.digest.removeprefix("sha256:") for layer in image.layers}
    for path in blobs.iterdir():
        if path.name not in wanted:
            path.unlink()
    for path in blobs.parents[1].glob(f".*{PARTIAL}"):
        path.unlink()


def _check_content(directory: Path) -> None:
    """Refuse everything but an empty directory, our own unfinished layout, and one with a builder."""
    names = {path.name for path in directory.iterdir() if not path.name.endswith(PARTIAL)}
    if not names or names in ({"blobs"}, {"blobs", _MARKER}):
        return
    if not (names <= {"blobs", _MARKER, _INDEX} and _holds_builder(directory)):
        raise ConflictError(
            "this directory holds something other than a builder",
            detail=f"Nothing was written to {shown_path(directory)}.",
            advice="Name a new directory, or delete this one if it is not needed.",
            file=directory,
        )


def _holds_builder(directory: Path) -> bool:
    try:
        (entry,) = json.loads((directory / _INDEX).read_bytes())["manifests"]
        manifest = _json_blob(directory, entry)
        labels = _json_blob(directory, manifest["config"])["config"]["Labels"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return METADATA_LABEL in labels


def _json_blob(directory: Path, descriptor: dict[str, Any]) -> Any:  # noqa: ANN401  JSON is untyped
    return json.loads((directory / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes())


@contextmanager
def _locked(directory: Path, report: Callable[[str], None]) -> Iterator[None]:
    """Hold a lock on the directory itself: a file in it would be a part of the layout."""
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        wait_for(lock, directory, report)
        yield
    finally:
        os.close(lock)
