"""What a release is derived from: the files, git here and at the remote, read anew each time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_release.errors import NetworkError, UsageError
from buildpack_release.git import Git, message_of
from buildpack_release.model.repository import Repository
from buildpack_release.versions.checkout import RepositoryFolder
from buildpack_release.versions.links import tag_name
from buildpack_release.versions.member import VersionedBuildpack, survey_members
from buildpack_release.versions.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# Branches that keep an old line alive: 1.2.x, v1.x, release-1.2.x, release/1.2.x.
_MAINTENANCE = re.compile(r"(?:release[-/])?v?[0-9]+(?:\.[0-9]+)?\.x", re.ASCII)
_HEADS, _TAGS, _PEELED = "refs/heads/", "refs/tags/", "^{}"


@dataclass(frozen=True)
class Remote:
    """A remote as it answers now: commits by branch and by tag."""

    name: str
    default_branch: str
    branches: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReleaseState:
    """Everything that the steps look at.

    Attributes:
        repository: the buildpacks; their descriptors are sound.
        members: those whose changelogs can be read.
        policy: how versions are given.
        git: the checkout.
        head: its commit.
        branch: the branch it is on; "" if it is on none.
        release_branch: where releases are made from.
        remote: None if there is none.
    """

    repository: Repository
    members: tuple[VersionedBuildpack, ...]
    policy: Policy
    git: Git
    head: str
    branch: str
    release_branch: str
    remote: Remote | None

    @property
    def tags(self) -> dict[str, tuple[VersionedBuildpack, ...]]:
        """The tags of the versions in the changelogs, each with the buildpacks that have it."""
        found: dict[str, tuple[VersionedBuildpack, ...]] = {}
        for member in self.members:
            if member.changelog.latest == member.version:
                name = tag_name(self.policy.versioning, member.id, member.version)
                found[name] = (*found.get(name, ()), member)
        return found

    def local_tag(self, name: str) -> str | None:
        """Return the commit of a tag of this clone."""
        return self.git.commit(f"{_TAGS}{name}")

    def remote_tag(self, name: str) -> str | None:
        """Return the commit of a tag of the remote."""
        return self.remote.tags.get(name) if self.remote else None


def read_release_state(root: Path, branch: str = "") -> ReleaseState:
    """Look at a checkout and its remote; `branch` is where releases are made from, if not the usual one.

    Raises:
        CheckFailed: a descriptor is not sound, or the policy.
        ReleaseError: it is no git checkout, or has no commit.
        NetworkError: the remote does not answer.
        UsageError: it is not known which branch or remote counts.
    """
    RepositoryFolder.open(root)
    git = Git(root)
    head = git.read("rev-parse", "--verify", "HEAD^{commit}")
    current = git.run("symbolic-ref", "--quiet", "--short", "HEAD").stdout.decode().strip()
    repository = Repository.discover(root)
    members, _ = survey_members(repository)
    remote = _read_remote(git, current)
    return ReleaseState(
        repository,
        members,
        Policy.read(root),
        git,
        head,
        current,
        branch or _release_branch(git, remote, current),
        remote,
    )


def _read_remote(git: Git, branch: str) -> Remote | None:
    """Ask the remote of the branch, else `origin`, else the only one."""
    names = git.read("remote").split()
    if not names:
        return None
    upstream = git.run("config", "--get", f"branch.{branch}.remote").stdout.decode().strip() if branch else ""
    candidates = [name for name in (upstream, "origin") if name in names] or names
    if len(candidates) > 1 and not {upstream, "origin"} & set(names):
        raise UsageError(
            f"there are several remotes: {', '.join(names)}",
            advice="Say which one counts: git branch --set-upstream-to REMOTE/BRANCH",
        )
    return _listed(git, candidates[0])


def _listed(git: Git, name: str) -> Remote:
    done = git.run("ls-remote", "--symref", name, "HEAD", f"{_HEADS}*", f"{_TAGS}*")
    if done.returncode:
        raise NetworkError(
            f'the remote "{name}" does not answer',
            detail=message_of(done),
            advice=f"See: git ls-remote {name}",
        )
    default, branches, tags = "", {}, {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        value, _, ref = line.partition("\t")
        if value.startswith("ref: ") and ref == "HEAD":
            default = value.removeprefix(f"ref: {_HEADS}")
        elif ref.startswith(_HEADS):
            branches[ref.removeprefix(_HEADS)] = value
        elif ref.startswith(_TAGS):  # of an annotated tag the second line has its commit
            tags[ref.removeprefix(_TAGS).removesuffix(_PEELED)] = value
    return Remote(name, default, branches, tags)


def _release_branch(git: Git, remote: Remote | None, current: str) -> str:
    if _MAINTENANCE.fullmatch(current):
        return current
    candidates = (remote.default_branch if remote else "", "main", "master", current)
    for name in candidates:
        if name and (git.commit(f"{_HEADS}{name}") or (remote and name in remote.branches)):
            return name
    raise UsageError("it is not known which branch releases are made from", advice="Name it with --branch.")
