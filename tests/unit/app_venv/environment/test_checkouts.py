"""What version control systems leave in checkouts goes, in every form; nothing else does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app_venv.environment.checkouts import GitCheckout, read_checkouts, remove_metadata
from support.git_server import git

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nowhere"}
# As the four systems write it: where the address with the password is.
LEFT = {
    "src/of-git/.git/config": '[remote "origin"]\n\turl = http://me:s3cret@host/x.git\n',
    "src/of-git/.git/packed-refs": "# pack-refs with: peeled\n",
    "src/of-git/.git/modules/sub/config": '[remote "origin"]\n\turl = http://me:s3cret@host/sub.git\n',
    "src/of-git/.gitmodules": '[submodule "sub"]\n\turl = http://me:s3cret@host/sub.git\n',
    "src/of-git/.lfsconfig": "[lfs]\n\turl = http://me:s3cret@host/lfs\n",
    "src/of-git/sub/.git": "gitdir: ../.git/modules/sub\n",
    "src/of-git/worktree/.git": "gitdir: /elsewhere/.git/worktrees/worktree\n",
    "src/of-hg/.hg/hgrc": "[paths]\ndefault = http://me:s3cret@host/x\n",
    "src/of-hg/.hg/store/00changelog.i": "\0",
    "src/of-hg/.hgrc": "[auth]\nx.password = s3cret\n",
    "src/of-hg/.hgsub": "sub = http://me:s3cret@host/sub\n",
    "src/of-hg/.hgsubstate": f"{'0' * 40} sub\n",
    "src/of-svn/.svn/wc.db": "SQLite format 3\0http://me:s3cret@host/x",
    "src/of-svn/old/.svn/entries": "10\n\ndir\n1\nhttp://me:s3cret@host/x\n",
    "src/of-bzr/.bzr/branch/branch.conf": "parent_location = http://me:s3cret@host/x\n",
    "elsewhere/deep/inside/.git/config": "[core]\n",
}
STAYS = {
    "src/of-git/setup.py": "",
    "src/of-git/.gitignore": "",
    "src/of-git/.gitattributes": "",
    "src/of-git/.github/workflows/x.yml": "",
    "src/of-git/tests/fixture.git/config": "",
    "src/of-git/package/git.py": "",
    "src/of-hg/.hgignore": "",
    "src/of-hg/.hgtags": "",
    "lib/python3.13/site-packages/left.py": "",
    "bin/left": "",
}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def test_everything_of_a_version_control_system_goes_and_nothing_else(tmp_path: Path) -> None:
    venv = tmp_path / "a b"
    write(venv, LEFT | STAYS)
    removed = remove_metadata(venv)
    assert files(venv) == set(STAYS)
    assert removed == tuple(sorted(removed))
    assert {"src/of-git/.git", "src/of-git/sub/.git", "src/of-hg/.hg", "src/of-svn/old/.svn"} <= set(removed)
    assert remove_metadata(venv) == ()


def test_objects_that_nobody_may_write_go_too(tmp_path: Path) -> None:
    write(tmp_path, {"src/x/.git/objects/00/1": ""})
    for path, mode in (("src/x/.git/objects/00/1", 0o444), ("src/x/.git/objects/00", 0o555)):
        (tmp_path / path).chmod(mode)
    assert remove_metadata(tmp_path) == ("src/x/.git",)


def test_nothing_outside_is_touched(tmp_path: Path) -> None:
    """An editable app, and whatever a link leads to, keep their repositories."""
    app, venv = tmp_path / "app", tmp_path / "venv"
    write(app, {".git/config": "[core]\n", ".gitmodules": ""})
    (venv / "src/checkout").mkdir(parents=True)
    (venv / "src/app").symlink_to(app)
    (venv / "src/checkout/.git").symlink_to(app / ".git")
    assert remove_metadata(venv) == ("src/checkout/.git",)
    assert files(app) == {".git/config", ".gitmodules"}


def test_what_a_distribution_brought_is_no_checkout(tmp_path: Path) -> None:
    """A package for tests of git, say: its list of files stays true."""
    libraries = "lib/python3.13/site-packages"
    write(
        tmp_path,
        {
            f"{libraries}/pkg/fixture/.git/HEAD": "ref: refs/heads/main\n",
            f"{libraries}/pkg/vendor/.git": "gitdir: elsewhere\n",
            f"{libraries}/stray/.git": "gitdir: elsewhere\n",
            f"{libraries}/pkg-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: pkg\nVersion: 1\n",
            f"{libraries}/pkg-1.dist-info/RECORD": "pkg/fixture/.git/HEAD,,\npkg/vendor/.git,sha256=x,1\n",
        },
    )
    assert remove_metadata(tmp_path) == (f"{libraries}/stray/.git",)


@pytest.mark.usefixtures("file_modes_count")
def test_what_cannot_be_removed_is_an_error(tmp_path: Path) -> None:
    """Going on quietly would leave the password where it is."""
    checkout = tmp_path / "src/x"
    (checkout / ".git").mkdir(parents=True)
    checkout.chmod(0o555)
    with pytest.raises(PermissionError) as caught:
        remove_metadata(tmp_path)
    assert str(caught.value.filename) == str(checkout / ".git")  # a Path from 3.13 on
    checkout.chmod(0o755)


def test_a_checkout_by_git_tells_its_commit_and_origin(tmp_path: Path) -> None:
    source, venv = tmp_path / "source", tmp_path / "a b/src"
    git("init", "--quiet", "--initial-branch=main", str(source))
    git("-C", str(source), "commit", "--quiet", "--allow-empty", "--message=first")
    git("clone", "--quiet", str(source), str(venv / "x"))
    git("-C", str(venv / "x"), "remote", "set-url", "origin", "http://me:s3cret@host/x.git")
    write(venv, {"broken/.git": "gitdir: nowhere\n", "none/setup.py": ""})
    hostile = {**ENVIRONMENT, "GIT_DIR": str(source / ".git"), "GIT_WORK_TREE": str(source)}
    commit = git("-C", str(source), "rev-parse", "HEAD")
    assert read_checkouts(venv, hostile) == (GitCheckout(venv / "x", "http://me:s3cret@host/x.git", commit),)
    assert read_checkouts(tmp_path / "absent", hostile) == ()
