"""Gets the archive of a runtime and checks its SHA-256 before anybody reads it."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from buildpack_api.errors import DownloadError
from buildpack_common.files import sha256_of
from buildpack_common.redaction import redact
from python_runtime.carried import bundled_archive, carried_archives
from python_runtime.faults import LocationFault, download_error
from python_runtime.locations import archive_urls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from buildpack_api.context import BuildContext
    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue

    Download = Callable[[str, IO[bytes]], str]

_T = TypeVar("_T")
_HTML = (b"<!doctype html", b"<html", b"<?xml")


@contextmanager
def fetched(runtime: Runtime, catalogue: RuntimesCatalogue, context: BuildContext) -> Iterator[IO[bytes]]:
    """Return the verified archive as an open file.

    A download goes to a file without a name in the layers directory: whatever happens, nothing of it stays.
    Raises DownloadError naming every place that was tried, ConfigurationError for a mirror that is no URL.
    """
    bundled = bundled_archive(context.buildpack_dir, runtime.sha256)
    urls = (
        (bundled.as_uri(),)
        if bundled
        else archive_urls(runtime, catalogue, context.environment, context.bindings)
    )
    try:
        file = first_good(urls, lambda url: _open(url, runtime, context), runtime)
    except DownloadError as error:
        raise _with_carried(error, runtime, catalogue, context) from error
    with file:
        yield file


def _with_carried(
    error: DownloadError, runtime: Runtime, catalogue: RuntimesCatalogue, context: BuildContext
) -> DownloadError:
    """Document in an offline package what it carries, and how to add more."""
    sums = carried_archives(context.buildpack_dir)
    if not sums:
        return error
    known = catalogue.for_target(context.target.os, context.target.arch)
    inside = ", ".join(r.version for r in known if r.sha256 in sums) or "no Python of this catalogue"
    return DownloadError(
        error.title,
        detail=f"This offline package carries {inside} for {context.target.os}/{context.target.arch}.\n"
        f"{error.detail}",
        advice=f"Ask for a Python that it carries, or package this one too: inv package --offline --python "
        f"{runtime.version}\n{error.advice}",
    )


def first_good(urls: Iterable[str], get: Callable[[str], _T], runtime: Runtime) -> _T:
    """Return what the first URL gives that has no fault. Raises DownloadError naming every place."""
    faults: list[tuple[str, LocationFault]] = []
    for url in urls:
        try:
            return get(url)
        except LocationFault as fault:
            faults.append((redact(url), fault))
    raise download_error(runtime.version, faults)


def _open(url: str, runtime: Runtime, context: BuildContext) -> IO[bytes]:
    if urlsplit(url).scheme.lower() == "file":
        context.output.step(f"Reading {redact(url)}")
        return verified_file(url, runtime)
    context.output.step(f"Downloading {redact(url)}")
    return _verified_download(url, runtime, context)


def verified_file(url: str, runtime: Runtime) -> IO[bytes]:
    """Open a file that a ``file:`` URL names. Raises LocationFault unless it has the right sha256."""
    try:
        file = open(url2pathname(urlsplit(url).path), "rb")  # noqa: PTH123, SIM115  (the caller closes it)
    except OSError as error:
        raise LocationFault(
            f"cannot be read: {error.strerror}",
            advice="The mirror must hold this file, readable for the build.",
        ) from error
    with _closed_on_error(file):
        _check_file(file, runtime)
        check_sum(sha256_of(file), file, runtime)
    return file


def _check_file(file: IO[bytes], runtime: Runtime) -> None:
    """Raise LocationFault for what could be read without end, or is longer than the archive."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise LocationFault("this is not a file", advice="The mirror must hold the archive itself.")
    if status.st_size > runtime.most_bytes:
        raise LocationFault(
            f"its size is {status.st_size} bytes, and not {runtime.most_bytes} as the catalogue has it",
            advice="Nothing of it was used. If this is a mirror, replace its copy by the released file.",
        )


def _verified_download(url: str, runtime: Runtime, context: BuildContext) -> IO[bytes]:
    from python_runtime.http_download import Downloader  # a tenth of a second, only when needed

    file = tempfile.TemporaryFile(dir=context.layers.root)  # noqa: SIM115  (the caller closes it)
    with _closed_on_error(file):
        downloader = Downloader(context.output, context.environment, context.bindings)
        label, most = f"Python {runtime.version}", runtime.most_bytes
        check_sum(downloader.download(url, file, label, most=most), file, runtime)
    return file


def check_sum(found: str, file: IO[bytes], runtime: Runtime) -> None:
    """Raise LocationFault unless a file's sha256 is the runtime's; the file is at its beginning then."""
    file.seek(0)
    if found == runtime.sha256:
        return
    start = file.read(64).lstrip().lower()
    raise LocationFault(
        "its SHA-256 is not the one in the catalogue\n"
        f"  expected  {runtime.sha256}\n"
        f"  found     {found}" + ("\n  It is a web page." if start.startswith(_HTML) else ""),
        advice="Nothing of it was used. If this is a mirror, replace its copy by the released file.",
    )


@contextmanager
def _closed_on_error(file: IO[bytes]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.close()
        raise
