"""The documentation's site, made of the Markdown in this repository: build/site.

    ./scripts/nox -s docs

Pages stay below the folders that they have here, so their links lead to the same places; README.md becomes
index.html. Making the site takes Sphinx, and no network. A site that would load anything from elsewhere is a
fault.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from environments import SetupError, read_toml
from markdown_links import Link, Page, target_of, tracked

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "build/site"
START = "README.md"
_OTHER_HOST = r"(?:[a-z][a-z0-9+.-]*:)?//"
_LOADED_BY_STYLE = re.compile(
    rf"""(?:url\(|@import)\s*["']?\s*(?P<place>{_OTHER_HOST}[^"')\s;]*)""", re.IGNORECASE
)
_NAMED_BY_SCRIPT = re.compile(rf"""["'`](?P<place>{_OTHER_HOST}[^"'`\s]+)""", re.IGNORECASE)
_NAMESPACES = "http://www.w3.org/"
_LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<target>[^()\s]+)\)")


class SiteError(Exception):
    """The site cannot be made, or must not be read; the text says why, a line for each fault."""


def site_map(root: Path) -> Mapping[str, tuple[str, ...]]:
    """Return the pages of each part of the site."""
    return {part["title"]: tuple(part["pages"]) for part in read_toml(root / "docs/site.toml")["part"]}


def stage(root: Path, place: Path) -> None:
    """Write what Sphinx reads: all pages, the files that they lead to, and the navigation.

    Raises SiteError for a page that is not there.
    """
    parts = site_map(root)
    pages = (START, *(page for listed in parts.values() for page in listed))
    files = tracked(root)
    if lacking := [page for page in pages if page not in files]:
        raise SiteError("\n".join(f"docs/site.toml: {page}: there is no such file" for page in lacking))
    for page in pages:
        text = (root / page).read_text("utf-8")
        for link in Page(text).links:
            target = target_of(page, link)
            if link.is_internal and target in files and target not in pages:
                _copy(root / target, place / target)
        written = place / _staged(page)
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(_adapted(text, page, root), "utf-8")
    with (place / _staged(START)).open("a", encoding="utf-8") as file:
        file.writelines(_navigation(title, listed) for title, listed in parts.items())


def build(source: Path, settings: Path, output: Path) -> None:
    """Let Sphinx make the site; a warning is a fault. Raises SiteError; Sphinx has said what is wrong."""
    options = ("--quiet", "--fail-on-warning", "--keep-going", "--conf-dir", str(settings))
    command = [sys.executable, "-m", "sphinx", *options, "--doctree-dir", str(source / ".doctrees")]
    if subprocess.run([*command, str(source), str(output)], check=False).returncode:
        raise SiteError("Sphinx could not make the site: see above")
    (output / ".buildinfo").unlink(missing_ok=True)
    for image in source.rglob("*.svg"):  # HTML elements such as <picture> name them where they are
        _copy(image, output / image.relative_to(source))


def loaded_from_elsewhere(site: Path) -> list[str]:
    """Return one line for each thing that reading a page would load from another host, by file.

    Links that people follow are none. A script is searched for addresses in its texts.
    """
    return [
        f"{file.relative_to(site)}: {what}"
        for file in sorted(site.rglob("*"))
        if file.suffix in {".html", ".css", ".js", ".svg"}
        for what in _loads(file.suffix, file.read_text("utf-8"))
    ]


class _Loads(HTMLParser):
    """Collects what a browser loads to show a page, and the texts of its styles and scripts."""

    ATTRIBUTES = frozenset({"src", "srcset", "poster", "data", "background", "action", "formaction"})
    REFERRING = frozenset({"link", "image", "use", "base"})
    REFERENCES = frozenset({"href", "xlink:href"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._raw = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at what the attributes of an element load."""
        self._raw = tag if tag in {"script", "style"} else ""
        loading = self.ATTRIBUTES | (self.REFERENCES if tag in self.REFERRING else frozenset())
        for name, value in attrs:
            if name in loading and re.search(rf"(?:^|[\s,]){_OTHER_HOST}", value or "", re.IGNORECASE):
                self.found.append(f"<{tag} {name}={value}>")
            elif name == "style":
                self.found += _loads(".css", value or "")

    def handle_endtag(self, tag: str) -> None:
        """Leave a style or a script."""
        if tag == self._raw:
            self._raw = ""

    def handle_data(self, data: str) -> None:
        """Look into styles and scripts."""
        if self._raw:
            self.found += _loads(".css" if self._raw == "style" else ".js", data)


def _loads(suffix: str, text: str) -> list[str]:
    if suffix == ".css":
        return [match["place"] for match in _LOADED_BY_STYLE.finditer(text)]
    if suffix == ".js":
        places = [match["place"] for match in _NAMED_BY_SCRIPT.finditer(text)]
        return [place for place in places if not place.startswith(_NAMESPACES)]
    page = _Loads()
    page.feed(text)
    return page.found


def _staged(page: str) -> str:
    return re.sub(r"(^|/)README\.md$", r"\1index.md", page)


def _adapted(text: str, page: str, root: Path) -> str:
    """Let links to READMEs lead to what becomes of them; a folder is no page, its name stays as text."""

    def adapt(match: re.Match[str]) -> str:
        link = Link(0, match["target"])
        if not link.is_internal or not link.path:
            return match[0]
        if (root / target_of(page, link)).is_dir():
            return match["text"]
        path, hash_, anchor = link.target.partition("#")
        return f"[{match['text']}]({_staged(path)}{hash_}{anchor})"

    return _LINK.sub(adapt, text)


def _navigation(title: str, pages: tuple[str, ...]) -> str:
    listed = "\n".join(f"/{_staged(page).removesuffix('.md')}" for page in pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{listed}\n```\n"


def _copy(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, place)


def make_site(root: Path, output: Path) -> None:
    """Make the site; the one of before stays if that fails. Raises SiteError."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="site-", dir=output.parent) as scratch:
        source, made = Path(scratch, "source"), Path(scratch, "site")
        stage(root, source)
        build(source, root / "docs", made)
        if faults := loaded_from_elsewhere(made):
            raise SiteError("\n".join(("the site would load from elsewhere:", *faults)))
        if output.exists():
            shutil.rmtree(output)
        made.rename(output)


def main() -> None:
    """Make the site, or end with what is wrong."""
    try:
        make_site(ROOT, OUTPUT)
    except (SetupError, SiteError) as error:
        sys.exit(f"docs: {error}")
    print(OUTPUT / "index.html")


if __name__ == "__main__":
    main()
