"""TOML files: reading with errors that name file and line, writing atomically."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from buildpack_api.errors import BuildpackError
from buildpack_common.files import write_atomically
from buildpack_common.parsing import TooDeeplyNestedError, parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LINE = r"\(at line (\d+), column \d+\)"


class TomlError(BuildpackError):
    """A TOML file cannot be read or parsed; ``path`` and, for a syntax error, ``line`` (from 1) say where."""

    def __init__(self, title: str, *, path: Path, line: int | None = None, detail: str = "") -> None:
        super().__init__(title, detail=detail)
        self.path = path
        self.line = line


def load(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises TomlError if it is missing, unreadable, not UTF-8 or not TOML."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise TomlError(f"Cannot read {path}: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        detail = f"Line {line} holds the byte 0x{error.object[error.start]:02X}."
        raise TomlError(f"{path} is not encoded in UTF-8", path=path, line=line, detail=detail) from error
    if text.startswith("\ufeff"):
        detail = "TOML allows none. Save the file as 'UTF-8', not as 'UTF-8 with BOM'."
        raise TomlError(f"{path} begins with a byte order mark", path=path, line=1, detail=detail)
    try:
        return parse_toml(text)
    except TooDeeplyNestedError as error:
        raise TomlError(f"{path} cannot be read", path=path, detail=str(error)) from error
    except ValueError as error:
        found = re.search(_LINE, str(error))  # else "at end of document"
        line = int(found[1]) if found else text.rstrip().count("\n") + 1
        raise TomlError(f"{path}:{line}: not valid TOML", path=path, line=line, detail=str(error)) from error


def dumps(document: Mapping[str, Any]) -> str:
    """Return the document as TOML, in the order of its keys."""
    import tomli_w  # only a build that writes something pays for it

    return tomli_w.dumps(document)


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write the document to ``path`` in one step. Raises OSError."""
    write_atomically(path, dumps(document).encode("utf-8"))
