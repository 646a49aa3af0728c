"""What a step of a release is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from buildpack_release.releasing.release_state import ReleaseState
    from buildpack_release.releasing.status import Row


class ReleaseStep(Protocol):
    """Something that is so or not, and perhaps can be made so."""

    @property
    def name(self) -> str:
        """What it is called in the table."""

    @property
    def is_preparation(self) -> bool:
        """Whether it changes nothing but what can be made anew, so that nobody has to be asked before."""

    def look(self, state: ReleaseState) -> Row:
        """Return how it stands; nothing is changed. Raises ReleaseError if that cannot be found out."""

    def act(self, state: ReleaseState) -> None:
        """Do what is missing, after `look` has said that it is DUE. Raises ReleaseError."""


class ReadOnlyStep:
    """The part of a step that only people can act on."""

    is_preparation: ClassVar[bool] = False

    def act(self, state: ReleaseState) -> None:
        """Do nothing: it is never DUE."""
