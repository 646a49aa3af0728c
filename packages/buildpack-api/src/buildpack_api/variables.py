"""The variables by which a user changes what a buildpack does, described as data.

A buildpack lists its own in one module; the table in its README is made from that list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import Enum


@dataclass(frozen=True)
class Variable:
    """A variable. ``values`` are the words that it may be; if there are none, ``form`` says what it is.

    ``default`` is what it is if it is unset or empty; no word: what ``meaning`` says.
    """

    name: str
    meaning: str
    values: type[Enum] | None = None
    default: str = ""
    form: str = ""

    def text(self, environment: Mapping[str, str]) -> str:
        """Return its value without blanks around it; '' if it is not set."""
        return environment.get(self.name, "").strip()

    def words(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Return the words of its value, which have blanks or commas between them."""
        return tuple(environment.get(self.name, "").replace(",", " ").split())

    @property
    def documentation(self) -> str:
        """Its row in the table of variables, in Markdown."""
        words = [str(word.value) for word in self.values or ()]
        shown = [f"`{word}` (default)" if word == self.default else f"`{word}`" for word in words]
        return f"| `{self.name}` | {', '.join(shown) or self.form} | {self.meaning} |"


def table(variables: Iterable[Variable]) -> str:
    """Return the table of variables for a README, in Markdown."""
    return "\n".join(
        ["| variable | value | meaning |", "|---|---|---|", *(one.documentation for one in variables)]
    )
