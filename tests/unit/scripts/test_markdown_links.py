"""Links in Markdown lead somewhere, and what only looks like a link is none."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from markdown_links import ROOT, Page, anchor_of, faults

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """\
# The first `one`

[a](other.md) ![b](images/b.svg "title") [`code`](other.md#two-words), [far](https://example.com/x#y)
[broken
over lines](other.md) <img src="images/b.svg"> <source srcset="images/b.svg 2x">
`[no](none.md)` ``[no](none.md) ` `` <!-- [no](none.md) -->

[reference]: other.md

```
[no](none.md)
# No heading
```

    ~~~ text

## One's *second*: [two](other.md) & 3

## One's second: two & 3
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository of two pages, an image and a file that git ignores."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "images").mkdir()
    (tmp_path / "images/b.svg").write_text("<svg/>")
    (tmp_path / ".gitignore").write_text("build\n")
    (tmp_path / "build").write_text("")
    (tmp_path / "other.md").write_text("# Two words\n")
    (tmp_path / "page.md").write_text(PAGE)
    return tmp_path


def test_links_here_lead_somewhere() -> None:
    """Of this checkout, as ``nox -s lint`` sees it as well."""
    assert faults(ROOT) == []


def test_what_is_a_link() -> None:
    links = [(link.line, link.target) for link in Page(PAGE).links if link.is_internal]
    assert links == [
        *((3, "other.md"), (3, "images/b.svg"), (3, "other.md#two-words"), (5, "other.md")),
        *((5, "images/b.svg"), (5, "images/b.svg"), (8, "other.md"), (17, "other.md")),
    ]


def test_what_is_an_anchor() -> None:
    anchors = {"the-first-one", "ones-second-two--3", "ones-second-two--3-1"}
    assert Page(PAGE).anchors == anchors
    assert Page('<a id="here"></a>\n').anchors == {"here"}


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("Which Python", "which-python"),
        ("`strata/app-venv`", "strataapp-venv"),
        ("What `inv check` finds", "what-inv-check-finds"),
        ("(a) The whole of it", "a-the-whole-of-it"),
        ("kpack: a builder_and apps", "kpack-a-builder_and-apps"),
        ("[0.1.0] - 2026-01-02", "010---2026-01-02"),
    ],
)
def test_anchors_are_those_of_forges(title: str, anchor: str) -> None:
    assert anchor_of(title) == anchor


def test_sound_links_are_none_of_the_faults(repository: Path) -> None:
    assert faults(repository) == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("none.md", "there is no such file, or git ignores it"),
        ("build", "there is no such file, or git ignores it"),
        ("../elsewhere.md", "there is no such file, or git ignores it"),
        ("Other.md", "there is no such file, or git ignores it"),
        ("/other.md", "write it relative to this file"),
        ("other.md#three", "there is no such heading"),
        ("#three", "there is no such heading"),
        ("other.md#two-words", ""),
        ("images", ""),
        ("images/", ""),
        ("images/b%2Esvg", ""),
        ("mailto:someone@example.com", ""),
    ],
)
def test_each_fault_is_named_with_its_place(repository: Path, link: str, fault: str) -> None:
    (repository / "z.md").write_text(f"# Page\n\n[it]({link})\n")
    assert faults(repository) == ([f"z.md:3: {link}: {fault}"] if fault else [])


def test_a_path_is_relative_to_its_page(repository: Path) -> None:
    text = "[up](../other.md#two-words) [beside](b.svg) [wrong](other.md)"
    (repository / "images/page.md").write_text(text)
    assert faults(repository) == ["images/page.md:1: other.md: there is no such file, or git ignores it"]
