"""Traces of the libraries inside programs: texts that only the library brings, whoever is linked to it.

Archives have the libraries linked into the interpreter, into libpython or into extension modules, and no list
of them. Finding traces needs no running: they are found in archives for other machines, too.
"""

from __future__ import annotations

import mmap
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.elf import is_loadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BEFORE, _AFTER = 24, 72  # bytes around a text that its pattern may look at


@dataclass(frozen=True)
class Trace:
    """How a library is found: by ``text`` and, where another text has its version, by ``pattern``.

    The first group of the pattern is the version. It is looked for around ``anchor``; without one, ``text``
    alone is too little to tell, and the library is there only where the pattern is found around it. ``major``
    are the first numbers of the versions of a library that has its version as a text by itself: that counts
    if there is but one.
    """

    text: bytes
    pattern: bytes = b""
    anchor: bytes = b""
    major: tuple[int, ...] = ()


TRACES: Mapping[str, Trace] = {
    "berkeley-db": Trace(b"Berkeley DB ", rb"Berkeley DB (\d+\.\d+\.\d+): \("),
    "bzip2": Trace(
        b"bzip2/libbzip2: internal error number ",
        rb"\0(1\.\d+\.\d+), \d{1,2}-[A-Z][a-z]{2}-\d{4}\0",
        b"\x001.",
    ),
    "expat": Trace(b"expat_", rb"\0expat_(\d+\.\d+\.\d+)\0"),
    "gdbm": Trace(b"GDBM version ", rb"GDBM version (\d+\.\d+(\.\d+)?)\b"),
    "libedit": Trace(b"Cannot read termcap database;"),
    "libffi": Trace(b"/ffiXXXXXX\0"),
    "libuuid": Trace(b"/var/lib/libuuid/clock.txt\0"),
    "libx11": Trace(b"XKEYSYMDB\0"),
    "libxau": Trace(b".Xauthority\0"),
    "libxcb": Trace(b"XC-MISC\0"),
    "mpdecimal": Trace(b"libmpdec: internal error in "),
    "ncurses": Trace(b"ncurses ", rb"ncurses (\d+\.\d+)\.\d{8}\0"),
    "openssl": Trace(b"OpenSSL ", rb"OpenSSL (\d+\.\d+\.\d+[a-z]?) +\d{1,2} [A-Z][a-z]{2} \d{4}\0"),
    "readline": Trace(b"/etc/inputrc\0"),
    "sqlite": Trace(b"SQLite format 3\0"),
    "tcl": Trace(b"tcl_pkgPath\0", major=(8, 9)),
    "tk": Trace(b"tk_strictMotif\0", major=(8, 9)),
    "xz": Trace(b"\xfd7zXZ\0", major=(5,)),
    "zlib": Trace(b" inflate ", rb" inflate (\d+(\.\d+)+) Copyright"),
    "zstd": Trace(b"Frame requires too much memory for decoding\0"),
}


def libraries_in(program: Path) -> dict[str, str]:
    """Return the libraries that left a trace in a file, with their versions, '' where it tells none.

    Raises OSError.
    """
    with _content(program) as content:
        found = {name: _version(content, trace) for name, trace in TRACES.items()}
    return {name: version for name, version in found.items() if version is not None}


def has_text(program: Path, text: str) -> bool:
    """Whether a text that is a version, or ends with it, is in the file. Raises OSError.

    Linkers keep a text that another one ends with only once, so something may go before it.
    """
    with _content(program) as content:
        places = _places(content, text.encode() + b"\0")
        return any(content[place - 1] not in b"0123456789." for place in places if place)


@contextmanager
def _content(file: Path) -> Iterator[mmap.mmap]:
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def programs(tree: Path, line: str) -> Iterator[Path]:
    """Yield what can be run or loaded, sorted, but for the packages in the archive. Raises OSError."""
    packages = tree / "lib" / f"python{line}" / "site-packages"
    for directory, folders, names in os.walk(tree):
        folders[:] = sorted(name for name in folders if Path(directory, name) != packages)
        for path in (Path(directory, name) for name in sorted(names)):
            if not path.is_symlink() and is_loadable(path):
                yield path


def _version(content: mmap.mmap, trace: Trace) -> str | None:
    """Return the version that the trace tells, '' if it tells none, and None if there is no trace."""
    if content.find(trace.text) < 0:
        return None
    if not trace.pattern:
        return _lonely(content, trace.major)
    pattern = re.compile(trace.pattern)
    for place in _places(content, trace.anchor or trace.text):
        match = pattern.search(content[max(0, place - _BEFORE) : place + _AFTER])
        if match:
            return match[1].decode("ascii")
    return "" if trace.anchor else None


def _places(content: mmap.mmap, text: bytes) -> Iterator[int]:
    place = content.find(text)
    while place >= 0:
        yield place
        place = content.find(text, place + 1)


def _lonely(content: mmap.mmap, majors: tuple[int, ...]) -> str:
    """Return the only text that is a version with one of these first numbers, '' unless there is one."""
    found = set()
    for major in majors:
        pattern = re.compile(rb"\0(%d\.\d{1,2}\.\d{1,3})\0" % major)
        places = _places(content, b"\0%d." % major)
        found |= {match[1] for place in places if (match := pattern.match(content[place : place + 16]))}
    return found.pop().decode("ascii") if len(found) == 1 else ""
