"""What a request allows follows PEP 440, and a bare line means its patches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_runtime.versions.request import RequestKind, parse_request, range_request

numbers = st.integers(min_value=0, max_value=999)


@pytest.mark.parametrize(
    ("text", "kind", "allowed", "refused"),
    [
        ("3.12", RequestKind.LINE, ["3.12.0", "3.12.99"], ["3.1.2", "3.11.9", "3.13.0", "3.120.0"]),
        ("3.12.4", RequestKind.EXACT, ["3.12.4"], ["3.12.3", "3.12.5", "3.12.40"]),
        (" 3.12 ", RequestKind.LINE, ["3.12.1"], ["3.13.1"]),
        ("3.12.*", RequestKind.RANGE, ["3.12.0", "3.12.7"], ["3.13.0"]),
        ("3.12.x", RequestKind.RANGE, ["3.12.0", "3.12.7"], ["3.13.0"]),
        ("3.*", RequestKind.RANGE, ["3.10.1", "3.15.0"], ["4.0.0"]),
        ("*", RequestKind.RANGE, ["3.10.1", "3.15.0"], []),
        (">=3.11,<3.13", RequestKind.RANGE, ["3.11.0", "3.12.9"], ["3.10.9", "3.13.0"]),
        ("~=3.12", RequestKind.RANGE, ["3.12.0", "3.14.0"], ["3.11.0", "4.0.0"]),
        ("~=3.12.2", RequestKind.RANGE, ["3.12.2", "3.12.9"], ["3.12.1", "3.13.0"]),
        ("!=3.12.3,==3.12.*", RequestKind.RANGE, ["3.12.2", "3.12.4"], ["3.12.3", "3.13.0"]),
        ("==3.12", RequestKind.RANGE, ["3.12.0"], ["3.12.1"]),
        ("===3.12.1", RequestKind.RANGE, ["3.12.1"], ["3.12.2"]),
        (">3.12", RequestKind.RANGE, ["3.12.1", "3.13.0"], ["3.12.0", "3.11.9"]),
    ],
)
def test_what_is_allowed(text: str, kind: RequestKind, allowed: list[str], refused: list[str]) -> None:
    request = parse_request(text, "test")

    assert request.kind is kind
    assert [version for version in allowed if not request.allows(version)] == []
    assert [version for version in refused if request.allows(version)] == []


@pytest.mark.parametrize(
    "text",
    [
        "3",
        "",
        " ",
        "3.12.1.2",
        "python-3.12",
        "latest",
        "^3.12",
        "~3.12",
        "3.12rc1",
        "03.12",
        "3.012",
        ">=",
        "x",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_request(text, "test")


def test_alternatives_allow_what_one_of_them_allows() -> None:
    request = range_request("3.10.* || >=3.13", "test", "==3.10.*", ">=3.13")

    assert request.allows("3.10.1")
    assert not request.allows("3.12.1")
    assert request.allows("3.14.0")


@given(numbers, numbers, numbers)
def test_an_exact_version_allows_itself_and_its_line_does_too(major: int, minor: int, patch: int) -> None:
    version = f"{major}.{minor}.{patch}"

    exact, line = parse_request(version, "test"), parse_request(f"{major}.{minor}", "test")

    assert exact.allows(version)
    assert not exact.allows(f"{major}.{minor}.{patch + 1}")
    assert line.allows(version)
    assert exact.line == line.line == f"{major}.{minor}"


@given(st.text(max_size=30))
def test_any_text_is_a_request_or_a_value_error(text: str) -> None:
    try:
        request = parse_request(text, "test")
    except ValueError:
        return
    assert isinstance(request.allows("3.14.0"), bool)
