"""Archives of runtimes in the cache, fetched by the code with which a build fetches them.

Settings are not asked for twice: whoever can build with the buildpack on this machine can fill an offline
package on it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from buildpack_release.errors import NetworkError
from buildpack_release.runtimes.buildpack_program import BuildpackProgram
from buildpack_release.wheels.vendor import fetch
from oci_registry.content import file_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from buildpack_release.model.inputs import PackageInputs

_MODULE = "prefetch"  # of a buildpack that fetches archives

_DOWNLOAD_FAILED = 4  # buildpack_api.errors.DownloadError


def fetch_archives(
    sums: Iterable[str],
    inputs: PackageInputs,
    *,
    catalogue: Path,
    cache: Path,
    report: Callable[[str], None],
) -> dict[str, Path]:
    """Return the file for each SHA-256 (hex), checked; those that the cache has not got are fetched.

    Args:
        sums: which archives.
        inputs: those of the buildpack whose code fetches them.
        catalogue: where it is said from where.
        cache: where they are kept.
        report: takes lines of progress.

    Raises:
        CheckFailed: the buildpack has no code for archives.
        NetworkError: no place gives an archive. What has arrived of it is kept for the next run.
        ReleaseError: the cache cannot be written to, or a setting is wrong.
    """
    program = BuildpackProgram.of(inputs, _MODULE, tuple(fetch(inputs.vendored, cache=cache).values()))
    store = cache / "archives"
    wanted = list(dict.fromkeys(sums))
    missing = [one for one in wanted if not _is_whole(store / f"{one}.tar.gz", one)]
    if missing:
        order = {"catalogue": os.fspath(catalogue), "store": os.fspath(store), "sha256": missing}
        program.run(order, report=report, faults={_DOWNLOAD_FAILED: NetworkError})
    return {one: store / f"{one}.tar.gz" for one in wanted}


def _is_whole(path: Path, sha256: str) -> bool:
    """Return whether an archive is in the cache; one that is damaged is dropped."""
    if not path.is_file():
        return False
    if file_sha256(path) == f"sha256:{sha256}":
        return True
    path.unlink(missing_ok=True)
    return False
