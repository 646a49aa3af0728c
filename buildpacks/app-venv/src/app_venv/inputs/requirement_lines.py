"""The lines of a requirements file, read by pip's rules (pip documentation, 'Requirements File Format').

This reader decides nothing that pip decides: it says so of what it does not understand, and the caller treats
that as something that cannot be relied on.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
# What people write: in small letters, with blanks, or with a default as in a shell, too.
_REFERENCE = re.compile(r"\$\{\s*([A-Za-z_][A-Za-z0-9_]*)(?:\s*|[:\-+?=][^{}]*)\}")
_CODING = rb"coding[:=]\s*([-\w.]+)"
# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
)
# What tools that lock write. It means what it says, and loading the parser takes longer than a whole file.
_ONLY_HASHES = re.compile(r"(--hash=[\w:-]+ *)*")


@dataclass(frozen=True)
class RequirementLine:
    """A logical line. ``written`` is what it was before variables were replaced.

    ``requirement`` is what stands before the first option; ``understood`` is False if the options are none
    that pip documents; ``options`` is all that stands there, if there is more than hashes.
    ``hashes_optional``: it lets in what has no hash beside what has one.
    """

    number: int
    text: str
    requirement: str = ""
    includes: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    understood: bool = True
    hashes_optional: bool = False
    options: str = field(default="", compare=False)
    written: str = field(default="", compare=False)


@dataclass(frozen=True)
class PlacedLine:
    """A line where it was read. ``folder`` is that of its file; ``constraint``: it only limits the others."""

    place: str
    folder: Path
    line: RequirementLine
    constraint: bool = False


def decode(content: bytes) -> str:
    """Decode as pip does; what cannot be decoded is kept as surrogates."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    for line in content.split(b"\n")[:2]:
        found = re.search(_CODING, line) if line.startswith(b"#") else None
        if found:
            try:
                return content.decode(found[1].decode("ascii"))
            except (LookupError, UnicodeDecodeError):
                break
    return content.decode("utf-8", "surrogateescape")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace each ``${NAME}`` that is set and not empty."""
    return _VARIABLE.sub(lambda match: variables.get(match[1]) or match[0], text)


def unfilled(text: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of all ``${NAME}`` that `expand` leaves, and of those that pip never fills."""
    found = (match for match in _REFERENCE.finditer(text) if expand(match[0], variables) == match[0])
    return tuple(dict.fromkeys(match[1] for match in found))


def read_lines(text: str, variables: Mapping[str, str]) -> Iterator[RequirementLine]:
    """Yield the logical lines that are not empty, with continued lines joined and variables expanded."""
    for number, joined in _joined(text):
        written = _COMMENT.sub("", joined).strip()
        line = expand(written, variables)
        if line:
            yield replace(_parse(number, line), written=written)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number of the first physical line, and the joined text. A comment ends a continuation."""
    start, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        comment = _COMMENT.match(line) is not None
        start = start if parts else number
        if line.endswith("\\") and not comment:
            parts.append(line.strip("\\"))
            continue
        yield start, "".join([*parts, f" {line}" if comment else line])
        parts = []
    if parts:
        yield start, "".join(parts)


def _parse(number: int, text: str) -> RequirementLine:
    tokens = text.split(" ")
    count = next((index for index, token in enumerate(tokens) if token.startswith("-")), len(tokens))
    requirement = " ".join(tokens[:count]).strip()
    options = " ".join(tokens[count:])
    if _ONLY_HASHES.fullmatch(options):
        hashes = tuple(word.removeprefix("--hash=") for word in options.split())
        return RequirementLine(number, text, requirement, hashes=hashes)
    from app_venv.inputs.requirement_options import read_options  # few files have others

    found = read_options(options)
    if found is None:
        return RequirementLine(number, text, requirement, understood=False, options=options)
    values, rest = found
    return RequirementLine(
        number,
        text,
        requirement,
        includes=tuple(values.requirement or ()),
        constraints=tuple(values.constraint or ()),
        editables=tuple(values.editable or ()),
        hashes=tuple(values.hash or ()),
        understood=not rest,
        hashes_optional=bool(values.no_require_hashes),
        options=options,
    )
