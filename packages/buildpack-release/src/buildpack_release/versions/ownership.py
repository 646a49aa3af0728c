"""Which buildpacks a file of the repository goes into, and which files users of a buildpack do not notice.

Exempt are README.md and CHANGELOG.md of a buildpack, tests, and what editors and builds leave behind.
`inputs` lists what is packaged; this says the same of paths, because the deletion of a file is a change too.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildpack_release.model.repository import Buildpack, Repository

# What assembling copies into every component.
_VENDORED = ("packages/buildpack-api/src/buildpack_api", "packages/buildpack-api/share/bin")
_LICENSE = "LICENSE"
_EXEMPT_TEXTS = frozenset({"README.md", "CHANGELOG.md"})
_EXEMPT = re.compile(
    r"tests|__pycache__|.*\.pyc|.*\.egg-info|\.git.*|\..*_cache|\.DS_Store|.*~|\..*\.sw.|.*\.(orig|rej|bak|bump)"
)


def is_change_of(repository: Repository, buildpack: Buildpack, path: str) -> bool:
    """Say whether users of a buildpack may notice a change of a file, given by its path below the root."""
    file = PurePosixPath(path)
    home = PurePosixPath(buildpack.directory.relative_to(repository.root).as_posix())
    if file.is_relative_to(home):
        return not _is_exempt(file.relative_to(home))
    if path == _LICENSE:
        return not (buildpack.directory / _LICENSE).exists()
    return not buildpack.descriptor.is_composite and _is_vendored(file)


def goes_into(repository: Repository, buildpack: Buildpack, path: str) -> bool:
    """Say whether a file, given by its path below the root, goes into the package of a buildpack."""
    home = buildpack.directory.relative_to(repository.root).as_posix()
    is_text = path in {f"{home}/{name}" for name in _EXEMPT_TEXTS}
    return is_text or is_change_of(repository, buildpack, path)


def _is_vendored(file: PurePosixPath) -> bool:
    return any(file.is_relative_to(tree) and not _is_exempt(file.relative_to(tree)) for tree in _VENDORED)


def _is_exempt(file: PurePosixPath) -> bool:
    return str(file) in _EXEMPT_TEXTS or any(_EXEMPT.fullmatch(part) for part in file.parts)
