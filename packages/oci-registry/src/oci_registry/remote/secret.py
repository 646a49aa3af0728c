"""Passwords and tokens that cannot be printed by accident, by us or by what passes on our text."""

from __future__ import annotations

from typing import final

from buildpack_common.redaction import hide


@final
class ConcealedText:
    """A text that only `reveal` gives away: no repr, format, pickle or traceback with locals does."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text
        hide(text)

    def reveal(self) -> str:
        """Return the text, to be put on the wire and nowhere else."""
        return self.__text

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConcealedText) and other.reveal() == self.__text

    def __hash__(self) -> int:
        return hash((ConcealedText, self.__text))

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        msg = "a Secret is not to be stored"
        raise TypeError(msg)
