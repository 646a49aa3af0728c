"""The steps about git tags: each version has one here, and it is at the remote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from buildpack_release.errors import ConflictError, ReleaseError
from buildpack_release.git import message_of
from buildpack_release.model.inputs import is_input
from buildpack_release.releasing.source_steps import push
from buildpack_release.releasing.status import Row, StepState
from buildpack_release.releasing.step import ReadOnlyStep
from buildpack_release.versions.checkout import RepositoryFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.releasing.release_state import ReleaseState
    from buildpack_release.versions.member import VersionedBuildpack

_SHORT = 10
_ABSENT = "0" * 40


class LastRelease(ReadOnlyStep):
    """Where a version is tagged, the sources are still what was tagged, here as at the remote."""

    name: ClassVar[str] = "last release"

    def look(self, state: ReleaseState) -> Row:
        """Compare tags here, at the remote, and what has changed since."""
        for tag, members in state.tags.items():
            found = self._fault(state, tag, members)
            if found is not None:
                return found
        tagged = [tag for tag in state.tags if tag not in _missing(state)]
        text = (
            f"nothing has changed since {', '.join(tagged)}" if tagged else "this version is not tagged yet"
        )
        return Row(self.name, StepState.DONE, text)

    def _fault(self, state: ReleaseState, tag: str, members: Sequence[VersionedBuildpack]) -> Row | None:
        here, there = state.local_tag(tag), state.remote_tag(tag)
        if here and there and here != there:
            error = ConflictError(
                f"the tag {tag} is another one at the remote",
                detail=f"there: {there}\nhere:  {here}",
                advice=f"Find out which is right, and delete the other (here: git tag --delete {tag}).",
            )
            return Row(self.name, StepState.WRONG, error.title, error=error)
        commit = here or there
        if commit in (None, state.head):
            return None
        if state.git.commit(str(commit)) is None:
            text = f"{tag} is at a commit that is not here"
            return Row(self.name, StepState.PERSON, text, ("git fetch --tags",))
        return self._moved_on(state, tag, str(commit), members)

    def _moved_on(
        self, state: ReleaseState, tag: str, commit: str, members: Sequence[VersionedBuildpack]
    ) -> Row | None:
        """Warn if what goes into the packages is not what was tagged."""
        changed = [
            path
            for path in RepositoryFolder(state.repository.root).changed(commit)
            if any(is_input(state.repository, one.buildpack, path) for one in members)
        ]
        if not changed:
            return None
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        text = f"since {tag} this has changed: {changed[0]}{more}"
        commands = (f"announce it (inv version.bump), or finish that release: git switch --detach {tag}",)
        return Row(self.name, StepState.PERSON, text, commands)


class Tags:
    """The commit of each version has its tag.

    A tag of ours is a plain one: whoever makes it, it is the same, so that two clones agree. Who wants an
    annotated or signed one makes it before.
    """

    name: ClassVar[str] = "git tags"
    is_preparation: ClassVar[bool] = False

    def look(self, state: ReleaseState) -> Row:
        """Return which are missing."""
        tags, missing = state.tags, _missing(state)
        if not tags:
            return Row(self.name, StepState.LATER, "once the changelogs have a version")
        if missing:
            return Row(self.name, StepState.DUE, f"to be set at {state.head[:_SHORT]}: {', '.join(missing)}")
        return Row(self.name, StepState.DONE, ", ".join(tags))

    def act(self, state: ReleaseState) -> None:
        """Set what is missing, each only if it is still missing. Raises ReleaseError."""
        for tag in _missing(state):
            done = state.git.run("update-ref", f"refs/tags/{tag}", state.head, _ABSENT)
            if done.returncode and state.local_tag(tag) is None:
                raise ReleaseError(f"the tag {tag} could not be set", detail=message_of(done))


def _missing(state: ReleaseState) -> list[str]:
    """Return the tags that are neither here nor at the remote."""
    return [tag for tag in state.tags if not state.local_tag(tag) and not state.remote_tag(tag)]


@dataclass(frozen=True)
class PushedTags:
    """The tags are at the remote. They come last: what is tagged there is published."""

    push: bool = False
    name: ClassVar[str] = "tags pushed"
    is_preparation: ClassVar[bool] = False

    def look(self, state: ReleaseState) -> Row:
        """Ask the remote."""
        if state.remote is None:
            return Row(self.name, StepState.SKIPPED, "there is no remote")
        tags = state.tags
        missing = [tag for tag in tags if not state.remote_tag(tag)]
        if not tags or any(not state.local_tag(tag) for tag in missing):
            return Row(self.name, StepState.LATER, "once they are set")
        if not missing:
            return Row(self.name, StepState.DONE, f"all are at {state.remote.name}")
        text = f"{state.remote.name} does not have: {', '.join(missing)}"
        if self.push:
            return Row(self.name, StepState.DUE, text)
        command = f"git push {state.remote.name} {' '.join(missing)}"
        return Row(self.name, StepState.PERSON, text, (command,), blocking=False)

    def act(self, state: ReleaseState) -> None:
        """Push what is missing there."""
        if state.remote is not None:
            missing = [tag for tag in state.tags if not state.remote_tag(tag)]
            push(state, state.remote, *(f"refs/tags/{tag}" for tag in missing))
