"""Small ELF files, as far as whoever reads their dynamic sections looks at them (System V ABI)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

EXECUTABLE, SHARED, RELOCATABLE = 2, 3, 1
X86_64, AARCH64 = 62, 183
_HEADER, _SEGMENT, _ENTRY = (struct.Struct(layout) for layout in ("<16sHHIQQQIHHHHHH", "<IIQQQQQQ", "<qQ"))
_BASE = 0x400000  # where the file is mapped: addresses differ from offsets


def elf_file(
    needed: Sequence[str] = (),
    *,
    runpath: str = "",
    kind: int = SHARED,
    machine: int = X86_64,
    content: bytes = b"",
) -> bytes:
    """Return a 64-bit little-endian file with these DT_NEEDED entries, and with ``content`` in its data."""
    strings = bytearray(b"\0")
    entries = []
    for tag, text in [*((1, name) for name in needed), *((29, path) for path in [runpath] if path)]:
        entries.append((tag, len(strings)))
        strings += text.encode() + b"\0"
    start = _HEADER.size + 2 * _SEGMENT.size
    dynamic = b"".join(
        _ENTRY.pack(*entry) for entry in [*entries, (5, _BASE + start), (10, len(strings)), (0, 0)]
    )
    body = bytes(strings) + content + bytes(-(len(strings) + len(content)) % 8)
    total = start + len(body) + len(dynamic)
    identity = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = _HEADER.pack(identity, kind, machine, 1, 0, _HEADER.size, 0, 0, 64, _SEGMENT.size, 2, 0, 0, 0)
    load = _SEGMENT.pack(1, 5, 0, _BASE, _BASE, total, total, 4096)
    at = start + len(body)
    section = _SEGMENT.pack(2, 6, at, _BASE + at, _BASE + at, len(dynamic), len(dynamic), 8)
    return header + load + section + body + dynamic
