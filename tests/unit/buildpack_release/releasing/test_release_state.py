"""Remotes, branches and tags, as they are now and not as they were fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import NetworkError, ReleaseError, UsageError
from buildpack_release.releasing.release_state import read_release_state
from support.versioned_repository import Git, versioned

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def git(tmp_path: Path) -> Git:
    versioned(tmp_path / "root")
    return Git.init(tmp_path / "root")


def with_remote(git: Git, name: str = "origin") -> Git:
    """Add a bare remote."""
    bare = git.root.with_name(f"{name}.git")
    git("clone", "--quiet", "--bare", str(git.root), str(bare))
    git("remote", "add", name, str(bare))
    return Git(bare)


def test_without_a_remote(git: Git) -> None:
    state = read_release_state(git.root)
    assert (state.branch, state.release_branch, state.remote) == (
        "main",
        "main",
        None,
    )
    assert state.head == git("rev-parse", "HEAD").strip()
    assert list(state.tags) == ["v1.0.0"]
    assert state.local_tag("v1.0.0") is state.remote_tag("v1.0.0") is None


def test_the_remote_is_asked_itself(git: Git) -> None:
    """Nothing was fetched. An annotated tag counts as its commit."""
    remote = with_remote(git)
    remote("-c", "user.name=A", "-c", "user.email=a@example.org", "tag", "-a", "-m", "x", "v1.0.0", "main")
    remote("branch", "other")
    state = read_release_state(git.root)
    assert state.remote is not None
    assert (state.remote.name, state.remote.default_branch) == ("origin", "main")
    assert state.remote.branches == {"main": state.head, "other": state.head}
    assert state.remote_tag("v1.0.0") == state.head
    assert state.local_tag("v1.0.0") is None


@pytest.mark.parametrize(
    ("branch", "is_one"),
    [("0.1.x", True), ("v2.x", True), ("release/1.4.x", True), ("release-3.x", True), ("topic.x", False)],
)
def test_a_branch_for_fixes_of_an_old_line_is_one_to_release_from(
    git: Git, branch: str, is_one: bool
) -> None:
    """By its name, as is usual; nobody has to be told to leave it."""
    with_remote(git)
    git("switch", "--quiet", "--create", branch)
    assert (read_release_state(git.root).release_branch == branch) is is_one
    assert read_release_state(git.root, "main").release_branch == "main", "unless another one is named"


def test_the_branch_that_counts(git: Git) -> None:
    """The remote's default, or the one that is named."""
    remote = with_remote(git)
    remote("branch", "--move", "main", "trunk")
    assert read_release_state(git.root).release_branch == "trunk"
    assert read_release_state(git.root, "1.x").release_branch == "1.x"


def test_which_remote_counts(git: Git) -> None:
    """That of the branch, else origin, else the only one; nothing is guessed among several."""
    with_remote(git, "fork")
    found = read_release_state(git.root).remote
    assert found is not None
    assert found.name == "fork"
    with_remote(git, "upstream")
    with pytest.raises(UsageError, match="several remotes"):
        read_release_state(git.root)
    git("fetch", "--quiet", "upstream")
    git("branch", "--quiet", "--set-upstream-to", "upstream/main")
    found = read_release_state(git.root).remote
    assert found is not None
    assert found.name == "upstream"


def test_a_remote_that_is_gone(git: Git) -> None:
    """No secret of its address is shown."""
    git("remote", "add", "origin", "http://me:secret@127.0.0.1:1/x.git")
    with pytest.raises(NetworkError, match="does not answer") as caught:
        read_release_state(git.root)
    assert "secret" not in str(caught.value)


def test_no_commit_and_no_checkout(git: Git, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="not a git checkout"):
        read_release_state(tmp_path / "root" / "..")
    fresh = versioned(tmp_path / "fresh").root
    Git(fresh)("init", "--quiet")
    with pytest.raises(ReleaseError):
        read_release_state(fresh)
