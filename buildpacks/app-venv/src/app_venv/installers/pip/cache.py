"""The layer that keeps pip's downloads and built wheels from one build to the next.

It keeps what the next installation of the same packages would read: the wheels of what is installed, as they
were downloaded (``http-v2`` of pip's own cache, or ``files`` of `keep_downloads`) or built (``wheels``).
Left out are index pages, metadata, what only a build needed and, where a wheel was built of it, the source:
some of it is asked for again in any case, and pages may hold tokens. Formats: those of pip 23.3 and newer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from app_venv.installers.tool_cache import ToolCache, ToolCacheKey, open_layer
from app_venv.settings import Kept
from buildpack_common.files import file_sha256, remove, write_atomically
from buildpack_common.names import normalise
from buildpack_common.parsing import parse_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from app_venv.evidence.resolution import InstallationResolution
    from app_venv.program import Program
    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter

_LAYER = "pip-cache"
_HTTP, _WHEELS = "http-v2", "wheels"
FILES = "files"
"""The folder of `keep_downloads` in the cache."""

_MANIFEST = "kept"
_BODY = ".body"
# Beside a body pip keeps the headers of the answer and, if these say so, of the request.
_SECRET_HEADERS = (b"authorization", b"cookie")


@dataclass(frozen=True)
class PipCacheKey(ToolCacheKey):
    """What makes a cache worth keeping. With another Python or pip most of it would never be read again."""

    python: str = field(metadata={"label": "Python"})
    pip: str
    target: str
    contents: str = field(metadata={"label": "what is kept"})


@dataclass
class PipCache(ToolCache):
    """The cache of pip. ``used``: pip has run, or is about to."""

    used: bool = False

    variable: ClassVar[str] = "PIP_CACHE_DIR"

    def make_intact(self) -> None:
        """See `ToolCache`."""
        make_intact(self.path)

    def built(self) -> list[Path]:
        """See `ToolCache`."""
        wheels = self.path / _WHEELS
        return [wheels] if wheels.is_dir() else []

    def keep(self, resolution: InstallationResolution, *, published: bool) -> None:
        """See `ToolCache`."""
        keep(self.path, resolution, downloads=published)

    def use(self, build_environment: tuple[str, ...]) -> tuple[str, ...]:
        """See `ToolCache`; pip may run several times."""
        if self.used:
            return ()
        self.used = True
        return super().use(build_environment)

    def settle(self, resolution: InstallationResolution, *, reused: bool) -> None:
        """See `ToolCache`; pip may have run although the environment is reused."""
        if self.contents is Kept.NONE or (reused and self.used):
            forget_news(self.path)
        elif not reused:
            self.keep(resolution, published=self.contents is Kept.ALL)


def open_cache(context: BuildContext, interpreter: Interpreter, pip: Program, contents: Kept) -> PipCache:
    """Return the restored cache, or an empty one."""
    key = PipCacheKey(interpreter.minor, pip.version, str(context.target), contents.value)
    layer, key, path = open_layer(context, _LAYER, key)
    return PipCache(layer, key, path, contents, key.built_with)


def make_intact(cache: Path) -> None:
    """Remove what is not as `keep` left it: pip takes a damaged file for a wrong one, and fails."""
    kept = kept_digests(cache)
    _remove_files(cache, {name for name, digest in kept.items() if _has(cache / name, digest)})


def forget_news(cache: Path) -> None:
    """Remove what has come since `keep`, so that the cache is the same as before. Nothing is read for it."""
    _remove_files(cache, kept_digests(cache).keys())


def keep(cache: Path, resolution: InstallationResolution, *, downloads: bool) -> None:
    """Leave only what the next installation of ``resolution`` would read, and note what that is.

    Without ``downloads`` these are the built wheels alone.
    """
    wanted = {package.origin.rpartition(":")[2] for package in resolution.packages}
    versions = {(package.name, package.version) for package in resolution.packages}
    kept, sources = dict[Path, str](), set[str]()
    for wheel in _files(cache / _WHEELS):
        made_of = _made_of(wheel) if _release(wheel) in versions else {"something else"}
        if made_of <= wanted:
            kept |= {path: file_sha256(path) for path in _files(wheel.parent)}
            sources |= made_of
    if downloads:
        kept.update(_downloads(cache / _HTTP, wanted - sources))
        kept.update(_stored(cache / FILES, wanted - sources - {*kept.values()}))
    manifest = {path.relative_to(cache).as_posix(): digest for path, digest in kept.items()}
    _remove_files(cache, manifest.keys())
    lines = (f"{digest}  {name}\n" for name, digest in sorted(manifest.items()))
    write_atomically(cache / _MANIFEST, "".join(lines).encode())


def _downloads(root: Path, wanted: Collection[str]) -> Iterator[tuple[Path, str]]:
    """Yield head and body of each entry whose body has one of the digests, and whose head holds no secret.

    With them come their digests.
    """
    for body in _files(root):
        head = body.with_name(body.name.removesuffix(_BODY))
        if body == head or not head.is_file():
            continue
        digest = file_sha256(body)
        if digest in wanted and not any(one in head.read_bytes().lower() for one in _SECRET_HEADERS):
            yield from ((head, file_sha256(head)), (body, digest))


def _stored(root: Path, wanted: Collection[str]) -> Iterator[tuple[Path, str]]:
    """Yield each file that has one of the digests, and lies in the folder of that name."""
    for path in _files(root):
        digest = path.parent.name
        if digest in wanted and _has(path, digest):
            yield path, digest


def _made_of(wheel: Path) -> set[str]:
    """Return the digests of the source distribution; none if it was a commit of a repository."""
    try:
        origin = parse_json(wheel.with_name("origin.json").read_bytes())
        return set() if origin.get("vcs_info") else set(origin["archive_info"]["hashes"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"something unknown"}


def _release(wheel: Path) -> tuple[str, str]:
    """Return name and version; what is no wheel is no release of anything."""
    name, _, rest = wheel.name.partition("-")
    return (normalise(name), rest.partition("-")[0]) if wheel.suffix == ".whl" else ("", "")


def _has(path: Path, digest: str) -> bool:
    """Tell whether a file is as it was noted; what cannot be read, or is no path at all, is not."""
    try:
        return path.is_file() and not path.is_symlink() and file_sha256(path) == digest
    except (OSError, ValueError):
        return False


def kept_digests(cache: Path) -> dict[str, str]:
    """Return digests (SHA-256) by name, as `keep` noted them; only what lies in the folders of pip counts."""
    try:
        lines = (cache / _MANIFEST).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("  ") for line in lines)
    return {
        name: digest
        for digest, _, name in pairs
        if name.startswith((_HTTP, _WHEELS, FILES)) and ".." not in name
    }


def _files(root: Path) -> list[Path]:
    return sorted(Path(folder, name) for folder, _, names in os.walk(root) for name in names)


def _remove_files(cache: Path, kept: Collection[str]) -> None:
    """Remove all other files, and the directories that are empty then."""
    stay = {_MANIFEST, *kept}
    for folder, folders, names in os.walk(cache, topdown=False):
        for name in [*names, *(one for one in folders if Path(folder, one).is_symlink())]:
            path = Path(folder, name)
            if path.relative_to(cache).as_posix() not in stay:
                path.unlink()
        if folder != str(cache) and not any(Path(folder).iterdir()):
            remove(Path(folder))
