"""What one source asks for: a range of versions, and where it was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

_PLAIN = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})(?:\.(0|[1-9]\d{0,4}))?")
_WILDCARD = re.compile(r"(?P<release>\d+(?:\.\d+)?)\.(?:\*|[xX])")

# Python refuses to read numbers of thousands of digits, and packaging reads them only when it compares.
_ENDLESS = re.compile(r"\d{10}")


class RequestKind(Enum):
    """How narrow a request is: any patch of one line, exactly one version, or whatever a range allows."""

    LINE = auto()
    EXACT = auto()
    RANGE = auto()


@dataclass(frozen=True)
class PythonRequest:
    """A request for Python. ``text`` is as it was written, ``source`` says where, in words for people.

    A version satisfies it if it satisfies one of ``alternatives``, which are version specifiers of PEP 440.
    ``pinned`` is X.Y or X.Y.Z, if given.
    """

    text: str
    source: str
    kind: RequestKind
    alternatives: tuple[str, ...]
    pinned: str = ""

    def allows(self, version: str) -> bool:
        """Whether the final release ``version`` satisfies the request."""
        if self.kind is RequestKind.LINE:
            return version.startswith(f"{self.pinned}.")
        if self.kind is RequestKind.EXACT:
            return version == self.pinned
        from packaging.specifiers import SpecifierSet  # 10 ms, only for a range

        return any(SpecifierSet(one).contains(version) for one in self.alternatives)

    @property
    def line(self) -> str:
        """The line of a pinned version, such as "3.14"; empty for a range."""
        return ".".join(self.pinned.split(".")[:2])

    @property
    def constraint(self) -> str:
        """What satisfies the request, for programs: ``SOURCE: SPECIFIER``, several with `` || `` between."""
        return f"{self.source}: {' || '.join(self.alternatives)}"

    def __str__(self) -> str:
        return f"{self.source}: {self.text}"


def is_plain(text: str) -> bool:
    """Whether ``text`` is X.Y or X.Y.Z, without leading zeros."""
    return _PLAIN.fullmatch(text) is not None


def plain_request(text: str, source: str) -> PythonRequest:
    """Return the request for a line (X.Y: its newest patch) or an exact version (X.Y.Z)."""
    if text.count(".") == 1:
        return PythonRequest(text, source, RequestKind.LINE, (f"=={text}.*",), text)
    return PythonRequest(text, source, RequestKind.EXACT, (f"=={text}",), text)


def range_request(text: str, source: str, *alternatives: str) -> PythonRequest:
    """Return the request for a range in PEP 440's language, or for one of several ``alternatives``.

    Raises ValueError if one of them is not a version specifier.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # 10 ms, only for a range

    if _ENDLESS.search(text):
        raise ValueError("it holds a number that no version has")
    try:
        parsed = tuple(str(SpecifierSet(alternative)) for alternative in alternatives or (text,))
    except InvalidSpecifier as error:
        raise ValueError(str(error)) from error
    return PythonRequest(text, source, RequestKind.RANGE, parsed)


def parse_request(text: str, source: str) -> PythonRequest:
    """Return the request for X.Y, X.Y.Z, X.Y.* (or X.Y.x), ``*``, or a PEP 440 version specifier.

    Raises ValueError for anything else.
    """
    text = text.strip()
    if is_plain(text):
        return plain_request(text, source)
    wildcard = _WILDCARD.fullmatch(text)
    if wildcard:
        return range_request(text, source, f"=={wildcard['release']}.*")
    if text == "*":
        return range_request(text, source, "")
    if not text:
        raise ValueError("it is empty")
    return range_request(text, source)
