"""The commit that a package is made of, named only where that is certain.

It is known if everything in the work tree is committed, and every file of the package is one that git has:
then whoever checks out the commit gets these files.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_release.versions.checkout import RepositoryFolder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Revision:
    """A commit, or the reason why none can be named."""

    commit: str = ""
    reason: str = ""


@dataclass(frozen=True)
class GitWorkTree:
    """What git knows about the folder of a repository; asked once, when it is needed."""

    root: Path

    def revision(self, files: Iterable[Path]) -> Revision:
        """Return which commit files are of. Without git, or outside a checkout, that is not known."""
        if not self._state.commit:
            return self._state
        strange = [path for path in files if os.path.relpath(path, self.root) not in self._tracked]
        if strange:
            return Revision(reason=f"not committed: {os.path.relpath(strange[0], self.root)}")
        return self._state

    @cached_property
    def _state(self) -> Revision:
        try:
            checkout = RepositoryFolder.open(self.root)
            head = checkout.head()
            changed = checkout.changed(head) if head else ()
        except MissingToolError as error:
            return Revision(reason=error.title)
        except ReleaseError:
            return Revision(reason="this is not a git checkout")
        if not head:
            return Revision(reason="there is no commit yet")
        if changed:
            return Revision(reason=f"uncommitted changes: {', '.join(changed[:3])}")
        return Revision(head)

    @cached_property
    def _tracked(self) -> frozenset[str]:
        return frozenset(RepositoryFolder(self.root).tracked())
