"""A folder as the archive that the lifecycle exports of it, bit for bit (lifecycle: layers/, archive/).

Absolute names, parents first, folders before their content in byte order, one time, owners by number. The
lifecycle writes with Go's `archive/tar`, whose headers differ from those of Python's `tarfile` in where long
names are cut.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ReleaseError
from oci_registry.content import BLOCK
from oci_registry.layer import ImageLayer, compress_layer
from oci_registry.tar import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oci_registry.content import Descriptor
    from oci_registry.store import Source

_RECORD = 512
_NAME, _PREFIX = 100, 155  # the fields of a USTAR header
_LARGEST, _LARGEST_ID = 8**11 - 1, 8**7 - 1
_MOST_PARENTS = 100
_GZIP_OR_NOT = 47  # zlib's wbits: a gzip or zlib header, whichever is there


@dataclass(frozen=True)
class ParentFolder:
    """A folder above a layer, with the mode and owner that it had where the image was built."""

    name: str
    mode: int
    uid: int
    gid: int


@dataclass(frozen=True)
class LayerPlace:
    """Where a layer lies in images (`location`), who owns it, and the folders above it."""

    location: str
    uid: int
    gid: int
    parents: tuple[ParentFolder, ...]

    def __post_init__(self) -> None:
        """Raise CheckFailed for a location that is no plain absolute path: images of others name it."""
        first, *parts = self.location.split("/")
        is_plain = bool(parts) and not first and not {"", ".", ".."}.intersection(parts)
        if not (is_plain and self.location.isascii() and self.location.isprintable()):
            raise CheckFailed(f"a layer cannot be at {self.location!r}")

    @classmethod
    def usual(cls, location: str, uid: int, gid: int) -> LayerPlace:
        """Return a place whose parents belong to the same user, with mode 755."""
        parts = location.strip("/").split("/")
        names = ["/" + "/".join(parts[:count]) for count in range(1, len(parts))]
        return cls(location, uid, gid, tuple(ParentFolder(name, 0o755, uid, gid) for name in names))


def read_place(store: Source, layer: Descriptor, location: str) -> LayerPlace:
    """Read from the beginning of a layer who owns what; no more of it is downloaded.

    Raises CheckFailed if it does not begin as the lifecycle writes a layer at that place, RegistryError.
    """
    parents: list[ParentFolder] = []
    for member, _ in layer_members(store, layer):
        name = member.name.rstrip("/")
        if not member.isdir() or len(parents) > _MOST_PARENTS:
            break
        if name == location:
            return LayerPlace(location, member.uid, member.gid, tuple(parents))
        if not location.startswith(f"{name}/"):
            break
        parents.append(ParentFolder(name, stat.S_IMODE(member.mode), member.uid, member.gid))
    raise CheckFailed(
        f"the layer {layer.digest} of {store.name} does not begin with {location}",
        detail="The lifecycle would have written it so.",
    )


def layer_members(store: Source, layer: Descriptor) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Read a layer from its beginning: each member, and the first 512 bytes of what it holds.

    Only as much is downloaded and unpacked as is asked for. What is no archive, or none any more, ends it.
    """
    records = _records(store, layer)
    for record in records:
        try:
            member = tarfile.TarInfo.frombuf(record, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            return
        first = b""
        for number in range(-(-member.size // _RECORD)):
            if (content := next(records, None)) is None:
                return
            first = first if number else content
        yield member, first


def _records(store: Source, layer: Descriptor) -> Iterator[bytes]:
    """Unpack the archive of a layer as far as it is wanted, in records; of what is no gzip nothing comes."""
    unpack, pending = zlib.decompressobj(_GZIP_OR_NOT), b""
    for piece in store.pieces(layer):
        packed = piece
        while packed:
            try:
                pending += unpack.decompress(packed, BLOCK)
            except zlib.error:
                return
            packed = unpack.unconsumed_tail
            whole = len(pending) - len(pending) % _RECORD
            for at in range(0, whole, _RECORD):
                yield pending[at : at + _RECORD]
            pending = pending[whole:]


def export_layer(folder: Path, place: LayerPlace, file: Path, *, title: str = "") -> ImageLayer:
    """Write the layer of a folder, compressed, into a new file.

    Raises ReleaseError for what cannot be written so: a name that is not ASCII or too long, a special file.
    """
    return compress_layer(_archive(folder, place), file, title=title)


def _archive(folder: Path, place: LayerPlace) -> Iterator[bytes]:
    for parent in place.parents:
        yield header(parent.name, mode=parent.mode, owner=(parent.uid, parent.gid), kind=tarfile.DIRTYPE)
    yield from _folder(os.fspath(folder), place.location, (place.uid, place.gid))
    yield bytes(2 * _RECORD)


def _folder(path: str, name: str, owner: tuple[int, int]) -> Iterator[bytes]:
    yield header(name, mode=_mode(os.lstat(path)), owner=owner, kind=tarfile.DIRTYPE)
    with os.scandir(path) as found:
        entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
    for entry in entries:
        inner, status = f"{name}/{entry.name}", entry.stat(follow_symlinks=False)
        if entry.is_symlink():
            link = os.readlink(entry.path)  # noqa: PTH115  a text, as everything here
            yield header(inner, mode=0o777, owner=owner, kind=tarfile.SYMTYPE, link=link)
        elif entry.is_dir(follow_symlinks=False):
            yield from _folder(entry.path, inner, owner)
        elif entry.is_file(follow_symlinks=False):
            yield header(inner, mode=_mode(status), owner=owner, kind=tarfile.REGTYPE, size=status.st_size)
            yield from _content(entry.path, status.st_size)
        else:
            raise ReleaseError(f"only files, folders and links can be in a layer: {inner}")


def _mode(status: os.stat_result) -> int:
    return stat.S_IMODE(status.st_mode)


def _content(path: str, size: int) -> Iterator[bytes]:
    left = size
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  a text, as everything here
        while left and (block := file.read(min(BLOCK, left))):
            yield block
            left -= len(block)
    if left:
        raise ReleaseError(f"this file changed while it was read: {path}")
    yield padding(size)


def padding(size: int) -> bytes:
    """Return what follows content of a size in an archive."""
    return bytes(-size % _RECORD)


def header(
    name: str, *, mode: int, owner: tuple[int, int], kind: bytes, size: int = 0, link: str = ""
) -> bytes:
    """Return a USTAR header with the lifecycle's time, as Go's `archive/tar` writes it.

    Raises ReleaseError for a name or number that does not fit: the lifecycle would write it in another form.
    """
    prefix, short = _split(name)
    fits = short.isascii() and prefix.isascii() and link.isascii() and len(link) <= _NAME
    if not fits or size > _LARGEST or max(owner) > _LARGEST_ID:
        raise ReleaseError(f"this cannot be written into a layer as the lifecycle does it: {name}")
    fields = [
        short.encode().ljust(_NAME, b"\0"),
        b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, *owner, size, EPOCH),
        b" " * 8,
        kind,
        link.encode().ljust(_NAME, b"\0"),
        b"ustar\x0000",
        bytes(64),  # the names of the owners
        b"0000000\x000000000\0",  # device numbers
        prefix.encode().ljust(_PREFIX, b"\0"),
        bytes(12),
    ]
    record = b"".join(fields)
    return b"".join([record[:148], b"%06o\0 " % sum(record), record[156:]])


def _split(name: str) -> tuple[str, str]:
    """Cut a long name at the last slash at which the first part fits; ("", name) where none is needed."""
    if len(name) <= _NAME:
        return "", name
    at = name.rfind("/", 0, min(len(name), _PREFIX + 1))
    prefix, short = name[: max(at, 0)], name[at + 1 :]
    if not prefix or not 0 < len(short) <= _NAME:
        raise ReleaseError(f"this name is too long for a layer: {name}")
    return prefix, short
