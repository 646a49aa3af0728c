from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.versions.changelog import Changelog
from buildpack_release.versions.number import Version

PATH = Path("CHANGELOG.md")
SOUND = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- New.\n\n## [1.0.0] - 2026-01-01\n\n- First.\n"


def parse(text: str) -> Changelog:
    return Changelog.parse(text, PATH)


@given(st.text())
def test_the_text_is_kept(text: str) -> None:
    """Whatever it is; reading does not change a byte."""
    changelog = parse(text)
    assert changelog.text == text
    list(changelog.findings())


def test_a_file_is_read_byte_by_byte(tmp_path: Path) -> None:
    """CRLF, a byte order mark and a missing final newline stay."""
    raw = "\ufeff# Changelog\r\n\r\n## [Unreleased]\r\n\r\n- x".encode()
    (tmp_path / "CHANGELOG.md").write_bytes(raw)
    assert Changelog.read(tmp_path / "CHANGELOG.md").text.encode() == raw


def test_sections() -> None:
    """What is Unreleased, and the versions from the top."""
    changelog = parse(SOUND)
    assert [entry.text for entry in changelog.entries] == ["- New."]
    assert (changelog.versions, changelog.latest) == ((Version(1, 0, 0),), Version(1, 0, 0))
    assert list(changelog.findings()) == []


@pytest.mark.parametrize(
    "title",
    ["1.2.3", "[1.2.3]", "v1.2.3", "[1.2.3] - 2026-01-01", "1.2.3 (2026-01-01)", "[1.2.3](https://e.org) - x",
     "[1.2.3] - 2026-01-01 [YANKED]"],
)  # fmt: skip
def test_headings_of_releases(title: str) -> None:
    """As people write them."""
    assert parse(f"## {title}\n").versions == (Version(1, 2, 3),)


@pytest.mark.parametrize("title", ["1.2.3-rc.1", "[1.2.3-rc.1]", "1.2", "1.2.3.4", "About 1.2.3", "01.2.3"])
def test_what_is_no_release(title: str) -> None:
    """Other sections are left alone."""
    assert parse(f"## {title}\n").versions == ()


@pytest.mark.parametrize(
    "title", ["[Unreleased]", "Unreleased", "[UNRELEASED]", "[Unreleased](https://e.org)"]
)
def test_headings_of_what_is_unreleased(title: str) -> None:
    """With a link or without, in any case."""
    assert parse(f"## {title}\n\n### Fixed\n- x\n").entries


def test_the_latest_is_the_highest() -> None:
    """A release of an older line may stand above."""
    assert parse("## [1.0.1]\n## [2.0.0]\n## [1.0.0]\n").latest == Version(2, 0, 0)


def test_unreleased_ends_at_any_section() -> None:
    """Also at one that is no release, and at a title."""
    assert parse("## Unreleased\n## Notes\n### Added\n- x\n").entries == ()
    assert parse("## Unreleased\n# Archive\n### Added\n- x\n").entries == ()


@pytest.mark.parametrize(
    ("text", "code", "line", "advice"),
    [
        ("# Changelog\n", "unreleased", 1, "add it above"),
        ("## [Unreleased]\n## Unreleased\n", "repeated-section", 2, ""),
        ("## [Unreleased]\n## [1.0.0]\n## 1.0.0\n", "repeated-section", 3, ""),
        ("## [Unreleased]\n### Fxied\n\n- x\n", "unknown-kind", 2, '"Fixed"'),
        ("## [Unreleased]\n\n### Breaking\n", "unknown-kind", 3, "**Breaking**"),
        ("## [Unreleased]\n\n- x\n### Added\n- y\n", "no-kind", 3, "Added"),
        ("## [Unreleased]\n\nSome prose.\n", "no-kind", 3, "Added"),
        ("## [Unreleased]\n### Fixed\n```\na\n```\n~~~\n## [1.0.0]\n", "unclosed", 6, "what follows"),
        ("## [Unreleased]\n<!-- a\n## [1.0.0]\n", "unclosed", 2, "what follows"),
    ],
)
def test_what_is_unclear_is_an_error(text: str, code: str, line: int, advice: str) -> None:
    """What decides on a version must not be guessed."""
    found = list(parse(text).findings())
    assert [(one.code, one.line) for one in found] == [(code, line)]
    assert advice in found[0].advice


def test_old_sections_may_look_as_they_like() -> None:
    """History is not judged."""
    assert list(parse("## [Unreleased]\n## [1.0.0]\n### Whatever\n- x\n## 0.9\n").findings()) == []


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing one, one in another encoding, a folder."""
    path = tmp_path / "CHANGELOG.md"
    with pytest.raises(CheckFailed, match="missing"):
        Changelog.read(path)
    path.write_bytes(b"\xe9")
    with pytest.raises(CheckFailed, match="UTF-8"):
        Changelog.read(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ReleaseError, match="cannot read"):
        Changelog.read(path)
