"""How many bytes published archives have. No list of them says it, so the servers are asked, by HEAD."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from buildpack_common.parsing import parse_count
from buildpack_common.runtimes_catalogue import LARGEST
from oci_registry.errors import RegistryError
from oci_registry.parallel import in_parallel
from oci_registry.remote.wire import ConnectionOptions, RegistryRequest, Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from buildpack_release.runtimes.published import PublishedArchive

_OK = 200


def with_sizes(
    archives: Iterable[PublishedArchive], bases: Sequence[str], environ: Mapping[str, str] | None = None
) -> tuple[PublishedArchive, ...]:
    """Return the archives with their sizes, as far as the servers at `bases` tell them.

    A server that cannot be reached is left for the next: without a size an archive can be had as well.
    """
    found = tuple(archives)
    for base in bases:
        found = _asked(found, base.rstrip("/"), os.environ if environ is None else environ)
    return found


def _asked(
    archives: tuple[PublishedArchive, ...], base: str, environ: Mapping[str, str]
) -> tuple[PublishedArchive, ...]:
    unknown = [archive for archive in archives if archive.size is None]
    if not unknown:
        return archives
    with closing(Wire(urlsplit(base).hostname or "", ConnectionOptions(), environ)) as wire:
        try:
            first = _size(wire, f"{base}/{unknown[0].path}")
            others = in_parallel(lambda archive: _size(wire, f"{base}/{archive.path}"), unknown[1:])
        except RegistryError:
            return archives
    sizes = {archive.path: size for archive, size in zip(unknown, (first, *others), strict=True)}
    return tuple(replace(archive, size=archive.size or sizes.get(archive.path)) for archive in archives)


def _size(wire: Wire, url: str) -> int | None:
    answer = wire.send(RegistryRequest("HEAD", url))
    answer.close()
    if answer.headers.get("Content-Type", "").lower().startswith("text/"):
        return None  # a log-in page
    size = parse_count(answer.headers.get("Content-Length", "")) or 0
    return size if answer.status == _OK and 0 < size <= LARGEST else None
