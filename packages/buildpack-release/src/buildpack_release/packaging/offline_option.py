"""The options `--offline`, `--python` and `--runtimes`: what an offline package carries."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.packaging.supplies import Offline
from buildpack_release.versions.release_date import release_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PYTHON = re.compile(r"[1-9][0-9]*\.[0-9]+(\.[0-9]+)?")


def parse_offline(
    pythons: Sequence[str], catalogue: str, environ: Mapping[str, str], *, offline: bool
) -> Offline | None:
    """Read the options; None for ordinary packages. The day is that of SOURCE_DATE_EPOCH, else today.

    Raises:
        UsageError: a Python is neither a line nor a version, the catalogue is missing, or one of them is
            given for an ordinary package.
    """
    if not offline:
        if pythons or catalogue:
            raise UsageError("--python and --runtimes are for offline packages", advice="Add --offline.")
        return None
    for python in pythons:
        if not _PYTHON.fullmatch(python):
            raise UsageError(
                f'"{python}" is no Python version',
                advice="Write a line, as in 3.13, or a version, as in 3.13.2.",
            )
    path = Path(catalogue) if catalogue else None
    if path is not None and not path.is_file():
        raise UsageError("this catalogue of runtimes does not exist", file=path)
    return Offline(dt.date.fromisoformat(release_date("", environ)), tuple(pythons), path)
