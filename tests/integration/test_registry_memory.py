"""The memory that transfers take does not grow with what is transferred."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import buildpack_release
from support.registries import running

SIZE = 300 * 1024 * 1024
MOST_GROWTH = 100 * 1024 * 1024
SOURCES = Path(buildpack_release.__file__).parents[1]

# Prints by how many bytes the largest resident size grew, from before the digest to after the download.
PROGRAM = """
import resource, sys
from pathlib import Path
from oci_registry.blob_source import BlobSource
from oci_registry.remote.client import RegistryClient

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

host, path, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
with RegistryClient(host, environ={}) as client:
    blobs = client.repository("large").blobs
    blobs.push(BlobSource.from_bytes(b"warm"))
    before = peak()
    source = BlobSource.from_file(path)
    assert source.size == size
    blobs.push(source)
    blobs.download(source.digest, path.with_name("back"), size=size)
    print(peak() - before)
"""


def test_memory_stays_flat_with_a_large_blob(tmp_path: Path) -> None:
    """Digest, chunked upload and download of 300 MB, at the real registry, in a process of their own."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(SIZE)
    with running("real", tmp_path / "registry") as registry:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, registry.host, str(large), str(SIZE)],
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "back").stat().st_size == SIZE
    assert int(done.stdout) < MOST_GROWTH
