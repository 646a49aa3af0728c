"""Reads from an ELF file what it is for and needs (System V ABI, 'ELF Header', 'Dynamic Section')."""

from __future__ import annotations

import os
import struct
from typing import IO, TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_T = TypeVar("_T")

_MAGIC = b"\x7fELF"
_RELOCATABLE = (b"\x01\x00", b"\x00\x01")  # ET_REL, in either byte order
_MACHINES = {62: "amd64", 183: "arm64"}  # EM_X86_64, EM_AARCH64
_LITTLE_ENDIAN_64_BIT = b"\x02\x01"
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_FLAGS_1 = 0, 1, 5, 0x6FFFFFFB
_DF_1_PIE = 0x08000000
_ET_EXEC = 2
_HEADER = struct.Struct("<16sHHIQQQIHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_ENTRY = struct.Struct("<qQ")
_LONGEST_NAME = 4096


class NotElfError(ValueError):
    """The file is not a 64-bit little-endian ELF file, or it is damaged."""


def is_loadable(path: Path) -> bool:
    """Whether a file is ELF of any kind that can be run or loaded, so no object file. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(18)
    return start.startswith(_MAGIC) and start[16:18] not in _RELOCATABLE


def architecture(path: Path) -> str:
    """Return the architecture that a program or library is for, in the words of the specification's targets.

    One that is no target of ours is described. Raises NotElfError or OSError.
    """
    machine = _checked(path, lambda file: int(_header(file)[2]))
    return _MACHINES.get(machine, f"another architecture (ELF machine {machine})")


def loader(path: Path) -> str:
    """Return the path of the loader that a program names (PT_INTERP), '' if none.

    Raises NotElfError or OSError.
    """
    return _checked(path, _loader)


def is_program(path: Path) -> bool:
    """Whether a file is made to be started, not to be loaded by another one. Raises NotElfError or OSError.

    That is so if it names a loader, has a fixed address (ET_EXEC), or was linked as a program (DF_1_PIE).
    """
    return _checked(path, _is_program)


def needed_libraries(path: Path) -> tuple[str, ...]:
    """Return the names (DT_NEEDED) of the libraries the loader looks for. Raises NotElfError or OSError."""
    return _checked(path, lambda file: tuple(_needed(file)))


def _checked(path: Path, read: Callable[[IO[bytes]], _T]) -> _T:
    with path.open("rb") as file:
        try:
            return read(file)
        except NotElfError:
            raise
        except (
            struct.error,
            StopIteration,
            ValueError,
            OverflowError,
        ) as error:  # an offset beyond all files
            raise NotElfError(f"{path} is damaged") from error


def _loader(file: IO[bytes]) -> str:
    places = [offset for kind, offset, _, _ in _segments(file) if kind == _PT_INTERP]
    return _string(file, places[0]) if places else ""


def _is_program(file: IO[bytes]) -> bool:
    if _header(file)[1] == _ET_EXEC:
        return True
    segments = list(_segments(file))
    entries = _dynamic_entries(file, segments)
    return any(kind == _PT_INTERP for kind, *_ in segments) or any(
        tag == _DT_FLAGS_1 and value & _DF_1_PIE for tag, value in entries
    )


def _dynamic_entries(file: IO[bytes], segments: list[tuple[int, int, int, int]]) -> list[tuple[int, int]]:
    """Return tags and values of the dynamic section; none if a file is linked statically."""
    dynamic = next((segment for segment in segments if segment[0] == _PT_DYNAMIC), None)
    if dynamic is None:
        return []
    file.seek(dynamic[1])
    size = min(dynamic[3], os.fstat(file.fileno()).st_size)  # whatever a damaged file claims
    return list(_ENTRY.iter_unpack(file.read(size // _ENTRY.size * _ENTRY.size)))


def _needed(file: IO[bytes]) -> Iterator[str]:
    segments = list(_segments(file))
    entries = _dynamic_entries(file, segments)
    strings = next((value for tag, value in entries if tag == _DT_STRTAB), None)
    offsets = [value for tag, value in entries if tag == _DT_NEEDED]
    if offsets and strings is None:
        raise NotElfError("there is no string table")
    for offset in offsets:
        yield _string(file, _file_offset(segments, (strings or 0) + offset))


def _header(file: IO[bytes]) -> tuple[Any, ...]:
    file.seek(0)
    fields = _HEADER.unpack(file.read(_HEADER.size))
    if fields[0][:4] != _MAGIC or fields[0][4:6] != _LITTLE_ENDIAN_64_BIT:
        raise NotElfError("not a 64-bit little-endian ELF file")
    return fields


def _segments(file: IO[bytes]) -> Iterator[tuple[int, int, int, int]]:
    """Yield type, offset in the file, virtual address and size in the file of each segment."""
    fields = _header(file)
    start, size, count = fields[5], fields[9], fields[10]
    for number in range(count):
        file.seek(start + number * size)
        kind, _, offset, address, _, file_size, _, _ = _SEGMENT.unpack(file.read(_SEGMENT.size))
        yield kind, offset, address, file_size


def _file_offset(segments: list[tuple[int, int, int, int]], address: int) -> int:
    for kind, offset, start, size in segments:
        if kind == _PT_LOAD and start <= address < start + size:
            return offset + address - start
    raise NotElfError(f"the address {address:#x} is in no segment")


def _string(file: IO[bytes], offset: int) -> str:
    file.seek(offset)
    return file.read(_LONGEST_NAME).partition(b"\0")[0].decode("utf-8", errors="replace")
