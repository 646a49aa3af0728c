"""Reading variables that are one of some words.

A buildpack lists its variables in one module; the table in its README is made from that list.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_common.environment_variables import Variable

_Word = TypeVar("_Word", bound=Enum)


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
