"""A rule that recognises a failure in a program's output, and what it says about it."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """``cause`` completes "could not be installed: ...", ``advice`` is whole sentences."""

    cause: str
    advice: str


@dataclass(frozen=True)
class Rule:
    """``cause`` and ``advice`` may have ``{name}`` for each named group of the ``pattern``."""

    pattern: str
    cause: str
    advice: str

    def apply(self, output: str) -> Explanation | None:
        """Return the explanation if the pattern is found."""
        found = re.search(self.pattern, output)
        if found is None:
            return None
        values = {name: value or "" for name, value in found.groupdict().items()}
        return Explanation(self.cause.format_map(values), self.advice.format_map(values))


def first(rules: tuple[Rule, ...], output: str) -> Explanation | None:
    """Return the explanation of the first rule that applies."""
    return next((found for rule in rules if (found := rule.apply(output)) is not None), None)
