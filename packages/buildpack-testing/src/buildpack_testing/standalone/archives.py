"""Archives of the real trees, with their catalogue, in the cache directory."""

from __future__ import annotations

import hashlib
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import file_sha256
from buildpack_release.errors import MissingToolError, UsageError
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.targets import own_arch
from buildpack_testing.file_locks import exclusive
from buildpack_testing.runtime_set import RuntimeArchive, RuntimeSet, archive_name, make_set, pack
from buildpack_testing.standalone.completion import Supplement, complete, find_supplement
from buildpack_testing.standalone.releases import RELEASES, StandaloneRelease, download
from buildpack_testing.standalone.tree import lay_out_pip, lay_out_python, strip

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Raise when the way of making a tree changes: archives in the cache are made again.
RECIPE = 1
ARCHES = ("amd64", "arm64")


def make_standalone(
    directory: Path | None = None,
    *,
    releases: Sequence[StandaloneRelease] = RELEASES,
    minors: frozenset[str] | None = None,
    arch: str = "",
    complete_only: bool = False,
    report: Callable[[str], None] = lambda _line: None,
) -> RuntimeSet:
    """Make archives of real trees, of the minors asked for or all, for an architecture (by default ours).

    Each is made once; that takes some 10 s, and the first time the download of some 140 MB. Without a
    directory, one below the cache directory is used. With complete_only, those are left out for which this
    machine has no ensurepip. Safe to run several times at once.

    Raises UsageError for a minor or architecture there is no tree of, MissingToolError without Go and without
    a wheel of it for this machine, or if all are left out, NetworkError when something cannot be fetched,
    ReleaseError.
    """
    arch = arch or own_arch()
    releases = _choose(releases, minors, arch)
    if complete_only:
        releases = [one for one in releases if _can_be_completed(one, report)]
        if not releases:
            raise MissingToolError(
                "No CPython to make a runtime archive from",
                detail="Only the distribution's own is installed, and nothing completes the real archives.",
                advice="Install one, for instance with `uv python install 3.13`.",
            )
    with ThreadPoolExecutor(max_workers=2) as pool:
        archives = list(pool.map(lambda release: _cached_archive(release, arch, report), releases))
    if directory is None:
        key = json.dumps([(archive.version, archive.sha256) for archive in archives])
        directory = cache_directory() / "runtimes" / "standalone" / f"{arch}-{_digest(key)}"
    return make_set(archives, directory)


def _choose(
    releases: Sequence[StandaloneRelease], minors: frozenset[str] | None, arch: str
) -> list[StandaloneRelease]:
    known = {release.minor: release for release in releases}
    unknown = sorted((minors or frozenset()) - known.keys())
    if unknown:
        raise UsageError(
            f"There is no real tree of Python {', '.join(unknown)}", advice=f"Choose from {', '.join(known)}."
        )
    if arch not in ARCHES:
        raise UsageError(f"There are no real trees for {arch}", advice=f"Choose from {', '.join(ARCHES)}.")
    return [release for minor, release in known.items() if minors is None or minor in minors]


def _can_be_completed(release: StandaloneRelease, report: Callable[[str], None]) -> bool:
    supplement = find_supplement(release.minor, report=report)
    if supplement.missing:
        report(f"there will be no Python {release.minor}: nothing here completes it ({supplement.missing})")
    return not supplement.missing


def _cached_archive(release: StandaloneRelease, arch: str, report: Callable[[str], None]) -> RuntimeArchive:
    supplement = find_supplement(release.minor, report=report)
    key = _digest(json.dumps([RECIPE, release.checksum, arch, release.flavour, supplement.identity]))
    folder = cache_directory() / "runtimes" / "archives" / f"standalone-{release.version}-{arch}-{key}"
    file = folder / archive_name(release.version, release.tag, arch=arch, flavour=release.flavour)
    with exclusive(folder / ".lock"):
        if not file.exists():
            source = f"with what it lacks from {supplement.name}"
            if supplement.missing:
                source = f"without ensurepip and headers: {supplement.missing}"
            report(
                f"making the archive of the real Python {release.version} for {arch}, {source} (about 10 s)"
            )
            _make(release, arch, supplement, file, report)
            report(f"made {file.name} ({file.stat().st_size / 1e6:.1f} MB)")
    return RuntimeArchive(
        release.version, file, file_sha256(file), release.tag, arch, has_headers=bool(supplement.include)
    )


def _make(
    release: StandaloneRelease, arch: str, supplement: Supplement, file: Path, report: Callable[[str], None]
) -> None:
    module = download(release, report=report)
    with tempfile.TemporaryDirectory(prefix="strata-standalone-") as scratch:
        tree = Path(scratch) / "python"
        lay_out_python(module, release, arch, tree)
        if release.strip:
            strip(tree)
        lay_out_pip(module, release, tree / "lib" / f"python{release.minor}" / "site-packages")
        complete(tree, release, supplement, report)
        tree.chmod(0o775)
        pack(tree, file)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
