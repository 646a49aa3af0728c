"""What a step of a release is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from buildpack_release.releasing.status import Row
    from buildpack_release.releasing.world import World


class Step(Protocol):
    """Something that is so or not, and perhaps can be made so."""

    @property
    def name(self) -> str:
        """What it is called in the table."""

    def look(self, world: World) -> Row:
        """Say how it stands; nothing is changed. Raises ReleaseError if that cannot be found out."""

    def act(self, world: World) -> None:
        """Do what is missing, after `look` has said that it is DUE. Raises ReleaseError."""


class Looking:
    """The part of a step that only people can act on."""

    def act(self, world: World) -> None:
        """Do nothing: it is never DUE."""
