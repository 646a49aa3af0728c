"""The layer that keeps uv's downloads and built wheels from one build to the next.

Of uv's cache it keeps the unpacked wheels that the environment is made of: its files are hard links to them.
Left out are pages of indexes, sources, what only a build needed, and all that is built of a directory or a
repository. Each file that is kept is noted with its hash and permissions: whoever changes the environment in
place, in this build, changes the cache as well, and what was changed is not used again.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from app_venv.installers.tool_cache import ToolCache, ToolCacheKey, open_layer
from buildpack_common.files import descriptor_sha256, write_atomically
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from app_venv.evidence.resolution import InstallationResolution
    from app_venv.settings import Kept
    from buildpack_api.context import BuildContext

_LAYER = "uv-cache"
_ARCHIVES = "archive-v*"
# Pointers to archives: of published wheels, and of those that were built of published sources.
_WHEELS, _BUILT = "wheels-v*", "sdists-v*"
_LOCAL = frozenset({"editable", "path", "git"})
_MANIFEST = "kept"
_MARKS = ("CACHEDIR.TAG", ".gitignore", "sdists-v*/.gitignore", "sdists-v*/.git")
_LINK = "-> "


@dataclass(frozen=True)
class UvCacheKey(ToolCacheKey):
    """What makes a cache worth keeping. uv itself knows of each part for which version of it that is."""

    target: str
    contents: str = field(metadata={"label": "what is kept"})


@dataclass
class UvCache(ToolCache):
    """The cache of uv, to which the environment ``venv`` is linked."""

    _: KW_ONLY
    venv: Path

    variable: ClassVar[str] = "UV_CACHE_DIR"

    def make_intact(self) -> None:
        """See `ToolCache`: if anything has changed, nothing is left."""
        _make_intact(self.path)

    def built(self) -> list[Path]:
        """See `ToolCache`."""
        return list(self.path.glob(_BUILT))

    def keep(self, resolution: InstallationResolution, *, published: bool) -> None:
        """See `ToolCache`; what the environment is linked to tells where it is."""
        _keep(self.path, self.venv, {one.name for one in resolution.packages}, published=published)


def open_cache(context: BuildContext, venv: Path, contents: Kept) -> UvCache:
    """Return the restored cache, or an empty one."""
    layer, key, path = open_layer(context, _LAYER, UvCacheKey(str(context.target), contents.value))
    return UvCache(layer, key, path, contents, key.built_with, venv=venv)


def _make_intact(cache: Path) -> None:
    """Remove what has come since `_keep`, or all if anything is no longer as it was."""
    noted = _noted(cache)
    there = set(_files(cache))
    if not noted or any(name not in there or _state(f"{cache}/{name}") != noted[name] for name in noted):
        noted = {}
    for name in there - noted.keys() - {_MANIFEST}:
        (cache / name).unlink()
    _remove_empty(cache)


def _noted(cache: Path) -> dict[str, str]:
    """Return the state of each file that was kept, by its name."""
    try:
        lines = (cache / _MANIFEST).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    return {name: state for state, _, name in (line.partition("  ") for line in lines)}


def _keep(cache: Path, venv: Path, distributions: set[str], *, published: bool) -> None:
    """Remove all but what is used of these distributions, and note what stays."""
    used = _linked_archives(cache, venv)
    used |= _archives_of_others(cache, venv, used)
    used = {one for one in used if not distributions.isdisjoint(_distributions(one))}
    kept = {path for pattern in _MARKS for path in cache.glob(pattern)}
    archives = set[Path]()
    for pattern in (*([_WHEELS] if published else []), _BUILT):
        for root, link, archive in _used_links(cache, used, pattern):
            if not _LOCAL & set(link.relative_to(root).parts):
                kept |= {link, *_pointers(link)}
                archives.add(archive)
    folders = {archive.relative_to(cache).as_posix() for archive in archives}
    others = set(_files(cache, without=folders))
    names = others & {path.relative_to(cache).as_posix() for path in kept}
    for name in others - names:
        (cache / name).unlink()
    _remove_empty(cache, without=folders)
    names |= {f"{folder}/{name}" for folder in folders for name in _files(cache / folder)}
    lines = sorted(f"{_state(f'{cache}/{name}')}  {name}\n" for name in names)
    write_atomically(cache / _MANIFEST, "".join(lines).encode("utf-8", "surrogateescape"))


@dataclass(frozen=True)
class CachedArchive:
    """An unpacked wheel that the environment is linked to: what uv has noted of it; if it was built here."""

    distribution: str
    notes: bytes = field(repr=False)
    built: bool


def linked_archives(cache: Path, venv: Path, moved: Collection[str]) -> Iterator[CachedArchive]:
    """Yield those of the environment, each by the normalised name of its distribution.

    Those that were ``moved`` into it are not looked at: all their files would be.
    """
    used = _linked_archives(cache, venv, moved)
    for pattern in (_WHEELS, _BUILT):
        for _, link, archive in _used_links(cache, used, pattern):
            notes = b"".join(path.read_bytes() for path in _pointers(link) if path.is_file())
            for name in _distributions(archive):
                yield CachedArchive(name, notes, pattern == _BUILT)


def _distributions(archive: Path) -> Iterator[str]:
    """Yield what an unpacked wheel is of, by its normalised name."""
    for info in archive.glob("*.dist-info"):
        yield normalise(info.name.removesuffix(".dist-info").rpartition("-")[0])


def _used_links(cache: Path, used: set[Path], pattern: str) -> Iterator[tuple[Path, Path, Path]]:
    """Yield pointers to the archives that are used: what they are below, the pointer, the archive."""
    for root in cache.glob(pattern):
        for link in _links(root):
            archive = Path(os.path.normpath(link.parent / link.readlink()))
            if archive in used:
                yield root, link, archive


def _linked_archives(cache: Path, venv: Path, moved: Collection[str] = ()) -> set[Path]:
    """Return the unpacked wheels of which the environment has a file: the very same one."""
    places = [str(path) for path in venv.glob("lib/python*/site-packages")]
    archives = (archive for root in cache.glob(_ARCHIVES) for archive in root.iterdir())
    return {
        archive
        for archive in archives
        if not any(name in moved for name in _distributions(archive))
        and any(_is_linked(archive, place) for place in places)
    }


def _is_linked(archive: Path, place: str) -> bool:
    """Whether a file of an unpacked wheel is, by the same name, also where packages are installed."""
    return any(_is_same(f"{archive}/{name}", f"{place}/{name}") for name in _files(archive))


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except OSError:
        return False


def _archives_of_others(cache: Path, venv: Path, linked: set[Path]) -> set[Path]:
    """Return the archives, kept before, of what the environment has not by links but was moved there."""
    names = {info.name for archive in linked for info in archive.glob("*.dist-info")}
    others = {info.name for info in venv.glob("lib/python*/site-packages/*.dist-info")} - names
    noted = {Path(cache, *name.split("/")[:2]) for name in _noted(cache) if "/" in name}
    return {archive for archive in noted if any((archive / name).is_dir() for name in others)}


def _pointers(link: Path) -> Iterator[Path]:
    """Yield what uv reads to come to a link: for a published wheel beside it, for a built one also above."""
    for path in link.parent.iterdir():
        if path.name in (f"{link.name}.http", f"{link.name}.rev", "metadata.msgpack") or (
            path.suffix == ".whl" and path.is_symlink()
        ):
            yield path
    yield from (path for path in link.parent.parent.glob("revision.*") if path.is_file())


def _links(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        yield from (Path(folder, name) for name in (*folders, *names) if Path(folder, name).is_symlink())


def _state(path: str) -> str:
    """Return what tells a file from all others, or where a link leads."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return f"{_LINK}{os.readlink(path)}"  # noqa: PTH115
    try:
        return f"{descriptor_sha256(file)} {stat.S_IMODE(os.fstat(file).st_mode):o}"
    finally:
        os.close(file)


def _files(root: Path, without: Collection[str] = ()) -> Iterator[str]:
    """Yield all files, and all links whatever they lead to, by their names below a directory.

    They are thousands: as texts they take a fraction of the time that paths would.
    """
    start = len(f"{root}/")
    for folder, folders, names in _walk(root, without):
        below = f"{folder}/"[start:]
        yield from (f"{below}{name}" for name in names)
        yield from (f"{below}{name}" for name in folders if os.path.islink(f"{folder}/{name}"))  # noqa: PTH114


def _remove_empty(cache: Path, without: Collection[str] = ()) -> None:
    for folder in reversed([folder for folder, _, _ in _walk(cache, without)][1:]):
        with suppress(OSError):  # it is not empty
            os.rmdir(folder)  # noqa: PTH106


def _walk(root: Path, without: Collection[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk through a directory, but not into those ``without``, which are names below it."""
    start = len(f"{root}/")
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if f"{folder}/{name}"[start:] not in without]
        yield folder, folders, names
