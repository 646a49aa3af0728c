"""Calling git: without prompts, in its own words' locale, and deaf to what hooks set."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.redaction import redact
from buildpack_release.errors import MissingToolError, ReleaseError

if TYPE_CHECKING:
    from pathlib import Path

# Set by git for hooks: they would let git answer about another index or work tree than ours.
_LOCAL_VARIABLES = frozenset(
    f"GIT_{name}"
    for name in ("COMMON_DIR", "DIR", "INDEX_FILE", "NAMESPACE", "OBJECT_DIRECTORY", "PREFIX", "WORK_TREE")
)
# What is slower over HTTP than 1 kB/s for a minute is given up; the user may have said otherwise.
_PATIENCE = {"GIT_HTTP_LOW_SPEED_LIMIT": "1000", "GIT_HTTP_LOW_SPEED_TIME": "60"}
_SETTINGS = {"LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True)
class Git:
    """git in a folder."""

    root: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command, and leave its exit code to the caller. Raises MissingToolError without git."""
        environment = {name: value for name, value in os.environ.items() if name not in _LOCAL_VARIABLES}
        try:
            return subprocess.run(
                ["git", "-C", os.fspath(self.root), *arguments],
                env={**_PATIENCE, **environment, **_SETTINGS},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise MissingToolError("git is not installed", advice="Install git.") from None

    def read(self, *arguments: str) -> str:
        """Return the output of a command without the blanks around it. Raises ReleaseError if it fails."""
        done = self.run(*arguments)
        if done.returncode:
            raise ReleaseError(f"git {arguments[0]} has failed", detail=message_of(done), file=self.root)
        return os.fsdecode(done.stdout).strip()

    def commit(self, revision: str) -> str | None:
        """Return the commit of a revision; None if there is none here."""
        done = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return None if done.returncode else done.stdout.decode().strip()

    def is_ancestor(self, old: str, new: str) -> bool:
        """Return whether a commit is another one or came before it; not if one of them is not here."""
        return self.run("merge-base", "--is-ancestor", old, new).returncode == 0


def message_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return what a command has complained about, without secrets."""
    return redact(done.stderr.decode(errors="replace").strip())
