"""The summary of a build: what was installed or reused, and what takes the space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.installed import installed_distributions
from buildpack_api.sizes import readable_size, tree_size

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.installed import Distribution
    from app_venv.origins import Origins

_LARGEST = 5


def summary_rows(venv: Path, site_packages: Path, origins: Origins, *, reused: bool) -> list[tuple[str, str]]:
    """Return the rows about the environment; ``origins`` are those of its files if it is new."""
    packages = installed_distributions(site_packages)
    done = "reused" if reused else f"installed ({origins})" if str(origins) else "installed"
    rows = [("packages", f"{len(packages)} {done}, {readable_size(tree_size(venv))} with byte code")]
    if packages:
        rows.append(("largest", ", ".join(_shown(package) for package in _largest(packages))))
    return rows


def _largest(packages: tuple[Distribution, ...]) -> list[Distribution]:
    return sorted(packages, key=lambda package: (-package.size, package.name))[:_LARGEST]


def _shown(package: Distribution) -> str:
    return f"{package.name} {package.version} ({readable_size(package.size)})"
