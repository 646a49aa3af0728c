"""The layer that keeps Poetry's downloads and built wheels from one build to the next.

Of Poetry's cache it keeps the archives that the environment was installed from, and of those that were built
the wheels beside them. Left out are pages of indexes, what only a build needed, and all that is built of a
directory or a repository. Each file that is kept is noted with its hash: what is no longer so is not used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from app_venv.installers.tool_cache import ToolCache, ToolCacheKey, open_layer
from buildpack_common.files import file_sha256, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app_venv.evidence.resolution import InstallationResolution
    from app_venv.settings import Kept
    from buildpack_api.context import BuildContext

_LAYER = "poetry-cache"
_ARCHIVES = "artifacts"
_MANIFEST = "kept"


@dataclass(frozen=True)
class PoetryCacheKey(ToolCacheKey):
    """What makes a cache worth keeping. A wheel that was built says itself for which Python it is."""

    target: str
    contents: str = field(metadata={"label": "what is kept"})


@dataclass
class PoetryCache(ToolCache):
    """The cache of Poetry."""

    variable: ClassVar[str] = "POETRY_CACHE_DIR"

    def make_intact(self) -> None:
        """See `ToolCache`."""
        _make_intact(self.path)

    def built(self) -> list[Path]:
        """See `ToolCache`: the folders of sources, which have the wheels that were built of them."""
        return [folder for folder in _folders(self.path) if _source_of(folder)]

    def keep(self, resolution: InstallationResolution, *, published: bool) -> None:
        """See `ToolCache`."""
        _keep(self.path, resolution, published=published)


def open_cache(context: BuildContext, contents: Kept) -> PoetryCache:
    """Return the restored cache, or an empty one."""
    layer, key, path = open_layer(context, _LAYER, PoetryCacheKey(str(context.target), contents.value))
    return PoetryCache(layer, key, path, contents, key.built_with)


def _make_intact(cache: Path) -> None:
    """Remove all that is not as it was when it was kept."""
    try:
        lines = (cache / _MANIFEST).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    noted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for path in _files(cache):
        name = path.relative_to(cache).as_posix()
        if path.is_symlink() or noted.get(name) != file_sha256(path):
            path.unlink()
    _remove_empty(cache)


def _keep(cache: Path, resolution: InstallationResolution, *, published: bool) -> None:
    """Remove all other files, and note those that stay."""
    used = {one.origin for one in resolution.packages}
    kept: dict[Path, str] = {}
    for folder in _folders(cache):
        digests = {path: file_sha256(path) for path in folder.iterdir() if path.is_file()}
        archives = {path for path, digest in digests.items() if f"sha256:{digest}" in used}
        if any(path.suffix != ".whl" for path in archives):
            # A wheel that was built lies beside its source, which Poetry compares with the lock.
            archives |= {path for path in digests if path.suffix == ".whl"}
        elif not published:
            continue
        kept |= {path: digests[path] for path in archives}
    for path in _files(cache):
        if path not in kept:
            path.unlink()
    _remove_empty(cache)
    lines = sorted(f"{digest}  {path.relative_to(cache).as_posix()}\n" for path, digest in kept.items())
    write_atomically(cache / _MANIFEST, "".join(lines).encode())


def _source_of(folder: Path) -> Path | None:
    return next((path for path in folder.iterdir() if path.suffix != ".whl"), None)


def _folders(cache: Path) -> Iterator[Path]:
    """Yield the folders of single archives."""
    yield from {path.parent for path in _files(cache / _ARCHIVES)}


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_symlink() or path.is_file()] if root.is_dir() else []


def _remove_empty(cache: Path) -> None:
    for folder in sorted((path for path in cache.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
