"""How an odd text is shown, what is wrong with it as a version, and which version was probably meant."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from buildpack_api import poetry_range
from python_runtime.versions.request import PythonRequest, is_plain, plain_request, range_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from buildpack_common.runtimes_catalogue import RuntimesCatalogue

_LONGEST = 100  # characters of a text that are shown
_MOST_NAMES = 5

_OTHERS = (
    "pypy|graalpy|graalpython|jython|ironpython|micropython|stackless|pyston|anaconda|miniconda|miniforge"
)
# What is wrong with a text, most telling first: a pattern for the whole text, and the sentence for it.
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
    (r"[\d.]+[- ]?t(-.*)?|[\d.]+\+freethreaded.*", "This buildpack has no free-threaded builds."),
    (r"[\d.]+[- .]?(a|b|c|rc|alpha|beta|dev|pre)[- .]?\d*", "Pre-releases are not available."),
    (r"\d+(,\d+){1,2}", "The numbers must have dots between them."),
    (r"[<>=~!^].*|\d.*[<>=~!,|].*", "A range is not allowed here; it belongs in pyproject.toml."),
    (r"\d+", "The minor version is missing."),
    (r"\d+(\.\d+){3,}", "It has more than three parts."),
    (r"(\d+\.){0,2}0\d+(\.\d+)*", "Numbers must not begin with a zero."),
    (r"[\d.]*\s[\d. \t]*", "There is a blank in the version, or there are two versions on one line."),
)
_NO_VERSION = "A version is two or three numbers with dots between them."
_LOOK_ALIKES = "It holds characters that only look like plain ones: {}."


def visible(text: str) -> str:
    """Return ``text`` with every character that cannot be seen as its code point; what is long is cut."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}..."
    return "".join(f"<{_code(char)}>" if _is_odd(char) else char for char in text)


def unseen(text: str) -> str:
    """Return the names of the characters that cannot be seen; '' if there are none."""
    return _names(char for char in text if _is_odd(char))


def why_no_version(text: str) -> str:
    """Return in a sentence what keeps ``text`` from being X.Y or X.Y.Z."""
    # The digits of other scripts look like numbers to a pattern, and some of them to people.
    others = [char for char in text if not char.isascii() and unicodedata.normalize("NFKC", char).isalnum()]
    if others and is_plain(_plain_characters(text)):
        return _LOOK_ALIKES.format(_names(others))
    reasons = (sentence for pattern, sentence in _FAULTS if re.fullmatch(pattern, text, re.ASCII))
    return next(reasons, _NO_VERSION)


def meant(text: str, catalogue: RuntimesCatalogue) -> str:
    """Return the line that was probably meant: the one named, the best of a range, else the default line."""
    clean = _plain_characters(text)
    request = as_range(clean) if len(clean) <= _LONGEST else None
    allowed = [r.line for r in catalogue.runtimes if request.allows(r.version)] if request else []
    if allowed:
        return catalogue.default if catalogue.default in allowed else allowed[-1]
    found = re.search(r"(?<![\d.])0*(\d{1,2})[.,]0*(\d{1,3})(?!\d)", clean, re.ASCII)
    line = f"{found[1]}.{found[2]}" if found else ""
    return line if line in catalogue.lines else catalogue.default


def as_range(text: str) -> PythonRequest | None:
    """Return what ``text`` means as a range, in PEP 440's or Poetry's language; None if it is none."""
    if not re.search(r"[<>=~!^]", text):
        return None
    try:
        return range_request(text, "", *poetry_range.alternatives(text))
    except ValueError:
        return None


def specifier(text: str) -> str:
    """Return the PEP 440 specifier that says what ``text`` was meant to say; '' if there is none."""
    text = text.strip()
    line = text.removesuffix(".*")
    if is_plain(line):
        return plain_request(line, "").alternatives[0]
    request = as_range(text)
    if request is None or len(request.alternatives) > 1:
        return ""
    return ",".join(sorted(request.alternatives[0].split(","), reverse=True))


def enumeration(items: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _plain_characters(text: str) -> str:
    """Return ``text`` without what cannot be seen, the digits of all scripts and widths as 0 to 9."""
    seen = (char for char in text if not _is_odd(char))
    return "".join(
        str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else _compatible(char)
        for char in seen
    )


def _compatible(char: str) -> str:
    return unicodedata.normalize("NFKC", char)


def _names(characters: Iterable[str]) -> str:
    odd = list(dict.fromkeys(characters))
    names = [f"{_code(char)} {unicodedata.name(char, 'control character')}" for char in odd[:_MOST_NAMES]]
    return ", ".join(names) + (f" and {len(odd) - _MOST_NAMES} more" if len(odd) > _MOST_NAMES else "")


def _is_odd(char: str) -> bool:
    return char != " " and (not char.isprintable() or unicodedata.category(char) in {"Zs", "Mn", "Me"})


def _code(char: str) -> str:
    return f"U+{ord(char):04X}"
