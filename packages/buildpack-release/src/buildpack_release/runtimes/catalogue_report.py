"""The catalogue of runtimes as a table, and as data."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from buildpack_release.runtimes.archive_catalogue import target_of
from buildpack_release.text import columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.runtimes.archive_catalogue import ArchiveCatalogue
    from buildpack_release.runtimes.published import PublishedArchive

_NOTICE = dt.timedelta(days=365)


def show(catalogue: ArchiveCatalogue, today: dt.date) -> str:
    """Return a table with one line of Python a row, the newest first."""
    rows = [("LINE", "END OF LIFE", "", "NEWEST", "VERSIONS", "ARCHIVES", "TARGETS")]
    for line in _lines(catalogue):
        archives = _of_line(catalogue, line)
        rows.append(
            (
                f"{line} (default)" if line == catalogue.default else line,
                str(catalogue.lines[line]),
                _state(catalogue.lines[line], today),
                archives[-1].text if archives else "-",
                str(len({archive.version for archive in archives})),
                str(len(archives)),
                " ".join(_targets(archives)) or "-",
            )
        )
    return columns(rows)


def show_data(catalogue: ArchiveCatalogue) -> dict[str, Any]:
    """Return the same as data for JSON, with all versions."""
    return {
        "default": catalogue.default,
        "bases": list(catalogue.bases),
        "lines": [_line_data(catalogue, line) for line in _lines(catalogue)],
    }


def _line_data(catalogue: ArchiveCatalogue, line: str) -> dict[str, Any]:
    archives = _of_line(catalogue, line)
    return {
        "line": line,
        "default": line == catalogue.default,
        "end-of-life": str(catalogue.lines[line]),
        "newest": archives[-1].text if archives else None,
        "versions": list(dict.fromkeys(archive.text for archive in archives)),
        "archives": len(archives),
        "targets": list(_targets(archives)),
    }


def _lines(catalogue: ArchiveCatalogue) -> list[str]:
    return sorted(catalogue.lines, key=lambda line: [int(number) for number in line.split(".")], reverse=True)


def _of_line(catalogue: ArchiveCatalogue, line: str) -> list[PublishedArchive]:
    return [archive for archive in catalogue.archives if archive.line == line]


def _targets(archives: list[PublishedArchive]) -> Iterator[str]:
    yield from (str(target) for target in sorted({target_of(archive) for archive in archives}))


def _state(end: dt.date, today: dt.date) -> str:
    if end < today:
        return "ended"
    return "ends within a year" if end - today <= _NOTICE else ""
