from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.wheels.lock_file import Pin, parse_lock, read_lock

FILE = Path("vendor.lock")
A, B = "a" * 64, "b" * 64
DIGESTS = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=3)
NAMES = st.text("abcdefgh0", min_size=1, max_size=8)
VERSIONS = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


def test_comments_blank_lines_and_continuations() -> None:
    """What pip's tools write is read: one requirement over several lines, comments anywhere."""
    text = f"""# a lock

tomli==2.5.0 \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
    # via us
pip==26.3 --hash=sha256:{A}  # why
"""
    assert parse_lock(text, FILE) == (
        Pin("tomli", "2.5.0", (A, B), FILE, 3),
        Pin("pip", "26.3", (A,), FILE, 7),
    )


@given(pins=st.dictionaries(NAMES, st.tuples(VERSIONS, DIGESTS), max_size=6))
def test_what_pip_is_told_is_what_was_locked(pins: dict[str, tuple[str, list[str]]]) -> None:
    """Writing a pin as a requirement and reading it gives the pin."""
    made = tuple(
        Pin(name, version, tuple(digests), FILE, line)
        for line, (name, (version, digests)) in enumerate(pins.items(), 1)
    )
    assert parse_lock("\n".join(pin.requirement for pin in made), FILE) == made


@pytest.mark.parametrize(
    "line",
    [
        "tomli",
        "tomli==2.5.0",
        f"tomli>=2.5.0 --hash=sha256:{A}",
        f"tomli==2.5.0 --hash=sha256:{A[1:]}",
        f"tomli==2.5.0 --hash=md5:{A}",
        f"tomli==2.5.0 --hash=sha256:{A} --no-deps",
        f"tomli==2.5.0 ; python_version<'3.11' --hash=sha256:{A}",
        f"tomli[extra]==2.5.0 --hash=sha256:{A}",
        "-r other.txt",
        f"https://example.org/tomli.whl --hash=sha256:{A}",
    ],
)
def test_anything_else_is_refused_with_its_line(line: str) -> None:
    """A lock is exact: no range, no marker, no option that could make two machines differ."""
    with pytest.raises(CheckFailed, match="does not lock a wheel") as caught:
        parse_lock(f"# first\n{line}\n", FILE)
    assert (caught.value.file, caught.value.line) == (FILE, 2)


def test_a_name_is_locked_once() -> None:
    """Names are compared as the index compares them."""
    with pytest.raises(CheckFailed, match="tomli_w is locked twice"):
        parse_lock(f"Tomli-W==1 --hash=sha256:{A}\ntomli_w==2 --hash=sha256:{A}", FILE)


def test_no_lock_file_means_no_wheels(tmp_path: Path) -> None:
    """Not every buildpack vendors something."""
    assert read_lock(tmp_path / "vendor.lock") == ()


def test_an_unreadable_lock_file_is_an_error(tmp_path: Path) -> None:
    """Never the same as an absent one."""
    with pytest.raises(ReleaseError, match="cannot read this lock file"):
        read_lock(tmp_path)
    (tmp_path / "vendor.lock").write_bytes(b"\xff\xfe")
    with pytest.raises(CheckFailed, match="not UTF-8"):
        read_lock(tmp_path / "vendor.lock")
