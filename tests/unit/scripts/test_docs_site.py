"""The documentation's site: its pages, where their links lead, and that it loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from docs_site import ROOT, SiteError, loaded_from_elsewhere, site_map, stage
from markdown_links import Page, target_of, tracked

if TYPE_CHECKING:
    from pathlib import Path

START = """\
# Start

[part](part/README.md#it), [more](docs/more.md), [data](part/data)
"""
PART = """\
# It

[file](data/file.toml), [start](../README.md), [far](https://example.com/README.md), [here](#it)
"""
MAP = """\
[[part]]
title = "Reference"
pages = ["part/README.md", "docs/more.md"]
"""


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder to stage in."""
    return tmp_path_factory.mktemp("staged")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with a start page, two other pages, and files that they lead to."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    for folder in ("docs", "part/data"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "README.md").write_text(START)
    (tmp_path / "part/README.md").write_text(PART)
    (tmp_path / "part/data/file.toml").write_text("a = 1\n")
    (tmp_path / "docs/more.md").write_text("# More\n")
    (tmp_path / "docs/site.toml").write_text(MAP)
    return tmp_path


def test_every_page_for_readers_is_on_the_site() -> None:
    """What is not: changelogs of parts, which stand beside their versions; the README is its start page."""
    pages = {page for listed in site_map(ROOT).values() for page in listed}
    markdown = {name for name in tracked(ROOT) if name.endswith(".md")}
    written = {name for name in markdown if not name.startswith(("tests/", "."))}
    left_out = {name for name in written - pages if not name.endswith("/CHANGELOG.md")}
    assert left_out == {"README.md"}
    assert pages - written == {"tests/benchmarks/README.md"}


def test_links_of_the_site_lead_to_its_own_pages(tmp_path: Path) -> None:
    """Of this checkout: a README is an index there, and files are brought along."""
    stage(ROOT, tmp_path)
    files = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*.md")}
    pages = {name: Page(path.read_text("utf-8")) for name, path in files.items()}
    assert set(files) == {
        re.sub(r"README\.md$", "index.md", page)
        for page in ("README.md", *chain.from_iterable(site_map(ROOT).values()))
    }, "Sphinx refuses a page that no part of the site lists"
    assert "buildpacks/app-venv/index.md" in pages
    for name, page in pages.items():
        for link in page.links:
            if link.is_internal:
                target = target_of(name, link)
                assert (tmp_path / target).is_file(), f"{name}: {link.target}"
                assert not link.anchor or link.anchor in pages[target].anchors


def test_pages_are_staged_with_a_navigation(repository: Path, place: Path) -> None:
    stage(repository, place)
    start = (place / "index.md").read_text("utf-8")
    assert "[part](part/index.md#it), [more](docs/more.md), data\n" in start
    assert ":caption: Reference\n\n/part/index\n/docs/more\n" in start
    assert (place / "part/index.md").read_text("utf-8") == PART.replace("../README.md", "../index.md")
    assert (place / "part/data/file.toml").is_file()


def test_a_page_that_is_not_there_is_named(repository: Path, place: Path) -> None:
    (repository / "docs/more.md").unlink()
    with pytest.raises(SiteError, match=r"docs/site\.toml: docs/more\.md: there is no such file"):
        stage(repository, place)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<script src="https://cdn.example/x.js"></script>'),
        ("a.html", '<link rel="stylesheet" href="//fonts.example/css">'),
        ("a.html", '<img srcset="a.png 1x, https://x.example/b.png 2x">'),
        ("a.html", "<style>@font-face { src: url(https://fonts.example/f) }</style>"),
        ("a.html", "<p style=\"background: url('http://x.example/b.png')\">"),
        ("a.html", "<script>fetch('https://api.example/')</script>"),
        ("a.html", '<form action="https://search.example">'),
        ("a.css", "@import 'https://fonts.example/css';"),
        ("a.css", "a { background: URL( //x.example/a.png ) }"),
        ("a.js", 'import("https://cdn.example/mermaid.js")'),
        ("a.svg", '<svg><image href="https://x.example/a.png"/></svg>'),
    ],
)
def test_what_comes_from_elsewhere_is_found(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / name).write_text(text)
    (found,) = loaded_from_elsewhere(tmp_path)
    assert found.startswith(f"sub/{name}: ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<a href="https://example.com/">a link</a> <p>https://example.com/</p> <img src="a.png">'),
        ("a.html", '<link rel="stylesheet" href="../a.css"><script src="a.js"></script>'),
        ("a.html", '<svg xmlns="http://www.w3.org/2000/svg"><use href="#icon"/></svg>'),
        ("a.css", "/* https://example.com/licence */ a { background: url(data:image/png;base64,AA//) }"),
        ("a.js", '// https://example.com/licence\nelement("http://www.w3.org/2000/svg")'),
    ],
)
def test_links_comments_and_names_are_loaded_by_nobody(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert loaded_from_elsewhere(tmp_path) == []
