"""The layer that keeps Poetry's downloads and built wheels from one build to the next.

Of Poetry's cache it keeps the archives that the environment was installed from, and of those that were built
the wheels beside them. Left out are pages of indexes, what only a build needed, and all that is built of a
directory or a repository. Each file that is kept is noted with its hash: what is no longer so is not used.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app_venv.settings import Kept
from buildpack_api.layer_env import Scope, override
from buildpack_api.layers import Layer, LayerKey, LayerTypes, outcome
from buildpack_common.files import file_sha256, remove, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app_venv.evidence.resolution import InstallationResolution
    from buildpack_api.context import BuildContext

_LAYER = "poetry-cache"
_ARCHIVES = "artifacts"
_MANIFEST = "kept"


@dataclass(frozen=True)
class PoetryCacheKey(LayerKey):
    """What makes a cache worth keeping. A wheel that was built says itself for which Python it is.

    ``built_with`` is the environment in which its wheels were built (`build_environment`).
    """

    target: str
    contents: str = field(metadata={"label": "what is kept"})
    built_with: tuple[str, ...] = outcome()


@dataclass
class PoetryCache:
    """The layer, ready to be written to. ``built_with``: in what environment its wheels were built."""

    layer: Layer
    key: PoetryCacheKey
    path: Path
    contents: Kept
    built_with: tuple[str, ...] = ()

    def use(self, build_environment: tuple[str, ...]) -> tuple[str, ...]:
        """Call it before Poetry runs: what is no longer as it was kept is removed.

        So are wheels that were built in another environment than this; returns how it differs.
        """
        from app_venv.evidence.build_environment import changes  # only when Poetry runs

        _make_intact(self.path)
        built = [folder for folder in _folders(self.path) if _source_of(folder)]
        different = tuple(changes(self.built_with, build_environment)) if built else ()
        if different:
            for folder in built:
                remove(folder)
        self.built_with = build_environment
        return different

    def settle(self, resolution: InstallationResolution, *, reused: bool) -> None:
        """Leave only what an installation of ``resolution`` needs; for a reused one that is there already."""
        if self.contents is Kept.NONE:
            remove(self.path)
            self.path.mkdir()
        elif not reused:
            _keep(self.path, resolution, published=self.contents is Kept.ALL)

    def save(self) -> None:
        """Offer it to later buildpacks as well, never to the app image."""
        self.layer.write_env(override("POETRY_CACHE_DIR", str(self.path), scope=Scope.BUILD))
        has_built = any(_source_of(folder) for folder in _folders(self.path))
        key = replace(self.key, built_with=self.built_with if has_built else ())
        replace(self.layer, key=key).save(LayerTypes(build=True, cache=self.contents is not Kept.NONE))


def open_cache(context: BuildContext, contents: Kept) -> PoetryCache:
    """Return the restored cache, or an empty one."""
    key = PoetryCacheKey(str(context.target), contents.value)
    key = key.with_outcomes_of(context.layers.restored_metadata(_LAYER))
    layer = context.layers.open(_LAYER, key)
    if not layer.reusable:
        layer.clear()
    path = layer.path / "cache"
    path.mkdir(exist_ok=True)
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
