"""dist/SHA256SUMS: the digest of every file of the packages, as `sha256sum -c` reads it inside dist/.

It is derived from what dist/ holds, each time. Blobs are named by their digests, and what the manifest has
digests of is not read again: the sums say what the files have to be.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.dist.manifest import FILE as MANIFEST
from oci_registry.content import file_sha256
from oci_registry.layout import BLOBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.dist.manifest import DistManifest, DistPackage

FILE = "SHA256SUMS"


def checksums(dist: Path, manifest: DistManifest) -> str:
    """Return the text of the file for the packages of a manifest.

    A provenance that is missing is left out; the next run that makes or checks its package writes it.
    """
    digests = {MANIFEST: file_sha256(dist / MANIFEST)}
    for package in manifest:
        digests.update(_package(dist, package))
    lines = (f"{digest.removeprefix('sha256:')}  {path}\n" for path, digest in sorted(digests.items()))
    return "".join(lines)


def _package(dist: Path, package: DistPackage) -> Iterator[tuple[str, str]]:
    for image in package.images:
        yield image.file, image.file_digest
    yield package.sbom.path, package.sbom.digest
    if (dist / package.provenance).is_file():
        yield package.provenance, file_sha256(dist / package.provenance)
    layout = dist / package.layout
    for folder, _, files in os.walk(layout):
        for name in files:
            path = Path(folder, name)
            is_blob = path.parent == layout / BLOBS
            yield path.relative_to(dist).as_posix(), f"sha256:{name}" if is_blob else file_sha256(path)
