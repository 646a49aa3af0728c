from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import MissingToolError, ReleaseError, UsageError
from buildpack_release.versions.checkout import RepositoryFolder
from support.sample_repository import write
from support.versioned_repository import Git

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """A repository whose files are in a subfolder, as a monorepo's root may be."""
    for name in ("a", "b", "c", "d e\n", "same"):
        write(tmp_path / "top/sub" / name, name)
    write(tmp_path / "top/outside")
    return Git.init(tmp_path / "top")


def test_all_kinds_of_changes(git: Git) -> None:
    """Committed, staged, unstaged, untracked, deleted, renamed; not what is ignored or outside."""
    sub = git.root / "sub"
    git("switch", "--quiet", "-c", "topic")
    write(sub / "a", "committed")
    git.commit("a")
    write(sub / "staged")
    git("add", "--all")
    write(sub / "d e\n", "unstaged")
    write(sub / "new/untracked")
    write(sub / ".gitignore", "ignored\n")
    write(sub / "ignored")
    write(git.root / "outside", "changed")
    (sub / "b").unlink()
    git("mv", "sub/c", "sub/moved")
    checkout = RepositoryFolder.open(sub)
    changed = checkout.changed(checkout.merge_base("main"))
    assert changed == (".gitignore", "a", "b", "c", "d e\n", "moved", "new/untracked", "staged")


def test_changes_of_the_base_do_not_count(git: Git) -> None:
    """Only what this branch has done since it left."""
    git("switch", "--quiet", "-c", "topic")
    write(git.root / "sub/a", "mine")
    git.commit("mine")
    git("switch", "--quiet", "main")
    write(git.root / "sub/b", "theirs")
    git.commit("theirs")
    git("switch", "--quiet", "topic")
    checkout = RepositoryFolder.open(git.root)
    assert checkout.changed(checkout.merge_base("main")) == ("sub/a",)
    assert checkout.changed(checkout.merge_base()) == ("sub/a",)


def test_old_texts(git: Git) -> None:
    """As they were in a commit, by their path below the folder."""
    write(git.root / "sub/a", "changed")
    checkout = RepositoryFolder.open(git.root / "sub")
    assert checkout.text("HEAD", "a") == "a"
    assert checkout.text("HEAD", "nothing") is None
    (git.root / "sub/a").write_bytes(b"\xff")
    git.commit("binary")
    assert checkout.text("HEAD", "a") is None


def test_no_checkout(tmp_path: Path) -> None:
    """As in an unpacked archive."""
    with pytest.raises(ReleaseError, match="not a git checkout"):
        RepositoryFolder.open(tmp_path)


def test_no_git(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing program is one."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match="git is not installed"):
        RepositoryFolder.open(git.root)


def test_no_commit(tmp_path: Path) -> None:
    """A repository that has just been made."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    with pytest.raises(ReleaseError, match="no commit here yet"):
        RepositoryFolder.open(tmp_path).merge_base("main")


@pytest.mark.parametrize("base", ["nothing", "--help", "main..topic", ""])
def test_no_such_base(git: Git, base: str) -> None:
    """Also for what git would take for an option; without one, the usual names are tried."""
    git("branch", "--move", "main", "trunk")
    with pytest.raises(UsageError) as caught:
        RepositoryFolder.open(git.root).merge_base(base)
    assert "--base" in caught.value.advice


def test_a_shallow_clone(git: Git, tmp_path: Path) -> None:
    """What continuous integration fetches by default; the advice says how to fetch more."""
    git("switch", "--quiet", "-c", "topic")
    write(git.root / "sub/a", "changed")
    git.commit("one")
    git("switch", "--quiet", "main")
    git.commit("two")
    git("switch", "--quiet", "topic")
    git("clone", "--quiet", "--depth=1", "--no-single-branch", git.root.as_uri(), str(tmp_path / "clone"))
    with pytest.raises(ReleaseError) as caught:
        RepositoryFolder.open(tmp_path / "clone").merge_base("origin/main")
    assert "--unshallow" in caught.value.advice
    git("clone", "--quiet", "--depth=1", "--branch=topic", git.root.as_uri(), str(tmp_path / "single"))
    with pytest.raises(UsageError) as unknown:
        RepositoryFolder.open(tmp_path / "single").merge_base("origin/main")
    assert "shallow" in unknown.value.advice


def test_no_common_commit(git: Git) -> None:
    """Two histories."""
    git("checkout", "--quiet", "--orphan", "other")
    git.commit("alone")
    with pytest.raises(ReleaseError, match="no commit in common"):
        RepositoryFolder.open(git.root).merge_base("main")


def test_the_variables_of_a_hook_do_not_mislead(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git sets them for hooks of another repository, too."""
    write(tmp_path / "other/x")
    Git.init(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    assert RepositoryFolder.open(git.root / "sub").text("HEAD", "a") == "a"


def test_commits_that_say_that_nobody_notices(git: Git) -> None:
    """A file counts again as soon as another commit, or an uncommitted change, touches it."""
    sub = git.root / "sub"
    base = git("rev-parse", "HEAD").strip()
    for name in ("a", "b", "c", "d e\n"):
        write(sub / name, "silent")
    git.commit("Rename a variable\n\nNobody notices.\n\nChangelog: none\nReviewed-by: B")
    checkout = RepositoryFolder.open(sub)
    assert checkout.unannounced(base) == {"a", "b", "c", "d e\n"}
    write(sub / "a", "loud")
    git.commit("Say something else about a changelog: none")
    write(sub / "b", "not committed")
    write(sub / "new", "not committed")
    assert checkout.unannounced(base) == {"c", "d e\n"}
    assert checkout.unannounced("HEAD") == frozenset()
