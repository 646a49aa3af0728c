"""The variables by which a user changes what a buildpack does, described as data.

A buildpack lists its own in one module; the table in its README is made from that list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_Word = TypeVar("_Word", bound=Enum)


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


def read_word(variable: Variable, values: type[_Word], environment: Mapping[str, str]) -> _Word | None:
    """Return which of its words a variable says, or its default; None if it has none.

    Raises ConfigurationError, which lists the words, for another one.
    """
    text = variable.text(environment).lower() or variable.default
    if not text:
        return None
    try:
        return values(text)
    except ValueError as error:
        words = [
            f"{one.value} (the default)" if one.value == variable.default else one.value for one in values
        ]
        raise ConfigurationError(
            f"{variable.name} is {text!r}",
            detail=f"Its meaning: {variable.meaning.replace('`', '')}.",
            advice=f"Set it to {', '.join(words[:-1])} or {words[-1]}, or remove it.",
        ) from error


def table(variables: Iterable[Variable]) -> str:
    """Return the table of variables for a README, in Markdown."""
    return "\n".join(
        ["| variable | value | meaning |", "|---|---|---|", *(one.documentation for one in variables)]
    )
