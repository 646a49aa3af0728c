from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_release.model.finding import Finding, Severity, raise_first_error

FILE = Path("/somewhere/a.toml")


def test_reads_like_the_message_of_a_compiler() -> None:
    """Editors can jump to `file:line:`."""
    finding = Finding(Severity.WARNING, "odd", "looks odd", FILE, 3, "look again")
    assert str(finding) == "/somewhere/a.toml:3: warning: looks odd (look again) [odd]"
    assert str(Finding(Severity.NOTE, "odd", "looks odd", FILE)) == "/somewhere/a.toml: note: looks odd [odd]"


def test_raises_the_first_error_and_counts_the_others() -> None:
    """Warnings do not stop anything; of several errors the first is named and the number of others."""
    warning = Finding(Severity.WARNING, "w", "warned", FILE, 1)
    raise_first_error([warning])
    first, second = (Finding(Severity.ERROR, "e", f"fault {line}", FILE, line, "mend it") for line in (2, 3))
    with pytest.raises(CheckFailed) as caught:
        raise_first_error([warning, first, second])
    assert (caught.value.title, caught.value.file, caught.value.line) == ("fault 2", FILE, 2)
    assert caught.value.advice == "mend it"
    assert "1 more error" in caught.value.detail


def test_a_finding_is_one_line_whoever_wrote_it() -> None:
    """A version in a pull request may hold line ends and escape sequences."""
    finding = Finding(Severity.ERROR, "x", "bad version '1\n::error::y\x07'", Path("a\nb"))
    assert str(finding) == "a\\nb: error: bad version '1\\n::error::y\\x07' [x]"
