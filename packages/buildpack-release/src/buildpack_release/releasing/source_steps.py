"""The steps about the sources: committed, on the release branch, announced, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from buildpack_release.checking.repository_check import check
from buildpack_release.errors import NetworkError
from buildpack_release.git import message_of
from buildpack_release.model.repository import Repository
from buildpack_release.releasing.status import Row, StepState
from buildpack_release.releasing.step import ReadOnlyStep
from buildpack_release.versions.bump import infer
from buildpack_release.versions.checkout import RepositoryFolder
from buildpack_release.versions.links import tag_name
from buildpack_release.versions.versions_check import check_since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from buildpack_release.model.finding import Finding
    from buildpack_release.releasing.release_state import ReleaseState, Remote
    from buildpack_release.versions.member import VersionedBuildpack

_SHORT = 10


class WorkTreeCommitted(ReadOnlyStep):
    """Everything is committed: a release is made of a commit that others can have."""

    name: ClassVar[str] = "work tree"

    def look(self, state: ReleaseState) -> Row:
        """Ask git."""
        lines = state.git.read("status", "--porcelain").splitlines()
        if not lines:
            return Row(self.name, StepState.DONE, "everything is committed")
        text = f"not committed: {lines[0].split(maxsplit=1)[-1]}" + (
            f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        )
        return Row(self.name, StepState.PERSON, text, ("git status",))


class Versions(ReadOnlyStep):
    """Versions, orders and changelogs agree, and every change since the last release is announced."""

    name: ClassVar[str] = "versions"

    def look(self, state: ReleaseState) -> Row:
        """Compare each buildpack with its newest tag."""
        bases = {member.id: _base(state, member) for member in state.members}
        absent = next((commit for commit in bases.values() if commit and not state.git.commit(commit)), "")
        if absent:
            text = f"the last release is at {absent[:_SHORT]}, which is not here"
            shallow = " --unshallow" if RepositoryFolder(state.repository.root).is_shallow else ""
            return Row(self.name, StepState.PERSON, text, (f"git fetch --tags{shallow}",))
        findings = check_since(state.repository, bases)
        if findings:
            return Row(self.name, StepState.PERSON, _first(findings), ("inv version.check",))
        return Row(self.name, StepState.DONE, f"consistent; versioning is {state.policy.versioning.value}")


def _base(state: ReleaseState, member: VersionedBuildpack) -> str:
    """Return the commit of the newest release of a buildpack that is tagged; "" if there is none."""
    for version in sorted(member.changelog.versions, reverse=True):
        tag = tag_name(state.policy.versioning, member.id, version)
        commit = state.local_tag(tag) or state.remote_tag(tag)
        if commit:
            return commit
    return ""


class VersionsBumped(ReadOnlyStep):
    """Nothing is left under Unreleased: which versions that makes is a person's decision."""

    name: ClassVar[str] = "changelogs"

    def look(self, state: ReleaseState) -> Row:
        """Infer what would come next."""
        releases = infer(state.repository).releases
        if not releases:
            return Row(self.name, StepState.DONE, "nothing is Unreleased")
        nexts = [f"{one.member.id} {one.version}" for one in releases]
        text = f"Unreleased, and would become: {', '.join(nexts)}"
        commands = ("inv version.bump", f'git commit --all --message "Release {releases[-1].version}"')
        return Row(self.name, StepState.PERSON, text, commands)


class Checks(ReadOnlyStep):
    """What `inv check` checks, with the proof that the plans fit."""

    name: ClassVar[str] = "check"

    def look(self, state: ReleaseState) -> Row:
        """Run the check."""
        report = check(Repository.survey(state.repository.root))
        if report.ok:
            return Row(self.name, StepState.DONE, f"passed: {report.summary}")
        return Row(self.name, StepState.PERSON, f"failed: {report.summary}", ("inv check",))


class Addresses(ReadOnlyStep):
    """It is said where the repository is on the web; nothing waits for it."""

    name: ClassVar[str] = "addresses"

    def look(self, state: ReleaseState) -> Row:
        """Read the settings."""
        if state.policy.forge:
            return Row(
                self.name, StepState.DONE, f"{state.policy.forge.url}, homepage {state.policy.homepage}"
            )
        text = "no repository-url in pyproject.toml: packages and changelogs do not say where this is"
        return Row(self.name, StepState.SKIPPED, text)


@dataclass(frozen=True)
class Branch:
    """The commit is on the release branch, and where there is a remote, there too."""

    push: bool = False
    name: ClassVar[str] = "branch"
    is_preparation: ClassVar[bool] = False

    def look(self, state: ReleaseState) -> Row:
        """Compare HEAD with the branch."""
        if state.remote is None:
            return self._look_here(state)
        remote, branch = state.remote, state.release_branch
        tip = remote.branches.get(branch)
        shown = f"{remote.name}/{branch}"
        fetched = f"refs/remotes/{shown}"  # of a newer tip the commits may not be here
        if tip and any(state.git.is_ancestor(state.head, one) for one in (tip, fetched)):
            return Row(self.name, StepState.DONE, f"{state.head[:_SHORT]} is on {shown}")
        if state.branch != branch:
            return Row(
                self.name,
                StepState.PERSON,
                f"releases are made from {branch}, and this is {state.branch or 'another commit'}",
                _to_branch(state),
            )
        if tip is None or state.git.is_ancestor(tip, state.head):
            return self._ahead(remote, branch, shown)
        return Row(self.name, StepState.PERSON, f"{shown} has commits that are not here", ("git pull",))

    def act(self, state: ReleaseState) -> None:
        """Push the branch."""
        if state.remote is not None:
            push(
                state,
                state.remote,
                f"{state.head}:refs/heads/{state.release_branch}",
            )

    def _look_here(self, state: ReleaseState) -> Row:
        tip = state.git.commit(f"refs/heads/{state.release_branch}") or ""
        if state.git.is_ancestor(state.head, tip):
            return Row(
                self.name,
                StepState.DONE,
                f"{state.head[:_SHORT]} is on {state.release_branch} (no remote)",
            )
        text = f"{state.head[:_SHORT]} is not on {state.release_branch}"
        return Row(self.name, StepState.PERSON, text, _to_branch(state))

    def _ahead(self, remote: Remote, branch: str, shown: str) -> Row:
        text = f"there are commits that {shown} does not have"
        if self.push:
            return Row(self.name, StepState.DUE, text)
        return Row(self.name, StepState.PERSON, text, (f"git push {remote.name} {branch}",))


def _to_branch(state: ReleaseState) -> tuple[str, ...]:
    """Return what to do on another branch: which one is right is for a person to say."""
    command = f"git switch {state.release_branch}"
    if not state.branch or state.branch == state.release_branch:
        return (command,)
    return (f"{command}, or, if this release is made from {state.branch}: --branch {state.branch}",)


def push(state: ReleaseState, remote: Remote, *refs: str) -> None:
    """Push refs, none of them by force. Raises NetworkError."""
    done = state.git.run("push", "--quiet", remote.name, *refs)
    if done.returncode:
        raise NetworkError(
            f'"{remote.name}" did not take what was pushed',
            detail=message_of(done),
            advice="Correct this and run the same command again.",
        )


def _first(findings: Sequence[Finding]) -> str:
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{findings[0]}{more}"
