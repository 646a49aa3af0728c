"""Small ELF files, as far as whoever reads their dynamic sections looks at them (System V ABI)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EXECUTABLE, SHARED, RELOCATABLE = 2, 3, 1
X86_64, AARCH64 = 62, 183
PIE = 0x08000000
_HEADER, _SEGMENT, _ENTRY = (struct.Struct(layout) for layout in ("<16sHHIQQQIHHHHHH", "<IIQQQQQQ", "<qQ"))
_BASE = 0x400000  # where the file is mapped: addresses differ from offsets


def elf_file(
    needed: Sequence[str] = (),
    *,
    runpath: str = "",
    kind: int = SHARED,
    machine: int = X86_64,
    content: bytes = b"",
    loader: str = "",
    flags_1: int = 0,
) -> bytes:
    """Return a 64-bit little-endian file with these DT_NEEDED entries, and with ``content`` in its data.

    With a ``loader`` (PT_INTERP) it can be started, as far as that loader finds what it needs; without one it
    is a program that crashes at once. ``flags_1`` is DT_FLAGS_1.
    """
    strings = bytearray(b"\0")
    entries = []
    for tag, text in [*((1, name) for name in needed), *((29, path) for path in [runpath] if path)]:
        entries.append((tag, len(strings)))
        strings += text.encode() + b"\0"
    entries += [(0x6FFFFFFB, flags_1)] if flags_1 else []
    interpreter = loader.encode() + b"\0" if loader else b""
    count = 3 if loader else 2
    start = _HEADER.size + count * _SEGMENT.size
    symbols = bytes(24)
    body = bytes(strings) + interpreter + content
    body += bytes(-len(body) % 8)
    at = start + len(body)
    table = [(5, _BASE + start), (10, len(strings)), (6, _BASE + at), (11, len(symbols)), (0, 0)]
    dynamic = b"".join(_ENTRY.pack(*entry) for entry in [*entries, *table])
    at += len(symbols)
    total = at + len(dynamic)
    identity = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = _HEADER.pack(
        identity, kind, machine, 1, 0, _HEADER.size, 0, 0, 64, _SEGMENT.size, count, 0, 0, 0
    )
    segments = [(1, 6, 0, total, 4096), (2, 6, at, len(dynamic), 8)]
    if loader:
        segments.insert(0, (3, 4, start + len(strings), len(interpreter), 1))
    packed = b"".join(
        _SEGMENT.pack(kind, flags, offset, _BASE + offset, _BASE + offset, size, size, alignment)
        for kind, flags, offset, size, alignment in segments
    )
    return header + packed + body + symbols + dynamic
