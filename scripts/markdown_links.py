"""Whether links in the Markdown of this repository lead to files that git knows, and to headings in them.

    python scripts/markdown_links.py    # any Python 3.10 or newer: name what leads nowhere, and end with 1

Addresses on the web are not asked for. Headings have the anchors that GitHub and GitLab give them.
"""

from __future__ import annotations

import html
import posixpath
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from environments import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
NOT_READ = "tests/fuzz/seeds/"
_FENCE = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[^`\n]*\n.*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE = re.compile(r"(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_LINK = re.compile(
    r"""\]\(\s*<?(?P<inline>[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*\)"""
    r"""|^[ ]{0,3}\[[^\]\n]+\]:[ \t]*<?(?P<reference>[^\s<>]+)"""
    r"""|\s(?:href|src|srcset)="(?P<attribute>[^"]*)\"""",
    re.MULTILINE,
)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(?P<title>.*?)(?:[ \t]+#+)?[ \t]*$", re.MULTILINE)
_NAMED = re.compile(r"""<[a-z]+\s[^>]*?\b(?:id|name)="(?P<name>[^"]+)\"""")


@dataclass(frozen=True)
class Link:
    """A link of a page: where it stands, and where it leads, as it is written."""

    line: int
    target: str

    @property
    def is_internal(self) -> bool:
        """Whether it leads into the repository."""
        parts = urlsplit(self.target)
        return not parts.scheme and not parts.netloc

    @property
    def path(self) -> str:
        """The path that it names, relative to the page; '' for the page itself."""
        return unquote(urlsplit(self.target).path)

    @property
    def anchor(self) -> str:
        """The heading that it names; '' for none."""
        return unquote(urlsplit(self.target).fragment)


@dataclass(frozen=True)
class Page:
    """A Markdown file."""

    text: str

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links and images that are not in code or comments, in the order of the text."""
        return tuple(self._links())

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What may follow ``#`` in a link to this page: headings, a second one of a name with a number."""
        found: dict[str, int] = {}
        anchors = {match["name"] for match in _NAMED.finditer(self._prose)}
        for match in _HEADING.finditer(_without(self.text, _FENCE, _COMMENT)):
            slug = anchor_of(match["title"])
            before = found.get(slug, 0)
            found[slug] = before + 1
            anchors.add(f"{slug}-{before}" if before else slug)
        return frozenset(anchors)

    @cached_property
    def _prose(self) -> str:
        return _without(self.text, _FENCE, _COMMENT, _CODE)

    def _links(self) -> Iterator[Link]:
        for match in _LINK.finditer(self._prose):
            target = next(text for text in match.groups() if text is not None)
            first = html.unescape(target).split(" ")[0]  # what follows in a srcset is a size
            yield Link(self._prose.count("\n", 0, match.end()) + 1, first)


def anchor_of(title: str) -> str:
    """Return the anchor of a heading, as GitHub and GitLab make it of its text."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def faults(root: Path) -> list[str]:
    """Return one line for each link that leads nowhere, with file and line, by file."""
    files = tracked(root)
    folders = {"", *(parent for name in files for parent in _parents(name))}
    pages = {
        name: Page((root / name).read_text("utf-8"))
        for name in sorted(files)
        if name.endswith(".md") and not name.startswith(NOT_READ)
    }
    return [
        f"{name}:{link.line}: {link.target}: {fault}"
        for name, page in pages.items()
        for link in page.links
        if link.is_internal and (fault := _fault(name, link, pages, files | folders))
    ]


def target_of(page: str, link: Link) -> str:
    """Return the path from the root that an internal link of a page leads to; it may begin with ``..``."""
    if not link.path:
        return page
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(page), link.path))
    return "" if joined == "." else joined


def tracked(root: Path) -> set[str]:
    """Return the files that git knows, and those that it would take with the next ``git add``.

    Raises SetupError where git does not say it, as in a copy without its ``.git``.
    """
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise SetupError(f"git: {error.strerror}") from None
    if done.returncode:
        raise SetupError(f"git cannot list the files of {root}: {done.stderr.strip()}")
    return {name for name in done.stdout.split("\0") if name and (root / name).exists()}


def _fault(name: str, link: Link, pages: dict[str, Page], known: set[str]) -> str:
    if link.path.startswith("/"):
        return "write it relative to this file"
    target = target_of(name, link)
    if target not in known:
        return "there is no such file, or git ignores it"
    if link.anchor and target in pages and link.anchor not in pages[target].anchors:
        return "there is no such heading"
    return ""


def _parents(name: str) -> Iterator[str]:
    while name := posixpath.dirname(name):
        yield name


def _without(text: str, *patterns: re.Pattern[str]) -> str:
    """Blank out all that matches; lines stay where they are."""
    for pattern in patterns:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text


def main() -> None:
    """Name the links that lead nowhere."""
    try:
        found = faults(ROOT)
    except SetupError as error:
        sys.exit(f"markdown_links: {error}")
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
