"""Reading `runtimes.toml`: the lines of Python, and the archive of each version for each target."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed
from buildpack_release.model.finding import Finding, raise_first_error
from buildpack_release.model.settings import PackageSettings
from buildpack_release.model.table import Table
from buildpack_release.model.targets import Target
from buildpack_release.model.toml_source import TomlSource
from buildpack_release.runtimes.published import Published

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_release.model.repository import Buildpack, Repository

SCHEMA = 1
FILE = Path("data/runtimes.toml")
"""Where a buildpack has its catalogue."""

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_LINE = re.compile(r"[1-9]\d*\.(0|[1-9]\d*)")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Catalogue:
    """A catalogue: the default line, base URLs, each line's end of life, all archives, oldest first."""

    path: Path
    default: str
    bases: tuple[str, ...]
    lines: Mapping[str, dt.date]
    archives: tuple[Published, ...]

    @classmethod
    def read(cls, path: Path) -> Catalogue:
        """Read a file. Raises CheckFailed, with the line, for what is not a catalogue."""
        return cls.parse(TomlSource.read(path))

    @classmethod
    def parse(cls, source: TomlSource) -> Catalogue:
        """Read what was parsed already. Raises as read() does."""
        if source.data.get("schema") != SCHEMA:
            raise CheckFailed(f"this is not a catalogue of runtimes of schema {SCHEMA}", file=source.path)
        findings: list[Finding] = []
        root = Table.root(source, findings)
        lines = {
            name: _end_of_life(root.table("lines").table(name), name) for name in root.table("lines").data
        }
        archives = [_archive(row, lines) for row in root.tables("runtime")]
        default = root.string("default", required=True)
        bases = root.strings("bases")
        raise_first_error(findings)
        known = sorted(archive for archive in archives if archive)
        if default not in {archive.line for archive in known}:
            raise CheckFailed(
                f'there is no archive of the default line "{default}"',
                file=source.path,
                line=source.line("default"),
            )
        return cls(source.path, default, bases, lines, tuple(known))

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets that there is an archive for."""
        return tuple(sorted({target_of(archive) for archive in self.archives}))


def target_of(archive: Published) -> Target:
    """Give the target that an archive is for."""
    return Target("linux", archive.arch)


def spans(archives: Sequence[Published]) -> str:
    """Return the versions of a line's archives, consecutive ones joined: "3.11.1, 3.11.3 to 3.11.5"."""
    numbered = enumerate(sorted(archives))
    groups = groupby(numbered, key=lambda item: item[1].version[2] - item[0])
    runs = [[archive.text for _, archive in group] for _, group in groups]
    return ", ".join(" to ".join(dict.fromkeys((run[0], run[-1]))) for run in runs)


def keeper(repository: Repository) -> Buildpack:
    """Return the buildpack that has the catalogue: the setting `runtimes`. Raises CheckFailed, UsageError."""
    if named := PackageSettings.read(repository.root).runtimes:
        return repository.get(named)
    raise CheckFailed(
        "no buildpack of this repository has a catalogue of runtimes",
        advice='Name one in pyproject.toml: [tool.buildpack-release] runtimes = "<id>"',
    )


def _end_of_life(table: Table, name: str) -> dt.date:
    value = table.data.get("end-of-life")
    if not _LINE.fullmatch(name) or not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        table.error("end-of-life", f'the line "{name}" needs a date: end-of-life = YYYY-MM-DD')
        return dt.date.min
    return value


def _archive(row: Table, lines: Mapping[str, dt.date]) -> Published | None:
    """Read a row; one that is for another system or C library than the default is passed over."""
    version, sha256, path = (row.string(key, required=True) for key in ("version", "sha256", "path"))
    numbers = _VERSION.fullmatch(version)
    if not numbers or version.rpartition(".")[0] not in lines:
        row.error("version", f'"{version}" is not X.Y.Z of one of the [lines]', "version")
        return None
    if not _SHA256.fullmatch(sha256):
        row.error("sha256", f'"{sha256}" is not a SHA-256 in lower case', "sha256")
    if path.startswith("/") or "://" in path or ".." in path.split("/"):
        row.error("path", f'"{path}" is not a path below a base URL', "path")
    if (row.string("os") or "linux", row.string("libc") or "gnu") != ("linux", "gnu"):
        return None
    major, minor, patch = (int(number) for number in numbers.groups())
    return Published((major, minor, patch), row.string("arch"), row.string("tag"), path, sha256)
