"""Environment variables and service bindings described as data, and their tables in Markdown.

Each component declares in one place what it reads; the tables of its README and of the page of all variables
are made from that.
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


BUILD_PYTHON = Variable(
    "STRATA_PYTHON",
    "the Python 3.10 or newer that runs the buildpacks themselves, before all others; an image for"
    " builds may set it",
    form="a program",
)


def table(variables: Iterable[Variable]) -> str:
    """Return the table of variables, in Markdown."""
    return "\n".join(
        ["| variable | value | meaning |", "|---|---|---|", *(one.documentation for one in variables)]
    )


def binding_table(entries: Mapping[str, str]) -> str:
    """Return the table of service bindings, in Markdown: for each type what its entries are."""
    return "\n".join(
        [
            "| binding type | entries |",
            "|---|---|",
            *(f"| `{kind}` | {text} |" for kind, text in entries.items()),
        ]
    )
