"""The WWW-Authenticate header: how a registry says what it wants (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SEPARATORS = re.compile(r"[ \t]*(?:,[ \t]*)*")
_BLANKS = re.compile(r"[ \t]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Challenge:
    """One way to authenticate. The scheme and the names of parameters are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    token: str = ""  # token68, which schemes other than Basic and Bearer use

    def __str__(self) -> str:
        if self.token:
            return f"{self.scheme} {self.token}"
        shown = (f"{name}={_quoted(value)}" for name, value in self.parameters.items())
        return f"{self.scheme} {', '.join(shown)}".rstrip()


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Read the challenges of a header; what follows a syntax error is dropped.

    Several headers are joined by commas. Blanks around commas and `=`, empty elements, tokens and quoted
    strings with escapes are read as the RFC says.
    """
    return tuple(_Parser(header).challenges())


class _Parser:
    """A cursor over the header.

    A comma separates parameters as well as challenges: what follows a name decides.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def challenges(self) -> Iterator[Challenge]:
        self._skip(_SEPARATORS)
        while scheme := self._take(_TOKEN):
            blank = self._skip(_BLANKS)
            token = self._take(_TOKEN68) if blank else ""
            parameters = {} if token else dict(self._parameters())
            yield Challenge(scheme.lower(), parameters, token)
            self._skip(_SEPARATORS)

    def _parameters(self) -> Iterator[tuple[str, str]]:
        while True:
            start = self._at
            self._skip(_SEPARATORS)
            name = self._take(_TOKEN)
            self._skip(_BLANKS)
            if not name or not self._text.startswith("=", self._at):
                self._at = start  # the name is the next challenge's scheme
                return
            self._at += 1
            self._skip(_BLANKS)
            value = self._value()
            if value is None:
                self._at = len(self._text)
                return
            yield name.lower(), value

    def _value(self) -> str | None:
        match = _QUOTED.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            return _ESCAPE.sub(r"\1", match[1])
        return self._take(_TOKEN) or None

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Skip what the pattern matches; whether that was anything."""
        return bool(self._take(pattern))
