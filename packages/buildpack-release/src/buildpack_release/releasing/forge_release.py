"""Releases on the forge that hosts the repository: looked up by their tags, and made with their notes.

Sources: GitHub's REST API 2022-11-28 ("Releases": get a release by tag name, create a release) and GitLab's
REST API v4 ("Releases API": get a release by a tag name, create a release).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from buildpack_release.registration.api import GITHUB, JSON_TYPE, Api
from oci_registry.errors import NotFoundError
from oci_registry.remote.secret import ConcealedText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_release.releasing.release_notes import ReleaseNotes
    from buildpack_release.versions.links import Forge

_GITHUB_HOST = "github.com"


def token_variable(forge: Forge) -> str:
    """Return the name of the variable that a forge's token comes from."""
    return "GITLAB_TOKEN" if forge.is_gitlab else "GITHUB_TOKEN"


def has_token(forge: Forge, environ: Mapping[str, str]) -> bool:
    """Tell whether the environment has a token for a forge."""
    return bool(environ.get(token_variable(forge), "").strip())


@dataclass(frozen=True)
class ForgeReleases:
    """The releases of a repository on its forge; without `base` the API is that of the forge's host."""

    forge: Forge
    environ: Mapping[str, str]
    base: str = ""

    def missing(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Return the tags that have no release. Raises RegistryError."""
        with self._api() as api:
            return tuple(tag for tag in tags if not _exists(api, self._of_tag(tag)))

    def create(self, notes: ReleaseNotes) -> None:
        """Make a release of a tag that the forge has. Raises RegistryError."""
        text = "description" if self.forge.is_gitlab else "body"
        with self._api() as api:
            api.post(self._path, {"tag_name": notes.tag, "name": notes.tag, text: notes.text})

    @contextmanager
    def _api(self) -> Iterator[Api]:
        variable = token_variable(self.forge)
        api = Api(
            self.base or _base(self.forge),
            token=ConcealedText(self.environ.get(variable, "").strip()),
            accept="application/json" if self.forge.is_gitlab else JSON_TYPE,
            token_advice=f"{variable} has to be a token that may write releases.",
            environ=os.environ,
        )
        with api:
            yield api

    @property
    def _path(self) -> str:
        project = urlsplit(self.forge.url).path.strip("/")
        owner = f"projects/{quote(project, safe='')}" if self.forge.is_gitlab else f"repos/{project}"
        return f"{owner}/releases"

    def _of_tag(self, tag: str) -> str:
        return f"{self._path}/{'' if self.forge.is_gitlab else 'tags/'}{quote(tag, safe='')}"


def _exists(api: Api, path: str) -> bool:
    try:
        api.get(path)
    except NotFoundError:
        return False
    return True


def _base(forge: Forge) -> str:
    parts = urlsplit(forge.url)
    if parts.hostname == _GITHUB_HOST:
        return GITHUB
    return f"https://{parts.netloc}/api/{'v4' if forge.is_gitlab else 'v3'}"
