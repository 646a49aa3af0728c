from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from buildpack_release.errors import CheckFailed
from buildpack_release.versions.changelog import Changelog
from buildpack_release.versions.changelog_release import ReleaseEntry, release_changelog
from buildpack_release.versions.links import CompareLinks
from buildpack_release.versions.number import Version

PATH = Path("CHANGELOG.md")
NEW = Version(1, 1, 0)
DATE = "2026-02-03"
ADDITIONS = {"Changed": ["Updated `a` to `1.1.0`."]}
LINKS = CompareLinks("https://e.org/compare/v1.1.0...HEAD", "https://e.org/compare/v1.0.0...v1.1.0")


def release(text: str, **options: object) -> str:
    entry = ReleaseEntry(NEW, DATE, **options)  # type: ignore[arg-type]
    return release_changelog(Changelog.parse(text, PATH), entry)


NEXT = "\n## [1.1.0] - 2026-02-03\n"
PARTS = "\n### Changed\n\n- Updated `a` to `1.1.0`.\n"
HEAD = "# Changelog\n\n## [Unreleased]\n"
OLD = "\n## [1.0.0] - 2026-01-01\n\n- First.\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # What is Unreleased moves by the insertion of a heading.
        (HEAD + "\n### Added\n\n- New.\n" + OLD, HEAD + NEXT + "\n### Added\n\n- New.\n" + OLD),
        ("## Unreleased\n\n### Added\n- New.", "## Unreleased\n\n## 1.1.0 - 2026-02-03\n\n### Added\n- New."),
        # Nothing there.
        (HEAD + OLD, HEAD + NEXT + "\n- No changes.\n" + OLD),
        (HEAD, HEAD + NEXT + "\n- No changes.\n"),
        ("## [Unreleased]", "## [Unreleased]\n\n## [1.1.0] - 2026-02-03\n\n- No changes."),
        ("## [Unreleased]\n## [1.0.0]\n", f"## [Unreleased]\n{NEXT}\n- No changes.\n\n## [1.0.0]\n"),
        (HEAD + "\n[a]: b\n", HEAD + NEXT + "\n- No changes.\n\n[a]: b\n"),
        # Line ends are those of the file.
        ("## [Unreleased]\r\n\r\n### Fixed\r\n- x\r\n",
         "## [Unreleased]\r\n\r\n## [1.1.0] - 2026-02-03\r\n\r\n### Fixed\r\n- x\r\n"),
        # Empty headings of a template do not become history.
        (HEAD + "\n### Added\n\n### Fixed\n\n- x\n\n### Removed\n" + OLD,
         HEAD + NEXT + "\n### Fixed\n\n- x\n" + OLD),
        (HEAD + "\n### Added\n\n### Fixed\n" + OLD, HEAD + NEXT + "\n- No changes.\n" + OLD),
    ],
)  # fmt: skip
def test_a_release(text: str, expected: str) -> None:
    """The exact edit, in each of the shapes that changelogs have."""
    assert release(text) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "\n### Changed\n\n- Updated `a` to `1.1.0`.\n"),
        ("\n### Changed\n\n- Own.\n", "\n### Changed\n\n- Own.\n- Updated `a` to `1.1.0`.\n"),
        ("\n### changed\n- Own.\n\n### Fixed\n- x\n",
         "\n### changed\n- Own.\n- Updated `a` to `1.1.0`.\n\n### Fixed\n- x\n"),
        ("\n### Added\n\n- Own.\n\n#### Changed\n\n- deep\n",
         "\n### Added\n\n- Own.\n\n#### Changed\n\n- deep\n\n### Changed\n\n- Updated `a` to `1.1.0`.\n"),
        ("\n### Added\n\n- Own:\n\n  ```md\n  ### Changed\n  ```\n",
         "\n### Added\n\n- Own:\n\n  ```md\n  ### Changed\n  ```\n" + PARTS),
    ],
)  # fmt: skip
def test_additions_go_below_their_heading(body: str, expected: str) -> None:
    """At the end of what is there, or below a heading of their own; a deeper heading or code is not it."""
    assert release(HEAD + body + OLD, additions=ADDITIONS) == f"{HEAD}\n## [1.1.0] - {DATE}\n{expected}{OLD}"


