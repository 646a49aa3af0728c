"""The catalogue `runtimes.toml`: which archives there are, and until when each line is supported.

What a file may say is decided here alone, so that whoever maintains a catalogue hears of a fault before
a build does.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
# What a row need not say: all archives of the buildpack's own catalogue are for this.
_DEFAULTS = {"os": "linux", "libc": "gnu"}
LARGEST = 1 << 30
"""What an archive may have whose row does not tell its size, in bytes: several times of what any has."""
_NAMES = ("version", "os", "arch", "libc", "tag", "path", "sha256")
_T = TypeVar("_T")
_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
_LINE = re.compile(r"[1-9]\d{0,5}\.(0|[1-9]\d{0,5})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class CatalogueError(ValueError):
    """A document is no catalogue. ``place`` are the keys and indexes of the faulty value."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True)
class Runtime:
    """One archive. ``path`` is relative to a base URL and percent-encoded; ``sha256`` in lower-case hex.

    A row of the file may leave out ``os`` and ``libc``: they are linux and gnu then; and ``size``, in bytes.
    """

    version: str
    os: str
    arch: str
    libc: str
    tag: str
    path: str
    sha256: str
    size: int | None = None

    @property
    def most_bytes(self) -> int:
        """How many bytes of it are to be read."""
        return LARGEST if self.size is None else self.size

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The version as numbers, for comparing."""
        major, minor, patch = map(int, self.version.split("."))
        return major, minor, patch

    @property
    def line(self) -> str:
        """The release line it belongs to, such as "3.14"."""
        return self.version.rpartition(".")[0]


@dataclass(frozen=True)
class RuntimesCatalogue:
    """All runtimes, oldest first; ``lines`` holds each line's end of life, ``default`` is one of them."""

    default: str
    bases: tuple[str, ...]
    lines: Mapping[str, dt.date]
    runtimes: tuple[Runtime, ...]
    file: Path

    def for_target(self, os: str, arch: str) -> tuple[Runtime, ...]:
        """Return the runtimes for an operating system and architecture, oldest first."""
        return tuple(r for r in self.runtimes if (r.os, r.arch, r.libc) == (os, arch, "gnu"))


def parse(document: Mapping[str, Any], file: Path) -> RuntimesCatalogue:
    """Check a document that was read from ``file``. Raises CatalogueError for the first faulty value."""
    if document.get("schema") != SCHEMA:
        raise CatalogueError(f"schema is {document.get('schema')!r}, not {SCHEMA}", "schema")
    lines = {name: _end_of_life(name, table) for name, table in _get(document, "lines", dict).items()}
    rows = enumerate(_get(document, "runtime", list))
    runtimes = tuple(_runtime(row, lines, ("runtime", index)) for index, row in rows)
    default = _get(document, "default", str)
    if default not in {runtime.line for runtime in runtimes}:
        raise CatalogueError(f"default is {default!r}, and there is no runtime of that line", "default")
    _refuse_doubles(runtimes)
    bases = tuple(_get(document, "bases", list))
    if not all(isinstance(base, str) for base in bases):
        raise CatalogueError("'bases' is not a list of strings", "bases")
    return RuntimesCatalogue(
        default, bases, lines, tuple(sorted(runtimes, key=lambda one: one.numbers)), file
    )


def _end_of_life(name: str, table: object) -> dt.date:
    value = table.get("end-of-life") if isinstance(table, dict) else None
    if not _LINE.fullmatch(name) or not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        message = f'[lines."{name}"] needs a date: end-of-life = YYYY-MM-DD'
        raise CatalogueError(message, "lines", name, "end-of-life")
    return value


def _runtime(row: object, lines: Mapping[str, dt.date], place: tuple[str | int, ...]) -> Runtime:
    if not isinstance(row, dict):
        raise CatalogueError("'runtime' is not an array of tables", *place)
    row = {**_DEFAULTS, **row}
    runtime = Runtime(**{name: _get(row, name, str, place) for name in _NAMES}, size=_size(row, place))
    if not _VERSION.fullmatch(runtime.version) or runtime.line not in lines:
        message = f"version {runtime.version!r} is not X.Y.Z of one of the [lines]"
        raise CatalogueError(message, *place, "version")
    if not _SHA256.fullmatch(runtime.sha256):
        message = f"sha256 of {runtime.version} is not 64 lower-case hex digits: {runtime.sha256!r}"
        raise CatalogueError(message, *place, "sha256")
    if runtime.path.startswith("/") or ".." in runtime.path.split("/") or "://" in runtime.path:
        message = f"path of {runtime.version} is not relative: {runtime.path!r}"
        raise CatalogueError(message, *place, "path")
    return runtime


def _size(row: Mapping[str, Any], place: tuple[str | int, ...]) -> int | None:
    if "size" not in row:
        return None
    size = _get(row, "size", int, place)
    if isinstance(size, bool) or not 0 < size <= LARGEST:
        raise CatalogueError(f"size is {size!r}, not a number of bytes up to {LARGEST}", *place, "size")
    return size


def _refuse_doubles(runtimes: tuple[Runtime, ...]) -> None:
    seen = set()
    for index, runtime in enumerate(runtimes):
        identity = (runtime.version, runtime.os, runtime.arch, runtime.libc)
        if identity in seen:
            message = f"there are two runtimes {'/'.join(identity[1:])} of version {runtime.version}"
            raise CatalogueError(message, "runtime", index, "version")
        seen.add(identity)


def _get(table: Mapping[str, Any], key: str, kind: type[_T], place: tuple[str | int, ...] = ()) -> _T:
    value = table.get(key)
    if not isinstance(value, kind):
        raise CatalogueError(f"{key!r} is missing, or not a {kind.__name__}", *place, key)
    return value
