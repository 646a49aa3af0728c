"""Installed wheels with heavy files, and what a tool says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.environment.records import recorded_hash
from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHA256 = "5" * 64


def install(root: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Put a distribution into site-packages, with its record."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    rows = []
    for path, content in {**files, f"{name}-1.0.dist-info/METADATA": metadata}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        rows.append(f"{path},{recorded_hash(content)},{len(content)}\n")
    (root / f"{name}-1.0.dist-info/RECORD").write_text("".join(rows))


def resolution(
    *names: str, origin: str = f"sha256:{SHA256}", published: bool = True
) -> InstallationResolution:
    return InstallationResolution(
        tuple(ResolvedDistribution(name, "1.0", origin, published=published) for name in names)
    )
