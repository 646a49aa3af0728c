"""Where results that can be made again are kept between runs, for all checkouts of one user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.maintainer_variables import CACHE_DIR

if TYPE_CHECKING:
    from collections.abc import Mapping


def cache_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Return `$STRATA_CACHE_DIR`, else `$XDG_CACHE_HOME/strata`, else `~/.cache/strata`. It may not exist."""
    if directory := environ.get(CACHE_DIR.name):
        return Path(directory).absolute()
    if directory := environ.get("XDG_CACHE_HOME"):
        return Path(directory).absolute() / "strata"
    return Path(environ.get("HOME") or "/tmp").absolute() / ".cache" / "strata"  # noqa: S108
