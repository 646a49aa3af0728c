"""Poetry's ranges mean in PEP 440 what Poetry says they mean."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildpack_api.poetry_range import alternatives
from python_runtime.versions.request import range_request


@pytest.mark.parametrize(
    ("text", "allowed", "refused"),
    [
        ("^3.11", ["3.11.0", "3.14.2"], ["3.10.9", "4.0.0"]),
        ("^3.11.4", ["3.11.4", "3.14.2"], ["3.11.3", "4.0.0"]),
        ("^3", ["3.0.0", "3.14.2"], ["4.0.0"]),
        ("~3.11", ["3.11.0", "3.11.9"], ["3.10.9", "3.12.0"]),
        ("~3.11.4", ["3.11.4", "3.11.9"], ["3.11.3", "3.12.0"]),
        ("~3", ["3.0.0", "3.14.2"], ["4.0.0"]),
        ("~=3.11.4", ["3.11.4"], ["3.12.0"]),
        ("3.11.*", ["3.11.0", "3.11.9"], ["3.12.0"]),
        ("3.*", ["3.11.0"], ["4.0.0"]),
        ("*", ["3.10.0", "3.14.2"], []),
        ("3.11", ["3.11.0", "3.11.9"], ["3.12.0"]),
        ("==3.11", ["3.11.0", "3.11.9"], ["3.12.0"]),
        ("3.11.4", ["3.11.4"], ["3.11.5"]),
        (">=3.10,<4.0", ["3.10.0", "3.14.2"], ["3.9.9", "4.0.0"]),
        (">= 3.10, < 4.0", ["3.10.0", "3.14.2"], ["3.9.9", "4.0.0"]),
        (">=3.10 <3.13", ["3.10.0", "3.12.2"], ["3.13.0"]),
        ("!=3.11.*,^3.10", ["3.10.0", "3.12.2"], ["3.11.2"]),
        ("3.10.* || ^3.12", ["3.10.4", "3.13.0"], ["3.11.0"]),
        ("~3.10 | ~3.12", ["3.10.4", "3.12.0"], ["3.11.0"]),
    ],
)
def test_meaning(text: str, allowed: list[str], refused: list[str]) -> None:
    request = range_request(text, "test", *alternatives(text))

    assert [version for version in allowed if not request.allows(version)] == []
    assert [version for version in refused if request.allows(version)] == []


@pytest.mark.parametrize("text", ["^", "~three", "^3.11.2.1", "python3", "3.11 or later", ">>3.11", "^3.x"])
def test_what_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a version range"):
        alternatives(text)


@given(st.text(alphabet="0123456789.^~<>=!*|, x", max_size=20))
@example(">=1234567890")
def test_any_text_becomes_ranges_or_a_value_error(text: str) -> None:
    # Both may refuse: a number of ten digits is well-formed as a range, and no version has it.
    try:
        request = range_request(text, "test", *alternatives(text))
    except ValueError:
        return
    assert isinstance(request.allows("3.14.0"), bool)
