"""`.python-version`: one line with X.Y or X.Y.Z, for pyenv and uv too; blank lines and comments are fine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from python_runtime.versions import app_file
from python_runtime.versions.request import PythonRequest, is_plain, plain_request
from python_runtime.versions.spelling import as_range, meant, specifier, unseen, visible, why_no_version

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import RuntimesCatalogue

FILE = ".python-version"
_BLANKS = " \t\f\v"
_UTF_8_MARK = b"\xef\xbb\xbf"
# The marks that encodings begin with; UTF-32's begins like UTF-16's.
_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_SHOWN_LINES = 5
_MERGE_MARKS = ("<<<<<<<", "=======", ">>>>>>>")


def read(path: Path, catalogue: RuntimesCatalogue) -> PythonRequest:
    """Read the file. Raises ConfigurationError that shows what was found and what to write instead."""
    content = app_file.read_bytes(path, how_to(catalogue.default))
    lines = _significant_lines(_decode(content, catalogue))
    if not lines:
        raise _error("holds no version", "It is empty, or has nothing but comments.", catalogue.default)
    if len(lines) > 1:
        raise _several(lines, catalogue)
    if not is_plain(lines[0]):
        raise _invalid(lines[0], catalogue)
    return plain_request(lines[0], FILE)


def how_to(version: str) -> str:
    """Return the advice to write this version; its last line is what to write."""
    return f"{FILE} must hold exactly this line (X.Y for the newest patch, or X.Y.Z):\n{version}"


def _decode(content: bytes, catalogue: RuntimesCatalogue) -> str:
    if content.startswith(_UTF_8_MARK):
        rest = content[len(_UTF_8_MARK) :].decode("utf-8", errors="replace")
        raise _error(
            "begins with a byte order mark",
            "The first three bytes (EF BB BF) are invisible; other tools read them as part of the version.",
            meant(rest, catalogue),
            hint="Save it as 'UTF-8', not as 'UTF-8 with BOM'.",
        )
    encoding = _wide_encoding(content)
    if encoding:
        raise _error(
            f"is encoded in {encoding.partition('-l')[0].upper()}",
            "Windows PowerShell writes such files with '>'.",
            meant(content.decode(encoding, errors="replace"), catalogue),
            hint="Save it as UTF-8.",
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(
            "is not encoded in UTF-8",
            f"Line {line} holds the byte 0x{content[error.start]:02X}.",
            meant(content.decode("ascii", errors="ignore"), catalogue),
        ) from error


def _wide_encoding(content: bytes) -> str:
    """Return the encoding whose characters are wider than a byte; without a mark every second byte is 0."""
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    if marked:
        return marked
    without_mark = len(content) > 2 and set(content[1::2]) == {0} and 0 not in content[::2]  # noqa: PLR2004
    return "utf-16-le" if without_mark else ""


def _significant_lines(text: str) -> list[str]:
    lines = (line.strip(_BLANKS) for line in re.split(r"\r\n|\r|\n", text))
    return [line for line in lines if line and not line.startswith("#")]


def _several(lines: list[str], catalogue: RuntimesCatalogue) -> ConfigurationError:
    shown = [f"  {visible(line)}" for line in lines[:_SHOWN_LINES]]
    if len(lines) > _SHOWN_LINES:
        shown.append(f"  and {len(lines) - _SHOWN_LINES} more")
    versions = [line for line in lines if not line.startswith(_MERGE_MARKS)] or lines
    unmerged = len(versions) < len(lines)
    return _error(
        "holds more than one version",
        "Found:\n" + "\n".join(shown),
        meant(versions[0], catalogue),
        hint="It holds the marks of a merge that is not finished." if unmerged else "Keep one version.",
    )


def _invalid(line: str, catalogue: RuntimesCatalogue) -> ConfigurationError:
    found = f"Found: {visible(line)}"
    names = unseen(line)
    if names:
        fault = "holds characters that cannot be seen"
        return _error(fault, f"{found}\nThey are: {names}", meant(line, catalogue))
    detail = f"{found}\n{why_no_version(line)}"
    if as_range(line) is not None and specifier(line):
        detail += f'\nThere it is, below [project]: requires-python = "{specifier(line)}"'
    return _error("holds no valid version", detail, meant(line, catalogue))


def _error(fault: str, detail: str, suggestion: str, *, hint: str = "") -> ConfigurationError:
    advice = f"{hint}\n{how_to(suggestion)}" if hint else how_to(suggestion)
    return ConfigurationError(f"{FILE} {fault}", detail=detail, advice=advice)
