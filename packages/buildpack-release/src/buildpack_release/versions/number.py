"""Version numbers of buildpacks: `X.Y.Z`, and nothing else (Buildpack API 0.10, "buildpack.toml")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from buildpack_release.errors import UsageError
from buildpack_release.model.table import suggestion

_NUMBER = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", re.ASCII)


class BumpKind(IntEnum):
    """Which part of a version rises; larger kinds are greater."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @classmethod
    def parse(cls, text: str) -> BumpKind:
        """Read `major`, `minor` or `patch`. Raises UsageError."""
        names = {kind.name.lower(): kind for kind in reversed(cls)}
        if text not in names:
            advice = suggestion(text, names) or f"One of: {', '.join(names)}."
            raise UsageError(f'there is no kind of release "{text}"', advice=advice)
        return names[text]

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, order=True)
class Version:
    """A version; compared part by part, as numbers."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `X.Y.Z`. Raises ValueError for anything else."""
        found = _NUMBER.fullmatch(text)
        if found is None:
            message = f"not a version X.Y.Z: {text}"
            raise ValueError(message)
        return cls(*map(int, found.groups()))

    def bump(self, kind: BumpKind) -> Version:
        """Return the next version of a kind."""
        if kind is BumpKind.MAJOR:
            return Version(self.major + 1, 0, 0)
        if kind is BumpKind.MINOR:
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"
