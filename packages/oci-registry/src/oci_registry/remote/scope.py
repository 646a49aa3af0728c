"""Token scopes: `repository:NAME:pull,push` (distribution, 'Token scope documentation')."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class TokenScope:
    """What a token must allow on one repository, or (`kind` "registry") on a part of the registry itself."""

    repository: str
    actions: frozenset[str]
    kind: str = "repository"

    def __str__(self) -> str:
        return f"{self.kind}:{self.repository}:{','.join(sorted(self.actions))}"


Scopes: TypeAlias = "frozenset[TokenScope]"
NO_SCOPES: Scopes = frozenset()
CATALOG: Scopes = frozenset({TokenScope("catalog", frozenset({"*"}), "registry")})
"""What the list of all repositories needs."""


def pull(repository: str) -> Scopes:
    """What reading needs."""
    return frozenset({TokenScope(repository, frozenset({"pull"}))})


def push(repository: str) -> Scopes:
    """What writing needs; registries want both actions for it."""
    return frozenset({TokenScope(repository, frozenset({"pull", "push"}))})


def parse_scopes(text: str) -> Scopes:
    """Read the scopes of a challenge, separated by blanks; only those on repositories count."""
    found = set()
    for word in text.split():
        kind, _, rest = word.partition(":")
        name, colon, actions = rest.rpartition(":")
        if kind == "repository" and colon and name and actions:
            found.add(TokenScope(name, frozenset(actions.split(","))))
    return frozenset(found)


def union(first: Scopes, second: Scopes) -> Scopes:
    """Give scopes that allow what either allows, one a repository."""
    actions: dict[tuple[str, str], frozenset[str]] = {}
    for scope in (*first, *second):
        place = (scope.repository, scope.kind)
        actions[place] = actions.get(place, frozenset()) | scope.actions
    return frozenset(TokenScope(name, allowed, kind) for (name, kind), allowed in actions.items())
