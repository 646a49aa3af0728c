"""A small repository with a remote, to be released with the real tasks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.versions.bump_command import bump
from buildpack_release.versions.inference import KindChoice
from support.packaging import inv
from support.sample_repository import write
from support.versioned_repository import Git, entry, path_of, versioned

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("a", "b", "all")
IGNORED = "/build/\n/dist/\n__pycache__/\n"


@dataclass(frozen=True)
class Project:
    """A clone with its environment; `remote` is a bare repository beside it."""

    root: Path
    env: Mapping[str, str]
    remote: Path

    @property
    def git(self) -> Git:
        """Git in the clone."""
        return Git(self.root)

    def inv(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a task."""
        return inv(*arguments, root=self.root, env=self.env)

    def release(self, to: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run `inv release` with what it would ask for agreed to."""
        return self.inv("release", "--to", to, "--yes", *options)

    def announce(self, buildpack_id: str, kind: str = "Fixed") -> None:
        """Change a buildpack, and say so in its changelog."""
        path = path_of(self.root, buildpack_id)
        path.write_text(path.read_text().replace("## [Unreleased]\n", f"## [Unreleased]\n\n{entry(kind)}", 1))
        write(path_of(self.root, buildpack_id, "src/sample/build.py"), f"# {kind}\n")

    def bump(self) -> None:
        """Set the versions with the task, commit and push."""
        done = self.inv("version.bump", "--date", "2026-11-22")
        assert done.returncode == 0, done.stderr
        self.git.commit("Release")
        self.git("push", "--quiet", "origin", "main")

    def set_versions(self) -> None:
        """Do the same without a process."""
        bump(self.root, "2026-11-22", KindChoice(), report=lambda _: None)
        self.git.commit("Release")
        self.git("push", "--quiet", "origin", "main")

    def clone(self, target: Path, env: Mapping[str, str]) -> Project:
        """Clone the remote to another place."""
        self.git("clone", "--quiet", str(self.remote), str(target))
        return Project(target, env, self.remote)


def make_project(root: Path, env: Mapping[str, str], *, versioning: str = "fixed") -> Project:
    """Make a project before its first release, pushed."""
    versioned(root, {"acme/a": entry("Added"), "acme/b": entry("Added")}, is_new=True, versioning=versioning)
    write(root / "tasks.py", (ROOT / "tasks.py").read_text("utf-8"))
    write(root / ".gitignore", IGNORED)
    git = Git.init(root)
    remote = root.with_name(f"{root.name}.git")
    git("clone", "--quiet", "--bare", str(root), str(remote))
    git("remote", "add", "origin", str(remote))
    git("fetch", "--quiet", "origin")
    git("branch", "--quiet", "--set-upstream-to", "origin/main")
    return Project(root, env, remote)
