"""What a git checkout has changed since it left a base branch, committed or not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.git import Git, message_of

if TYPE_CHECKING:
    from pathlib import Path

# Where pull requests usually go, if nobody says it.
DEFAULT_BASES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_NOT_ANNOUNCED = "^Changelog: *none *$"


@dataclass(frozen=True)
class RepositoryFolder:
    """A folder in the work tree of a git repository; all paths are relative to it."""

    root: Path

    @property
    def git(self) -> Git:
        """Git in that folder."""
        return Git(self.root)

    @classmethod
    def open(cls, root: Path) -> RepositoryFolder:
        """Take a folder. Raises ReleaseError if it is in no work tree, MissingToolError without git."""
        checkout = cls(root)
        done = checkout.git.run("rev-parse", "--is-inside-work-tree")
        if done.returncode or done.stdout.strip() != b"true":
            raise ReleaseError(
                "this is not a git checkout, so it is not known what has changed",
                detail=message_of(done),
                file=root,
            )
        return checkout

    def merge_base(self, base: str = "") -> str:
        """Return the commit in which HEAD left a base branch (or any revision; by default the usual ones).

        Raises:
            UsageError: there is no such revision.
            ReleaseError: there is no commit yet, or no common one in what has been fetched.
        """
        if self.git.commit("HEAD") is None:
            raise ReleaseError("there is no commit here yet", file=self.root)
        name, commit = self._base(base)
        done = self.git.run("merge-base", commit, "HEAD")
        if done.returncode == 0:
            return done.stdout.decode().strip()
        if self.is_shallow:
            raise ReleaseError(
                f"this clone does not reach back to where {name} was left",
                advice="Fetch the history: git fetch --unshallow (actions/checkout: fetch-depth: 0).",
                file=self.root,
            )
        raise ReleaseError(
            f"HEAD and {name} have no commit in common", detail=message_of(done), file=self.root
        )

    def head(self) -> str | None:
        """Return the commit that is checked out; None before the first one."""
        return self.git.commit("HEAD")

    def tracked(self) -> tuple[str, ...]:
        """Return the files below the folder that git has. Raises ReleaseError if git fails."""
        return tuple(self._lines("ls-files", "-z", "--", "."))

    @property
    def is_shallow(self) -> bool:
        """Whether the clone lacks history."""
        return self.git.run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"

    def changed(self, commit: str) -> tuple[str, ...]:
        """Return the files below the folder that differ from a commit, uncommitted and untracked ones too.

        A renamed file counts under both names. Raises ReleaseError if git fails.
        """
        tracked = self._lines(
            "diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", commit, "--", "."
        )
        untracked = self._lines("ls-files", "--others", "--exclude-standard", "-z", "--", ".")
        return tuple(sorted({*tracked, *untracked}))

    def unannounced(self, commit: str) -> frozenset[str]:
        """Return the files that only such commits have changed since one that say `Changelog: none`.

        It is a line of their message. What is not committed is not among them.
        """
        silent = {*self._committed(commit)}
        return frozenset(silent - {*self._committed(commit, "--invert-grep"), *self.changed("HEAD")})

    def _committed(self, commit: str, *options: str) -> list[str]:
        """Return the files of the commits that say it; with --invert-grep, of the others."""
        fixed = ("--no-merges", "--name-only", "--no-renames", "--relative", "--format=", "-z", "-E", "-i")
        pattern = f"--grep={_NOT_ANNOUNCED}"
        return self._lines("log", *fixed, pattern, *options, f"{commit}..HEAD", "--", ".")

    def text(self, commit: str, path: str) -> str | None:
        """Return a file as it was in a commit; None if it was not there or is no text in UTF-8."""
        done = self.git.run("cat-file", "blob", f"{commit}:./{path}")
        try:
            return None if done.returncode else done.stdout.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def _base(self, wanted: str) -> tuple[str, str]:
        for name in (wanted,) if wanted else DEFAULT_BASES:
            commit = self.git.commit(name)
            if commit is not None:
                return name, commit
        title = f'there is no revision "{wanted}"' if wanted else "it is not known what the base branch is"
        shallow = (
            "This is a shallow clone: other branches are fetched with fetch-depth: 0. "
            if self.is_shallow
            else ""
        )
        raise UsageError(
            title,
            detail="" if wanted else f"Tried: {', '.join(DEFAULT_BASES)}.",
            advice=f"{shallow}Name it with --base, and fetch it before if need be.",
            file=self.root,
        )

    def _lines(self, *arguments: str) -> list[str]:
        done = self.git.run(*arguments)
        if done.returncode:
            raise ReleaseError("git could not say what has changed", detail=message_of(done), file=self.root)
        return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
