"""The identity of the code that makes packages, so that a change in it counts as a change of their inputs."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

_MODULES = (
    "attestation/distributions.py",
    "attestation/sbom.py",
    "oci/*.py",
    "packaging/artifacts.py",
    "packaging/assemble.py",
    "packaging/buildpackage.py",
    "packaging/bundle.py",
    "packaging/bytecode.py",
    "packaging/inputs.py",
    "packaging/load.py",
    "packaging/wheel.py",
)


@functools.cache
def recipe() -> str:
    """Return a digest of the modules that decide what is in a package."""
    home = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _MODULES for path in home.glob(pattern)):
        digest.update(path.read_bytes())
    return f"sha256:{digest.hexdigest()}"
