"""Fetches archives ahead of any build, for packages that carry them: a build's download, into a store."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from buildpack_api.errors import ConfigurationError
from buildpack_api.output import Output
from buildpack_common.files import sha256_of
from buildpack_common.redaction import redact
from python_runtime import catalogue as catalogues
from python_runtime.faults import LocationFault
from python_runtime.fetch import check_sum, first_good, verified_file
from python_runtime.locations import archive_urls
from python_runtime.orders import carry_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue


def main() -> None:
    """Fetch ``{"catalogue": path, "store": directory, "sha256": [...]}`` and exit."""
    carry_out(_carry_out)


def _carry_out(order: dict[str, Any]) -> dict[str, Any]:
    catalogue = catalogues.load(Path(order["catalogue"]))
    try:
        prefetch(order["sha256"], catalogue, Path(order["store"]), os.environ, Output(stdout=sys.stderr))
    except OSError as error:
        error.filename = error.filename or order["store"]
        raise
    return {}


def prefetch(
    sums: Iterable[str],
    catalogue: RuntimesCatalogue,
    store: Path,
    environment: Mapping[str, str],
    output: Output,
) -> None:
    """Put the archives with these sha256 into a directory, as ``<sha256>.tar.gz``.

    What is broken off stays as ``.<sha256>.part``, and the next run goes on with it.
    Raises DownloadError naming every place that was tried, ConfigurationError for a sum that no archive has.
    """
    store.mkdir(parents=True, exist_ok=True)
    known = {runtime.sha256: runtime for runtime in catalogue.runtimes}
    for sha256 in sums:
        if sha256 not in known:
            raise ConfigurationError(f"{catalogue.file} has no archive with the SHA-256 {sha256}")
        runtime = known[sha256]
        with _partial(store, sha256) as part:
            if part is not None:
                urls = archive_urls(runtime, catalogue, environment, ())
                first_good(urls, lambda url: _get(url, part, runtime, environment, output), runtime)  # noqa: B023  (called at once)


@contextmanager
def _partial(store: Path, sha256: str) -> Iterator[IO[bytes] | None]:
    """Return the file to write to, which becomes the archive when the block ends well; None if it is there.

    One process at a time: the others wait, and find the archive then.
    """
    final, beside = store / f"{sha256}.tar.gz", store / f".{sha256}.part"
    with open(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644), "r+b") as part:  # noqa: PTH123
        fcntl.flock(part, fcntl.LOCK_EX)
        if not final.exists() and sha256_of(part) == sha256:
            beside.replace(final)  # an earlier run was killed right before this
        if final.exists():
            beside.unlink(missing_ok=True)
            yield None
            return
        yield part
        part.flush()
        beside.replace(final)


def _empty(file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()


def _get(url: str, part: IO[bytes], runtime: Runtime, environment: Mapping[str, str], output: Output) -> None:
    """Write the archive that a URL gives, checked. Raises LocationFault if it does not give it."""
    if urlsplit(url).scheme.lower() == "file":
        output.step(f"Reading {redact(url)}")
        with verified_file(url, runtime) as source:
            _empty(part)
            shutil.copyfileobj(source, part)
        return
    from python_runtime.http_download import Downloader  # as in a build

    begun = part.seek(0, os.SEEK_END)
    going_on = f", after {begun / 1_000_000:.1f} MB of an earlier run" if begun else ""
    output.step(f"Downloading {redact(url)}{going_on}")
    downloader, label = Downloader(output, environment), f"Python {runtime.version}"
    found = downloader.download(url, part, label, most=runtime.most_bytes, resume=True)
    if begun and found != runtime.sha256:
        _empty(part)
        found = downloader.download(url, part, label, most=runtime.most_bytes)
    try:
        check_sum(found, part, runtime)
    except LocationFault:
        _empty(part)
        raise
