"""Small repositories with versions and changelogs, and git to have changes in them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, library, plan, write, write_settings

if TYPE_CHECKING:
    from pathlib import Path

PLANS = {"x": (None, plan(provides=("a",), requires=("a",)))}
ALL = "acme/all"


def changelog(unreleased: str = "", released: str = "1.0.0") -> str:
    """Return a changelog: what is Unreleased, such as entry() gives, and a version ("": none yet)."""
    text = "# Changelog\n\n## [Unreleased]\n"
    text += f"\n{unreleased}" if unreleased else ""
    return text + (f"\n## [{released}] - 2026-01-01\n\n### Added\n\n- The start.\n" if released else "")


def entry(kind: str, text: str = "Something.") -> str:
    """Return a heading with an entry."""
    return f"### {kind}\n\n- {text}\n"


def versioned(
    root: Path,
    unreleased: dict[str, str] | None = None,
    *,
    version: str = "1.0.0",
    versions: dict[str, str] | None = None,
    is_new: bool = False,
    versioning: str = "fixed",
    url: str = "",
) -> Repository:
    """Make two components acme/a and acme/b, and acme/all, which contains them.

    `unreleased` and `versions` are by id; without `versions` all have `version`.
    """
    library(root)
    address = f'repository-url = "{url}"\n' if url else ""
    write_settings(root, f'versioning = "{versioning}"\n{address}')
    of = dict.fromkeys(("acme/a", "acme/b", ALL), version) | (versions or {})
    for one in ("acme/a", "acme/b"):
        component(root, one, plans=PLANS, version=of[one])
    composite(root, ALL, [f"acme/a@{of['acme/a']}", f"acme/b@{of['acme/b']}"], version=of[ALL])
    for one, number in of.items():
        text = changelog((unreleased or {}).get(one, ""), "" if is_new else number)
        write(path_of(root, one), text)
    return Repository.discover(root)


def path_of(root: Path, buildpack_id: str, name: str = "CHANGELOG.md") -> Path:
    """Return the path of a buildpack's file."""
    return root / "buildpacks" / buildpack_id.rpartition("/")[2] / name


def contents(root: Path) -> dict[str, bytes]:
    """Return all files below a folder but git's."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


@dataclass(frozen=True)
class Git:
    """A git repository that knows nothing of this machine's settings."""

    root: Path

    def __call__(self, *arguments: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        identity = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "A"), ("EMAIL", "a@example.org"))
        }
        # Without a template: copying samples of hooks takes longer than all the rest of an init or clone.
        nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TEMPLATE_DIR": ""}
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.root, env={**kept, **identity, **nothing}, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout

    @classmethod
    def init(cls, root: Path) -> Git:
        """Make a repository of what is in a folder, with one commit on `main`."""
        git = cls(root)
        git("init", "--quiet", "--initial-branch=main")
        git.commit("Start")
        return git

    def commit(self, message: str) -> None:
        """Commit everything."""
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", f"--message={message}")
