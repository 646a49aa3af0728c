"""Which buildpacks a file of the repository goes into, and which files users of a buildpack do not notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.model.inputs import is_input

if TYPE_CHECKING:
    from buildpack_release.model.repository import Buildpack, Repository

# Packaged, but their changes need no announcement.
_EXEMPT_TEXTS = ("README.md", "CHANGELOG.md")


def is_change_of(repository: Repository, buildpack: Buildpack, path: str) -> bool:
    """Return whether users of a buildpack may notice a change of a file, given by its path below the root."""
    home = buildpack.directory.relative_to(repository.root)
    is_exempt = path in {(home / name).as_posix() for name in _EXEMPT_TEXTS}
    return not is_exempt and is_input(repository, buildpack, path)
