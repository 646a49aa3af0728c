"""Entries that commands add to changelogs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.errors import CheckFailed
from buildpack_release.versions.changelog import Changelog
from buildpack_release.versions.changelog_edit import add_entry

PATH = Path("CHANGELOG.md")
OLD = "## [1.0.0]\n\n### Added\n\n- Old.\n"


def added(text: str, heading: str = "Added", entry: str = "New.") -> str:
    return add_entry(Changelog.parse(text, PATH), heading, entry).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# C\n\n## [Unreleased]\n", "# C\n\n## [Unreleased]\n\n### Added\n\n- New.\n"),
        ("# C\n\n## [Unreleased]", "# C\n\n## [Unreleased]\n\n### Added\n\n- New.\n"),
        (f"## [Unreleased]\n\n{OLD}", f"## [Unreleased]\n\n### Added\n\n- New.\n\n{OLD}"),
        (
            f"## [Unreleased]\n\n### added\n\n- One.\n- Two\n  lines.\n\n### Fixed\n\n- 3.\n\n{OLD}",
            f"## [Unreleased]\n\n### added\n\n- One.\n- Two\n  lines.\n- New.\n\n### Fixed\n\n- 3.\n\n{OLD}",
        ),
        (
            "## [Unreleased]\n\n### Fixed\n\n- Three.\n",
            "## [Unreleased]\n\n### Added\n\n- New.\n\n### Fixed\n\n- Three.\n",
        ),
        ("## [Unreleased]\n\n### Added\n", "## [Unreleased]\n\n### Added\n\n- New.\n"),
        (
            "## [Unreleased]\n\n```\n### Added\n```\n\n[Unreleased]: x\n",
            "## [Unreleased]\n\n```\n### Added\n```\n\n### Added\n\n- New.\n\n[Unreleased]: x\n",
        ),
        ("## [Unreleased]\r\n", "## [Unreleased]\r\n\r\n### Added\r\n\r\n- New.\r\n"),
    ],
)
def test_an_entry_goes_below_its_heading_last_and_once(before: str, after: str) -> None:
    """The heading is made where Keep a Changelog has it; what only looks like one in code does not count."""
    assert added(before) == after
    assert added(after) == after


def test_a_long_entry_is_wrapped_and_known_again() -> None:
    entry = f"Python {', '.join(f'3.{number}.1' for number in range(30))}."
    once = added("## [Unreleased]\n", entry=entry)
    assert max(map(len, once.splitlines())) <= 112
    assert added(once, entry=entry) == once


@pytest.mark.parametrize("text", ["# Changelog\n", "## [1.0.0]\n", "## [Unreleased]\n\n```\n"])
def test_a_changelog_that_has_no_room_is_an_error(text: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        added(text)
    assert caught.value.file == PATH


@given(
    st.lists(st.sampled_from(["### Added", "### Fixed", "- An entry.", "", "text", "  more", "[x]: y"])),
    st.sampled_from(["Added", "Changed", "Fixed", "Security"]),
)
def test_nothing_is_lost_and_the_entry_is_read_back(lines: list[str], heading: str) -> None:
    """Whatever is Unreleased: the old lines stay, in order, and the entry stands under its heading."""
    before = "\n".join(["## [Unreleased]", *lines, "", OLD])
    once = added(before, heading, "Some news.")
    changelog = Changelog.parse(once, PATH)
    assert "- Some news." in [one.text for one in changelog.entries if one.heading == heading]
    rest = iter(once.splitlines())
    assert all(line in rest for line in before.splitlines())
    assert added(once, heading, "Some news.") == once
    assert once.endswith(OLD)
