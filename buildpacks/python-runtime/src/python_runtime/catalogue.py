"""The catalogue `runtimes.toml`: which archives there are, and until when each line is supported."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from buildpack_api import toml
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
# What a row need not say: all archives of the buildpack's own catalogue are for this.
_DEFAULTS = {"os": "linux", "libc": "gnu"}
_NAMES = ("version", "os", "arch", "libc", "tag", "path", "sha256")
_T = TypeVar("_T")
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_LINE = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Runtime:
    """One archive. ``path`` is relative to a base URL and percent-encoded; ``sha256`` in lower-case hex.

    A row of the file may leave out ``os`` and ``libc``: they are linux and gnu then.
    """

    version: str
    os: str
    arch: str
    libc: str
    tag: str
    path: str
    sha256: str

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
class Catalogue:
    """All runtimes, oldest first; ``lines`` holds each line's end of life, ``default`` is one of them."""

    default: str
    bases: tuple[str, ...]
    lines: Mapping[str, dt.date]
    runtimes: tuple[Runtime, ...]
    file: Path

    def for_target(self, os: str, arch: str) -> tuple[Runtime, ...]:
        """Return the runtimes for an operating system and architecture, oldest first."""
        return tuple(r for r in self.runtimes if (r.os, r.arch, r.libc) == (os, arch, "gnu"))


def load(path: Path) -> Catalogue:
    """Read and check a catalogue. Raises TomlError, or ConfigurationError naming file and faulty value."""
    document = toml.load(path)
    if document.get("schema") != SCHEMA:
        raise _fault(path, f"schema is {document.get('schema')!r}; this buildpack reads schema {SCHEMA}")
    lines = {
        name: _end_of_life(name, table, path) for name, table in _get(document, "lines", dict, path).items()
    }
    rows = _get(document, "runtime", list, path)
    runtimes = tuple(_runtime(row, lines, path) for row in rows)
    default = _get(document, "default", str, path)
    if default not in {runtime.line for runtime in runtimes}:
        raise _fault(path, f"default is {default!r}, and there is no runtime of that line")
    _refuse_doubles(runtimes, path)
    bases = tuple(str(base) for base in _get(document, "bases", list, path))
    return Catalogue(default, bases, lines, tuple(sorted(runtimes, key=lambda r: r.numbers)), path)


def _end_of_life(name: str, table: object, path: Path) -> dt.date:
    value = table.get("end-of-life") if isinstance(table, dict) else None
    if not _LINE.fullmatch(name) or not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise _fault(path, f'[lines."{name}"] needs a date: end-of-life = YYYY-MM-DD')
    return value


def _runtime(row: object, lines: Mapping[str, dt.date], path: Path) -> Runtime:
    if not isinstance(row, dict):
        raise _fault(path, "'runtime' is not an array of tables")
    row = {**_DEFAULTS, **row}
    runtime = Runtime(**{name: _get(row, name, str, path) for name in _NAMES})
    if not _VERSION.fullmatch(runtime.version) or runtime.line not in lines:
        raise _fault(path, f"version {runtime.version!r} is not X.Y.Z of one of the [lines]")
    if not _SHA256.fullmatch(runtime.sha256):
        raise _fault(path, f"sha256 of {runtime.version} is not 64 lower-case hex digits: {runtime.sha256!r}")
    if runtime.path.startswith("/") or ".." in runtime.path.split("/") or "://" in runtime.path:
        raise _fault(path, f"path of {runtime.version} is not relative: {runtime.path!r}")
    return runtime


def _refuse_doubles(runtimes: tuple[Runtime, ...], path: Path) -> None:
    seen = set()
    for runtime in runtimes:
        identity = (runtime.version, runtime.os, runtime.arch, runtime.libc)
        if identity in seen:
            raise _fault(
                path, f"there are two runtimes {'/'.join(identity[1:])} of version {runtime.version}"
            )
        seen.add(identity)


def _get(table: Mapping[str, Any], key: str, kind: type[_T], path: Path) -> _T:
    value = table.get(key)
    if not isinstance(value, kind):
        raise _fault(path, f"{key!r} is missing, or not a {kind.__name__}")
    return value


def _fault(path: Path, detail: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is not a catalogue of Python runtimes",
        detail=detail,
        advice="Compare it with data/runtimes.toml of this buildpack.",
    )
