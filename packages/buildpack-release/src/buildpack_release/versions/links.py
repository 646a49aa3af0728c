"""Names of tags, and addresses of comparisons between them on the forge that hosts the repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from buildpack_release.model.settings import Versioning
    from buildpack_release.versions.number import Version


def tag_name(versioning: Versioning, buildpack_id: str, version: Version) -> str:
    """Return the git tag of a release: `v1.2.3` for all together, or `acme/node@1.2.3` for one of its own."""
    return f"v{version}" if versioning.is_fixed else f"{buildpack_id}@{version}"


@dataclass(frozen=True)
class Forge:
    """A repository on the web, by its address without a slash at the end.

    GitHub, Forgejo and Gitea agree on the paths of comparisons and releases; GitLab has others.
    """

    url: str

    def compare(self, old: str, new: str) -> str:
        """Return the address of what changed between two tags or branches."""
        return f"{self._base}/compare/{quote(old, safe='/@')}...{quote(new, safe='/@')}"

    def release(self, tag: str) -> str:
        """Return the address of a release."""
        path = (
            f"releases/{quote(tag, safe='@')}" if self.is_gitlab else f"releases/tag/{quote(tag, safe='/@')}"
        )
        return f"{self._base}/{path}"

    @property
    def is_gitlab(self) -> bool:
        """Whether it is GitLab, by the name of its host."""
        return "gitlab" in (urlsplit(self.url).hostname or "")

    @property
    def _base(self) -> str:
        return f"{self.url}/-" if self.is_gitlab else self.url


@dataclass(frozen=True)
class CompareLinks:
    """The two link definitions that a release changes: what is Unreleased now, and what came with it."""

    unreleased: str
    release: str


def compare_links(
    forge: Forge, versioning: Versioning, buildpack_id: str, old: Version | None, new: Version
) -> CompareLinks:
    """Make the links of a release; the first one (no old version) has nothing to be compared with."""
    tag = tag_name(versioning, buildpack_id, new)
    release = forge.compare(tag_name(versioning, buildpack_id, old), tag) if old else forge.release(tag)
    return CompareLinks(forge.compare(tag, "HEAD"), release)
