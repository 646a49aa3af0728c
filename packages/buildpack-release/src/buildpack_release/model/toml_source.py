"""A TOML file together with its text, so that a fault found in the data can be shown with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import TooDeeplyNestedError, parse_toml
from buildpack_release.errors import CheckFailed, ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.toml_lines import Key

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

        Raises CheckFailed, with file and line, for text that is not TOML or not UTF-8, and ReleaseError when
        the file cannot be read.
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
        return cls.parse(text, path)

    @classmethod
    def parse(cls, text: str, path: Path) -> TomlSource:
        """Parse text that was read from `path` (for messages only). Raises CheckFailed with file and line."""
        try:
            data = parse_toml(text)
        except TooDeeplyNestedError as error:
            raise CheckFailed(f"not valid TOML: {error}", file=path) from None
        except ValueError as error:
            found = _POSITION.search(str(error))
            line = int(found.group(1)) if found else text.rstrip().count("\n") + 1
            raise CheckFailed(f"not valid TOML: {error}", file=path, line=line) from None
        return cls(path, text, data)

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
