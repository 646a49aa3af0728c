from __future__ import annotations

import pytest

from buildpack_release.versions.changelog_entry import ChangelogEntry, read_entries
from buildpack_release.versions.impact import Impact
from buildpack_release.versions.markdown import read_lines


def entries(text: str) -> tuple[ChangelogEntry, ...]:
    return read_entries(enumerate(read_lines(text), 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("### Added\n\n- One\n- Two\n", [("Added", "- One"), ("Added", "- Two")]),
        ("### added\n* One\n  goes on\n  - with more\n", [("Added", "* One goes on - with more")]),
        ("### Added\n1. One\n\n   Second paragraph.\n", [("Added", "1. One Second paragraph.")]),
        ("### Fixed\n\nA paragraph\nof two lines.\n\nAnother.\n",
         [("Fixed", "A paragraph of two lines."), ("Fixed", "Another.")]),
        ("### Fixed\n\n- One\n\n  ```\n  code\n  ```\n\n- Two\n",
         [("Fixed", "- One ``` code ```"), ("Fixed", "- Two")]),
        ("### Added\n\n### Fixed\n\n#### Changed\n- deep\n", [("Fixed", "- deep")]),
        ("### Added\n<!-- nothing yet -->\n[a]: b\n", []),
        ("- loose\n", [("", "- loose")]),
        ("", []),
    ],
)  # fmt: skip
def test_entries(text: str, expected: list[tuple[str, str]]) -> None:
    """List items and paragraphs below the nearest `###`; deeper headings do not change the kind."""
    assert [entry.identity for entry in entries(text)] == expected


def test_an_entry_knows_its_line() -> None:
    """For messages."""
    assert [entry.line for entry in entries("### Added\n\n- One\n  more\n\n- Two\n")] == [3, 6]


@pytest.mark.parametrize(
    ("text", "breaking"),
    [
        ("- **Breaking** The API.", True),
        ("- **Breaking:** The API.", True),
        ("- The API. **BREAKING CHANGE**", True),
        ("- __Breaking__: the API.", True),
        ("- A line\n  and **Breaking** in the next", True),
        ("- Breaking: the API.", True),
        ("**Breaking** A paragraph.", True),
        ("- Breaking out of a loop works.", False),
        ("- The mark `**Breaking**` is known.", False),
        ("- Code:\n\n  ```\n  **Breaking**\n  ```\n", False),
        ("- **Breakingly** fast.", False),
        ("- Ground-breaking: **bold**", False),
    ],
)
def test_the_mark_of_a_breaking_change(text: str, breaking: bool) -> None:
    """In bold anywhere, or as the first word with a colon; not in code."""
    (entry,) = entries(f"### Fixed\n\n{text}\n")
    assert entry.impact is (Impact.BREAKING if breaking else Impact.FIX)


@pytest.mark.parametrize(
    ("heading", "impact"), [("Removed", Impact.BREAKING), ("SECURITY", Impact.FIX), ("Improved", None)]
)
def test_the_impact_of_a_heading(heading: str, impact: Impact | None) -> None:
    """Case does not matter; unknown headings have none."""
    assert entries(f"### {heading}\n- x\n")[0].impact is impact
