"""`.python-version`: one line with X.Y or X.Y.Z, for pyenv and uv too; blank lines and comments are fine."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from python_runtime.versions.request import Request, is_plain, plain_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from python_runtime.catalogue import Catalogue

FILE = ".python-version"
_LIMIT = 65536  # bytes; a longer file is not a version file
_BLANKS = " \t\f\v"
_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHOWN_LINES = 5

_OTHERS = (
    "pypy|graalpy|graalpython|jython|ironpython|micropython|stackless|pyston|anaconda|miniconda|miniforge"
)
# What is wrong with a line, most telling first: a pattern for the whole line, and the sentence for it.
_FAULTS: tuple[tuple[str, str], ...] = (
    (rf"(?i)({_OTHERS}).*", "This buildpack provides CPython only."),
    (r"(?i)system", "'system' means the Python of the machine it is read on, and an image has none."),
    (r"(?i)latest|stable|default|newest|any|\*", "This does not say which line the app was tested with."),
    (r"(?i)(c?python[- =@]*|v)\d.*", "The version must be given without a prefix."),
    (r"[\d.]+\s*#.*", "A comment must stand on a line of its own."),
    (
        r"""['"`\u2018\u2019\u201c\u201d].*|.*['"`\u2018\u2019\u201c\u201d]""",
        "It must be given without quotes.",
    ),
    (r"[\d.]*\.?[xX*].*", "Wildcards are not allowed; X.Y already means the newest patch of that line."),
    (r"[\d.]+[- ]?t(-.*)?", "This buildpack has no free-threaded builds."),
    (r"[\d.]+[- .]?(a|b|c|rc|alpha|beta|dev|pre)[- .]?\d*", "Pre-releases are not available."),
    (
        r"[<>=~!^].*|\d.*[<>=~!,].*",
        "A range is not allowed here; it belongs in pyproject.toml.",
    ),
    (r"\d+", "The minor version is missing."),
    (r"\d+(\.\d+){3,}", "It has more than three parts."),
    (r"(\d+\.){0,2}0\d+(\.\d+)*", "Numbers must not begin with a zero."),
    (r"[\d.]*\s[\d. \t]*", "There is a blank in the version, or there are two versions on one line."),
)


def read(path: Path, catalogue: Catalogue) -> Request:
    """Read the file. Raises ConfigurationError that shows what was found and what to write instead."""
    lines = _significant_lines(_decode(_content(path, catalogue), catalogue))
    if not lines:
        raise _error("holds no version", "It is empty, or has nothing but comments.", catalogue.default)
    if len(lines) > 1:
        raise _several(lines, catalogue)
    if not is_plain(lines[0]):
        raise _invalid(lines[0], catalogue)
    return plain_request(lines[0], FILE)


def _content(path: Path, catalogue: Catalogue) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LIMIT + 1)
    except IsADirectoryError as error:
        raise ConfigurationError(f"{FILE} is a directory", advice=_how_to(catalogue.default)) from error
    except OSError as error:
        raise ConfigurationError(
            f"{FILE} cannot be read: {error.strerror}",
            detail=f"File: {path}",
            advice="Give the user that runs the build permission to read it.",
        ) from error
    if len(content) > _LIMIT:
        raise ConfigurationError(
            f"{FILE} is too long to be a version file", advice=_how_to(catalogue.default)
        )
    return content


def _decode(content: bytes, catalogue: Catalogue) -> str:
    if content.startswith(_BYTE_ORDER_MARK):
        rest = content[len(_BYTE_ORDER_MARK) :].decode("utf-8", errors="replace")
        raise _error(
            "begins with a byte order mark",
            "The first three bytes (EF BB BF) are invisible; other tools read them as part of the version.",
            _suggestion(rest, catalogue),
            hint="Save it as 'UTF-8', not as 'UTF-8 with BOM'.",
        )
    encoding = _ENCODINGS.get(content[:2])
    if encoding or b"\0" in content:
        rest = content.decode("utf-16", errors="replace") if encoding else ""
        raise _error(
            f"is encoded in {encoding or 'UTF-16'}",
            "Windows PowerShell writes such files with '>'.",
            _suggestion(rest, catalogue),
            hint="Save it as UTF-8.",
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(
            "is not encoded in UTF-8",
            f"Line {line} holds the byte 0x{content[error.start]:02X}.",
            _suggestion(content.decode("ascii", errors="ignore"), catalogue),
        ) from error


def _significant_lines(text: str) -> list[str]:
    lines = (line.strip(_BLANKS) for line in re.split(r"\r\n|\r|\n", text))
    return [line for line in lines if line and not line.startswith("#")]


def _several(lines: list[str], catalogue: Catalogue) -> ConfigurationError:
    shown = [f"  {visible(line)}" for line in lines[:_SHOWN_LINES]]
    if len(lines) > _SHOWN_LINES:
        shown.append(f"  and {len(lines) - _SHOWN_LINES} more")
    detail = "Found:\n" + "\n".join(shown)
    return _error(
        "holds more than one version", detail, _suggestion(lines[0], catalogue), hint="Keep one version."
    )


def _invalid(line: str, catalogue: Catalogue) -> ConfigurationError:
    suggestion = _suggestion(line, catalogue)
    shown = visible(line)
    if shown != line:
        odd = dict.fromkeys(char for char in line if _is_odd(char))
        names = ", ".join(f"{_code(char)} {unicodedata.name(char, 'control character')}" for char in odd)
        return _error(
            "holds characters that cannot be seen", f"Found: {shown}\nThey are: {names}", suggestion
        )
    reasons = (sentence for pattern, sentence in _FAULTS if re.fullmatch(pattern, line))
    reason = next(reasons, "A version is two or three numbers with dots between them.")
    return _error("holds no valid version", f"Found: {shown}\n{reason}", suggestion)


def visible(text: str, mark: Callable[[str], str] = lambda char: f"<{_code(char)}>") -> str:
    """Return ``text`` with every character that cannot be seen replaced by its code point."""
    return "".join(mark(char) if _is_odd(char) else char for char in text)


def _is_odd(char: str) -> bool:
    return char != " " and (not char.isprintable() or unicodedata.category(char) in {"Zs", "Mn", "Me"})


def _code(char: str) -> str:
    return f"U+{ord(char):04X}"


def _suggestion(text: str, catalogue: Catalogue) -> str:
    """Return the line that was probably meant, else the default line."""
    clean = "".join(char for char in text if not _is_odd(char))
    found = re.search(r"(?<![\d.])0*(\d{1,2})\.0*(\d{1,3})(?!\d)", clean)
    line = f"{found[1]}.{found[2]}" if found else ""
    return line if line in catalogue.lines else catalogue.default


def _error(fault: str, detail: str, suggestion: str, *, hint: str = "") -> ConfigurationError:
    advice = f"{hint}\n{_how_to(suggestion)}" if hint else _how_to(suggestion)
    return ConfigurationError(f"{FILE} {fault}", detail=detail, advice=advice)


def _how_to(version: str) -> str:
    return f"{FILE} must hold exactly this line (X.Y for the newest patch, or X.Y.Z):\n{version}"
