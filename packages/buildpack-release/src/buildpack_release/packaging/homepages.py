"""The homepage of the repository's settings, for all buildpacks that name none of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tomlkit

from buildpack_release.versions.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.repository import Buildpack, Repository


def with_homepages(repository: Repository) -> Repository:
    """Return a repository as it is packaged. Raises CheckFailed for settings that cannot be read."""
    homepage = Policy.read(repository.root).homepage
    return replace(
        repository, buildpacks=tuple(_with_homepage(one, homepage) for one in repository.buildpacks)
    )


def _with_homepage(buildpack: Buildpack, homepage: str) -> Buildpack:
    descriptor = buildpack.descriptor
    return replace(buildpack, descriptor=replace(descriptor, homepage=descriptor.homepage or homepage))


def write_homepage(file: Path, homepage: str) -> None:
    """Write the homepage into a sound buildpack.toml that has none; all else stays. Raises OSError."""
    if not homepage:
        return
    document = tomlkit.parse(file.read_text("utf-8"))
    table = document["buildpack"]
    if not table.get("homepage"):
        table["homepage"] = homepage
        file.write_text(tomlkit.dumps(document), "utf-8")
