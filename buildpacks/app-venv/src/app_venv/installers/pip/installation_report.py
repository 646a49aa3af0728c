"""What pip tells of an installation: its report (pip documentation, 'Installation Report'), and its output.

The output alone says where the files came from.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app_venv.evidence.resolution import UNPROVABLE, InstallationResolution, ResolvedDistribution
from buildpack_api.errors import BuildpackError
from buildpack_common.names import normalise
from buildpack_common.parsing import parse_json
from buildpack_common.redaction import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_venv.environment.checkouts import GitCheckout

_FILE = r"\s*(?P<how>Using cached|Downloading) (?P<file>\S+?\.(?:whl|zip|tar\.\w+|tgz))(?: \(.*)?$"
_BUILT = r"\s*Created wheel for (?P<name>\S+):"


@dataclass(frozen=True)
class Origins:
    """Names of files from pip's cache and from an index, and of projects that were built from source.

    ``checkouts`` are what was cloned to stay in the environment.
    """

    cached: set[str] = field(default_factory=set)
    downloaded: set[str] = field(default_factory=set)
    built: set[str] = field(default_factory=set)
    checkouts: list[GitCheckout] = field(default_factory=list)

    def see(self, line: str) -> None:
        """Take note of a line of pip's output."""
        text = line.rstrip("\n")
        file = re.match(_FILE, text)
        if file:
            (self.cached if file["how"] == "Using cached" else self.downloaded).add(file["file"])
        built = re.match(_BUILT, text)
        if built:
            self.built.add(built["name"])

    def __str__(self) -> str:
        counts = (
            (len(self.cached), "from the cache"),
            (len(self.downloaded), "downloaded"),
            (len(self.built), "built from source"),
        )
        return ", ".join(f"{count} {what}" for count, what in counts if count)


def read_report(path: Path) -> InstallationResolution:
    """Read the file that ``pip install --report`` wrote. Raises BuildpackError if it is no such file."""
    try:
        document = parse_json(path.read_bytes())
        packages = [_package(item) for item in document["install"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildpackError(
            "pip wrote no report of what it installed",
            detail=f"{path.name}: {error}",
            advice="Use the pip of strata/pip-tool, or another one from 23.0 on.",
        ) from error
    return InstallationResolution(tuple(sorted(packages, key=lambda package: package.name)))


def _package(item: Mapping[str, Any]) -> ResolvedDistribution:
    metadata = item["metadata"]
    extras = tuple(sorted(normalise(extra) for extra in item.get("requested_extras") or ()))
    origin = _origin(item["download_info"])
    name, version, published = normalise(metadata["name"]), metadata["version"], _is_published(item, origin)
    return ResolvedDistribution(
        name, version, origin, extras, published, built=_is_built(item["download_info"])
    )


def _is_published(item: Mapping[str, Any], origin: str) -> bool:
    """Return whether an index lists this wheel: it is not from a requirement's own address or from a disk.

    One that was built here of a published source has that one's address.
    """
    from urllib.parse import urlsplit  # only when pip has run

    address = urlsplit(item["download_info"]["url"])
    named = address.path.endswith(".whl") and address.scheme in ("http", "https")
    return named and not item.get("is_direct", True) and origin.startswith("sha")


def _is_built(download: Mapping[str, Any]) -> bool:
    """Return whether it is an archive that is no wheel, or a wheel of pip's cache that was built of one."""
    from urllib.parse import urlsplit  # only when pip has run

    return "archive_info" in download and not urlsplit(download["url"]).path.endswith(".whl")


def _origin(download: Mapping[str, Any]) -> str:
    archive = download.get("archive_info")
    if archive is None:
        return UNPROVABLE
    hashes: Mapping[str, str] = archive.get("hashes") or {}
    for algorithm in ("sha256", "sha512", "sha384"):
        if algorithm in hashes:
            return f"{algorithm}:{hashes[algorithm]}"
    address = without_credentials(download["url"]).encode("utf-8", "surrogatepass")
    return f"address:{hashlib.sha256(address).hexdigest()[:16]}"
