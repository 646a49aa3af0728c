from __future__ import annotations

import re

import pytest

from buildpack_release.errors import UsageError
from buildpack_release.versions.release_date import release_date


def test_the_choice_comes_first() -> None:
    """Then SOURCE_DATE_EPOCH, in UTC whatever the time zone."""
    environ = {"SOURCE_DATE_EPOCH": "1800000000"}
    assert release_date("2026-02-28", environ) == "2026-02-28"
    assert release_date("", environ) == "2027-01-15"
    assert release_date("", {"SOURCE_DATE_EPOCH": "0"}) == "1970-01-01"


def test_today() -> None:
    """By default."""
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", release_date("", {"SOURCE_DATE_EPOCH": ""}))


@pytest.mark.parametrize(
    "text", ["2026-02-30", "20260228", "2026-W01-1", "28.2.2026", "today", "\u0662\u0660\u0662\u0666-02-28"]
)
def test_what_is_no_day(text: str) -> None:
    """The changelog has days of one form."""
    with pytest.raises(UsageError, match="not a day"):
        release_date(text, {})


@pytest.mark.parametrize("text", ["now", "1.5", "9" * 30])
def test_what_is_no_time(text: str) -> None:
    """Not silently today."""
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        release_date("", {"SOURCE_DATE_EPOCH": text})
