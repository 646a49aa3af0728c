"""A TOML file together with its text, so that a fault found in the data can be shown with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import TooDeeplyNestedError, parse_toml
from buildpack_release.errors import CheckFailed, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_release.model.toml_lines import Key

_MOST_INTEGER = 2**63 - 1
_POSITION = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True)
class TomlSource:
    """A parsed TOML file: where it is, its text and its data."""

    path: Path
    text: str = field(repr=False)
    data: dict[str, Any] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> TomlSource:
        """Read and parse a file.

        It must be TOML 1.0 on every Python, for that is what `pack` reads. Raises CheckFailed, with file and
        line, for text that is not TOML or not UTF-8, and ReleaseError when the file cannot be read.
        """
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise ReleaseError(f"cannot read this file: {error.strerror or error}", file=path) from error
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise CheckFailed("not UTF-8, as TOML has to be", file=path, line=line) from None
        source = cls.parse(text, path)
        if found := _newer_syntax(text):
            line, what = found
            raise CheckFailed(
                f"not TOML 1.0: {what}",
                advice="Only TOML 1.1 has it, and what reads packages and settings knows TOML 1.0.",
                file=path,
                line=line,
            )
        return source

    @classmethod
    def parse(cls, text: str, path: Path) -> TomlSource:
        """Parse text that was read from `path` (for messages only).

        Raises CheckFailed with file and line, also for integers that Python takes and no other parser.
        """
        if text.startswith("\ufeff"):
            advice = "Save the file as UTF-8 without one."
            raise CheckFailed("not valid TOML: a byte order mark", advice=advice, file=path, line=1)
        try:
            data = parse_toml(text)
        except TooDeeplyNestedError as error:
            raise CheckFailed(f"not valid TOML: {error}", file=path) from None
        except ValueError as error:
            found = _POSITION.search(str(error))
            line = int(found.group(1)) if found else text.rstrip().count("\n") + 1
            raise CheckFailed(f"not valid TOML: {error}", file=path, line=line) from None
        source = cls(path, text, data)
        for keys, number in _integers(data):
            if not -_MOST_INTEGER - 1 <= number <= _MOST_INTEGER:
                title = "not valid TOML: an integer of more than 64 bits"
                raise CheckFailed(title, file=path, line=source.line(*keys))
        return source

    def line(self, *keys: Key) -> int | None:
        """Line (from 1) of the value at a key path such as `("order", 0, "group", 1, "version")`.

        When that key is absent, the line of the nearest table around it; None for the document itself.
        """
        for length in range(len(keys), 0, -1):
            line = self._lines.get(keys[:length])
            if line is not None:
                return line
        return None

    @cached_property
    def _lines(self) -> dict[tuple[Key, ...], int]:
        from buildpack_release.model.toml_lines import locate  # most files have no fault to show

        return locate(self.text)


def _newer_syntax(text: str) -> tuple[int, str] | None:
    """Return where a text that was parsed is no TOML 1.0: most parsers would not have parsed it."""
    if not _takes_newer():
        return None
    from buildpack_release.model.toml_lines import newer_syntax

    return newer_syntax(text)


@cache
def _takes_newer() -> bool:
    """Tell whether the parser of this Python knows TOML 1.1."""
    try:
        parse_toml("newer = {\n}")
    except ValueError:
        return False
    return True


def _integers(value: object, *keys: Key) -> Iterator[tuple[tuple[Key, ...], int]]:
    """Yield all integers of a document with the paths to them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _integers(inner, *keys, key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _integers(inner, *keys, index)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield keys, value
