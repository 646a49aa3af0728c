"""The day of a release: chosen, from SOURCE_DATE_EPOCH (reproducible-builds.org), or today, in UTC."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def release_date(chosen: str, environ: Mapping[str, str]) -> str:
    """Return the day as `YYYY-MM-DD`. Raises UsageError if what is given is no day or no time."""
    if chosen:
        return _day(chosen)
    epoch = environ.get("SOURCE_DATE_EPOCH", "")
    return _from_epoch(epoch) if epoch else datetime.now(timezone.utc).date().isoformat()


def _day(text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise UsageError(f'"{text}" is not a day', advice="Write --date YYYY-MM-DD.")


def _from_epoch(text: str) -> str:
    try:
        return datetime.fromtimestamp(int(text), timezone.utc).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f'SOURCE_DATE_EPOCH="{text}" is not a time', advice="Seconds since 1970, or leave it unset."
        ) from None
