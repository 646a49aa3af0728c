"""Where the blobs of an image come from: files, a `.cnb` archive, a registry. They are read when needed.

Whatever is saved or read is checked against its digest.
"""

from __future__ import annotations

import hashlib
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol

from buildpack_common.files import beside
from buildpack_release.errors import CheckFailed, ReleaseError
from oci_registry.content import BLOCK, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from oci_registry.content import Descriptor, Manifest
    from oci_registry.remote.client import RemoteRepository

# What a manifest or config may have; layers are never read into memory.
_LIMIT = 8 * 1024 * 1024


class BlobStore(Protocol):
    """Something that has blobs."""

    @property
    def origin(self) -> tuple[str, str] | None:
        """The registry and repository that has the blobs, if they are in one: they can be mounted there."""

    def local(self, blob: Descriptor) -> Path | None:
        """Give the file with a blob, if there is one already."""

    def read(self, blob: Descriptor) -> bytes:
        """Read a small blob, checked."""

    def save(self, blob: Descriptor, target: Path) -> None:
        """Write a blob to a file, which appears only when it is whole and checked."""


@dataclass(frozen=True)
class FileStore:
    """Blobs in files: of an OCI layout, or just written. `place` gives the file of a digest."""

    place: Callable[[str], Path]
    origin: tuple[str, str] | None = None

    @classmethod
    def layout(cls, directory: Path) -> FileStore:
        """Give the blobs of an OCI layout."""
        return cls(lambda digest: directory / "blobs" / digest.replace(":", "/"))

    @classmethod
    def of(cls, files: Mapping[str, Path]) -> FileStore:
        """Give files by their digests."""
        return cls(lambda digest: files[digest])

    def local(self, blob: Descriptor) -> Path | None:
        """Give the file. Raises CheckFailed if it is not there."""
        path = self.place(blob.digest)
        if not path.is_file():
            raise CheckFailed(f"the blob {blob.digest} is missing", file=path)
        return path

    def read(self, blob: Descriptor) -> bytes:
        """Read a small blob. Raises CheckFailed."""
        with self._open(blob) as file:
            return _read(file, blob, self.place(blob.digest))

    def save(self, blob: Descriptor, target: Path) -> None:
        """Copy a blob. Raises CheckFailed."""
        with self._open(blob) as file:
            _save(file, blob, target, self.place(blob.digest))

    @contextmanager
    def _open(self, blob: Descriptor) -> Iterator[IO[bytes]]:
        path = self.place(blob.digest)
        self.local(blob)
        with path.open("rb") as file:
            yield file


@dataclass(frozen=True)
class ArchiveStore:
    """Blobs in a `.cnb` file: an OCI layout as an uncompressed tar archive."""

    path: Path
    members: Mapping[str, tarfile.TarInfo] = field(repr=False)
    origin: tuple[str, str] | None = None

    @classmethod
    def open(cls, path: Path) -> ArchiveStore:
        """Read the table of contents. Raises ReleaseError for what is no such archive."""
        try:
            with tarfile.open(path, "r:") as archive:
                members = {one.name.lstrip("./"): one for one in archive if one.isreg()}
        except (tarfile.TarError, EOFError) as error:
            raise ReleaseError(
                "this is not a .cnb file",
                detail=f"It should be an uncompressed tar archive of an OCI layout: {error}.",
                file=path,
            ) from None
        if "oci-layout" not in members:
            raise ReleaseError(
                "this archive is not a .cnb file", detail="It has no member oci-layout.", file=path
            )
        return cls(path, members)

    def local(self, _blob: Descriptor) -> Path | None:
        """Give nothing: the blobs are in the archive."""
        return None

    def read(self, blob: Descriptor) -> bytes:
        """Read a small blob. Raises CheckFailed."""
        with self.member(_blob_name(blob)) as file:
            return _read(file, blob, self.path)

    def save(self, blob: Descriptor, target: Path) -> None:
        """Extract a blob. Raises CheckFailed."""
        with self.member(_blob_name(blob)) as file:
            _save(file, blob, target, self.path)

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """Open a member for reading. Raises CheckFailed if it is not there."""
        if name not in self.members:
            raise CheckFailed(f"this archive has no {name}", file=self.path)
        with tarfile.open(self.path, "r:") as archive:
            file = archive.extractfile(self.members[name])
            if file is None:
                raise CheckFailed(f"{name} in this archive is no file", file=self.path)
            with file:
                yield file


@dataclass(frozen=True)
class RemoteStore:
    """Blobs in a repository of a registry."""

    repository: RemoteRepository

    @property
    def origin(self) -> tuple[str, str] | None:
        """The registry and repository."""
        return self.repository.transport.registry, self.repository.name

    def local(self, _blob: Descriptor) -> Path | None:
        """Give nothing: the blobs are far away."""
        return None

    def read(self, blob: Descriptor) -> bytes:
        """Read a small blob. Raises RegistryError."""
        return self.repository.blobs.read(blob.digest, limit=_LIMIT)

    def save(self, blob: Descriptor, target: Path) -> None:
        """Download a blob. Raises RegistryError."""
        self.repository.blobs.download(blob.digest, target, size=blob.size)

    def manifest(self, target: str) -> Manifest:
        """Read a manifest by its tag or digest. Raises RegistryError."""
        return self.repository.manifests.get(target)


def _blob_name(blob: Descriptor) -> str:
    return f"blobs/{blob.digest.replace(':', '/')}"


def _read(file: IO[bytes], blob: Descriptor, where: Path) -> bytes:
    data = file.read(_LIMIT + 1)
    if len(data) > _LIMIT or sha256(data) != blob.digest:
        raise CheckFailed(f"the blob {blob.digest} has other content than its name says", file=where)
    return data


def _save(source: IO[bytes], blob: Descriptor, target: Path, where: Path) -> None:
    digest = hashlib.sha256()
    with beside(target) as unfinished:
        with unfinished.open("xb") as sink:
            while block := source.read(BLOCK):
                digest.update(block)
                sink.write(block)
        if f"sha256:{digest.hexdigest()}" != blob.digest:
            raise CheckFailed(f"the blob {blob.digest} has other content than its name says", file=where)
