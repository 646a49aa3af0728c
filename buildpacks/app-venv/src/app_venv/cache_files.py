"""The files of pip's cache: which of them the next installation of the same packages would read.

Kept are the wheels of what is installed, as they were downloaded (``http-v2``) or built (``wheels``). Left
out are index pages, metadata, what only a build needed and, where a wheel was built of it, the source: some
of it is asked for again in any case, and pages may hold tokens. Formats: those of pip 23.3 and newer.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import file_sha256, remove, write_atomically
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from app_venv.resolution import Resolution

_HTTP, _WHEELS = "http-v2", "wheels"
_MANIFEST = "kept"
_BODY = ".body"
# Beside a body pip keeps the headers of the answer and, if these say so, of the request.
_SECRET_HEADERS = (b"authorization", b"cookie")


def make_intact(cache: Path) -> None:
    """Remove what is not as `keep` left it: pip takes a damaged file for a wrong one, and fails."""
    kept = kept_digests(cache)
    _remove_files(cache, {name for name, digest in kept.items() if _has(cache / name, digest)})


def forget_news(cache: Path) -> None:
    """Remove what has come since `keep`, so that the cache is the same as before. Nothing is read for it."""
    _remove_files(cache, kept_digests(cache).keys())


def keep(cache: Path, resolution: Resolution, *, downloads: bool) -> None:
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


def _made_of(wheel: Path) -> set[str]:
    """Return the digests of the source distribution; none if it was a commit of a repository."""
    import json  # noqa: PLC0415  (only for those who build something)

    try:
        origin = json.loads(wheel.with_name("origin.json").read_bytes())
        return set() if origin.get("vcs_info") else set(origin["archive_info"]["hashes"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"something unknown"}


def _release(wheel: Path) -> tuple[str, str]:
    """Return name and version; what is no wheel is no release of anything."""
    name, _, rest = wheel.name.partition("-")
    return (normalise(name), rest.partition("-")[0]) if wheel.suffix == ".whl" else ("", "")


def _has(path: Path, digest: str) -> bool:
    return path.is_file() and not path.is_symlink() and file_sha256(path) == digest


def kept_digests(cache: Path) -> dict[str, str]:
    """Return digests (SHA-256) by name, as `keep` noted them; only what lies in the folders of pip counts."""
    try:
        lines = (cache / _MANIFEST).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("  ") for line in lines)
    return {
        name: digest for digest, _, name in pairs if name.startswith((_HTTP, _WHEELS)) and ".." not in name
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
