"""No archive of others costs more than its limit, and what is wrong with it is one kind of error."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import pytest

from buildpack_common.archives import ArchiveLimits, check_zip, members, opened_tar, read_member

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 512
SMALL = ArchiveLimits(members=10, size=1 << 20)


def tar(*infos: tarfile.TarInfo) -> io.BytesIO:
    """Return an archive of members with zeros in them."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    made.seek(0)
    return made


def info(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    """Return a member."""
    found = tarfile.TarInfo(name)
    found.size, found.type = size, kind
    return found


def names(file: io.BytesIO, limits: ArchiveLimits = SMALL) -> list[str]:
    """Go through an archive."""
    with opened_tar(file, limits) as archive:
        return [member.name for member in members(archive, limits)]


def test_both_forms_are_read() -> None:
    """Compressed or not; xz and bzip2, whose unpacking takes memory of its own, are none of them."""
    plain = tar(info("a"), info("b", 5_000))
    assert names(plain) == ["a", "b"]
    assert names(io.BytesIO(gzip.compress(plain.getvalue()))) == ["a", "b"]
    with pytest.raises(tarfile.TarError), opened_tar(io.BytesIO(b"BZh9" + bytes(1000))):
        pass
    packed = io.BytesIO(gzip.compress(plain.getvalue()))
    with pytest.raises(tarfile.TarError), opened_tar(packed, compressed=False):
        pass


def test_a_bomb_ends_where_the_limit_is() -> None:
    """Five gigabytes in five megabytes: neither time nor memory for all of it."""
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb", compresslevel=1) as packed:
        packed.write(info("zeros", 1 << 36).tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            packed.write(bytes(1 << 20))
    bomb.seek(0)
    with pytest.raises(tarfile.TarError, match="holds more than 1 MiB"):
        names(bomb)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_is_not_as_long_as_it_says(kind: bytes) -> None:
    """Tarfile reads it into memory, all of it."""
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb", compresslevel=1) as packed:
        packed.write(info("header", 200 << 20, kind).tobuf(tarfile.GNU_FORMAT))
        for _ in range(200):
            packed.write(bytes(1 << 20))
    bomb.seek(0)
    tracemalloc.start()
    with pytest.raises(tarfile.TarError, match="a header of it has more than 16 MiB"):
        names(bomb, ArchiveLimits())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80 << 20


def test_too_many_members_are_an_error() -> None:
    """Each costs memory in every reader."""
    assert len(names(tar(*(info(str(number)) for number in range(10))))) == 10
    with pytest.raises(tarfile.TarError, match="more than 10 members"):
        names(tar(*(info(str(number)) for number in range(11))))


def test_headers_that_follow_each_other_are_an_error() -> None:
    """Tarfile calls itself for each long name; five thousand end in a RecursionError."""
    name = info("@LongLink", 2, tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT) + b"a".ljust(BLOCK, b"\0")
    with pytest.raises(tarfile.TarError):
        names(io.BytesIO(name * 5_000), ArchiveLimits())


def test_going_back_and_forth_has_an_end() -> None:
    """What is compressed is unpacked from its beginning for each step back."""
    packed = io.BytesIO(gzip.compress(tar(info("a", 900_000), info("b", 5)).getvalue()))
    with opened_tar(packed, SMALL) as archive:
        first, second = members(archive, SMALL)

        def read_all() -> None:
            for _ in range(40):
                for member in (second, first):
                    file = archive.extractfile(member)
                    assert file is not None
                    file.read()

        with pytest.raises(tarfile.TarError, match="back and forth"):
            read_all()


@pytest.mark.parametrize("text", ["20 GNU.sparse.size=x\n", "18 size=nonsense\n\n", "x y\n", "-1 a=b\n"])
def test_nonsense_in_a_header_is_an_error_of_the_archive(text: str) -> None:
    """Or it is read as something; but never anything else."""
    header = info("h", len(text), tarfile.XHDTYPE).tobuf() + text.encode().ljust(BLOCK, b"\0")
    with contextlib.suppress(tarfile.TarError):
        names(io.BytesIO(header + info("file").tobuf() + bytes(2 * BLOCK)))


def test_a_zip_archive_is_judged_by_its_directory(tmp_path: Path) -> None:
    """Before anything is unpacked."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(str(number), bytes(1 << 20))
    with zipfile.ZipFile(path) as archive:
        check_zip(archive, ArchiveLimits(members=3, size=3 << 20))
        with pytest.raises(zipfile.BadZipFile, match="more than 2 members"):
            check_zip(archive, ArchiveLimits(members=2, size=3 << 20))
        with pytest.raises(zipfile.BadZipFile, match="more than 2 MiB"):
            check_zip(archive, ArchiveLimits(members=3, size=(3 << 20) - 1))
        assert read_member(archive, "0", 1 << 20) == bytes(1 << 20)
        with pytest.raises(zipfile.BadZipFile, match="0 has more than"):
            read_member(archive, "0", (1 << 20) - 1)