def test_additions_without_a_final_newline() -> None:
    """The file still has none."""
    assert release("## [Unreleased]\n\n### Changed\n- Own.", additions=ADDITIONS).endswith(
        "- Own.\n- Updated `a` to `1.1.0`."
    )


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("", "\n[unreleased]: {0}\n[1.1.0]: {1}\n"),
        ("\n[a]: b\n", "\n[a]: b\n[unreleased]: {0}\n[1.1.0]: {1}\n"),
        (
            "\n[Unreleased]: x\n[1.0.0]: y\n[mine]: z\n",
            "\n[Unreleased]: {0}\n[1.1.0]: {1}\n[1.0.0]: y\n[mine]: z\n",
        ),
    ],
)
def test_links(end: str, expected: str) -> None:
    """Only the two definitions of this release change; those of users stay where and as they are."""
    body = "\n### Fixed\n\n- x\n" + OLD
    links = expected.format(LINKS.unreleased, LINKS.release)
    assert release(HEAD + body + end, links=LINKS) == f"{HEAD}\n## [1.1.0] - {DATE}\n{body}{links}"


def test_links_without_a_final_newline() -> None:
    """As before."""
    text = release("## Unreleased\n\n### Fixed\n- x\n\n[unreleased]: a", links=LINKS)
    assert text.endswith(f"\n[unreleased]: {LINKS.unreleased}\n[1.1.0]: {LINKS.release}")
    assert "## [1.1.0]" in text  # in brackets, or the link would lead nowhere


def test_without_a_heading_there_is_nothing_to_release() -> None:
    """The place for the next changes must be there."""
    with pytest.raises(CheckFailed, match="Unreleased"):
        release("# Changelog\n")


LINES = st.sampled_from(
    ["### Added", "### Fixed", "### Changed", "#### Changed", "- one", "* two", "  more", "", "", "text",
     "<!-- c -->", "```", "  ```", "[a]: b", "1. x", "\u2028", "<!--", "-->", "> q"]
)  # fmt: skip
BODIES = st.lists(LINES, max_size=12)


@given(BODIES, BODIES, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_a_release_keeps_what_there_was(
    body: list[str], tail: list[str], newline: str, has_end: bool, is_composite: bool
) -> None:
    """Whatever was Unreleased is in the release, nothing is Unreleased after, and the rest is untouched."""
    head = f"# Changelog{newline}{newline}## [Unreleased]{newline}"
    rest = newline.join(["## [1.0.0] - 2026-01-01", *tail]) + newline * has_end
    text = head + "".join(line + newline for line in body) + rest
    before = Changelog.parse(text, PATH)
    assume(before.versions)  # else the old release is in code or a comment that has not been closed
    after = Changelog.parse(release(text, additions=ADDITIONS if is_composite else {}), PATH)
    assert after.text.startswith(head)
    assert after.text.endswith(rest)
    assert not after.entries
    assert after.versions == (NEW, *before.versions)
    moved = [entry.identity for entry in after.entries_of(after.sections[1])]
    assert all(entry.identity in moved for entry in before.entries)


@given(BODIES, BODIES)
def test_links_change_nothing_else(body: list[str], tail: list[str]) -> None:
    """Without the two definitions the text is the same."""
    text = "## [Unreleased]\n" + "".join(f"{line}\n" for line in (*body, "## [1.0.0]", *tail))
    assume(Changelog.parse(text, PATH).versions)
    linked = release(text, links=LINKS).replace(f"[unreleased]: {LINKS.unreleased}\n", "")
    linked = linked.replace(f"[1.1.0]: {LINKS.release}\n", "")
    assert linked.rstrip("\n") == release(text).rstrip("\n")
