"""Which files are kept of what pip downloads, and when one of them is handed out instead of the index's."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from app_venv.installers.pip import keep_downloads as module
from app_venv.installers.pip.keep_downloads import DownloadStore, keep_downloads
from support.private_index import PrivateIndex, private_index

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "left-1.0-py3-none-any.whl"
CONTENT = b"a wheel" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()


@dataclass
class Scene:
    """An index that says nothing about caching, and sessions that ask the store first."""

    index: PrivateIndex
    root: Path
    store: DownloadStore

    def page(self, text: str, name: str = "left.html") -> None:
        """Write a page, and read it as pip does."""
        (self.root / "files" / name).write_text(text)
        requests.get(f"http://{self.index.host}/files/{name}", timeout=10)

    def fetch(self, name: str = NAME) -> bytes:
        """Download a file as pip does."""
        with requests.get(f"http://{self.index.host}/files/{name}", stream=True, timeout=10) as response:
            response.raise_for_status()
            if getattr(response, "from_cache", False):
                content: bytes = response.raw.read()
                return content
            return b"".join(response.raw.stream(100, decode_content=False))

    @property
    def fetched(self) -> int:
        """How often the index was asked for the file."""
        return self.index.requests.count(f"/files/{NAME}")

    @property
    def kept(self) -> list[str]:
        """All files of the store."""
        paths = self.store.root.rglob("*")
        return sorted(path.relative_to(self.store.root).as_posix() for path in paths if path.is_file())


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Serve one wheel."""
    monkeypatch.setattr(requests.Session, "send", requests.Session.send)  # to be as before afterwards
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / NAME).write_bytes(CONTENT)
    with private_index(tmp_path) as index:
        index.caching = False
        store = DownloadStore(tmp_path / "store")
        keep_downloads(requests, store)
        yield Scene(index, tmp_path, store)


def test_a_file_whose_hash_a_page_says_is_kept_and_handed_out(scene: Scene) -> None:
    for _ in range(2):
        scene.page(f"<a data-yanked HREF='../files/{NAME}#egg=x&amp;sha256={DIGEST.upper()}'>left</a>")
        assert scene.fetch() == CONTENT
    assert scene.kept == [f"{DIGEST}/{NAME}"]
    assert scene.fetched == 1


def test_pages_in_json_say_hashes_as_well(scene: Scene) -> None:
    files = [{"url": f"/a/b/{NAME}", "hashes": {"sha256": DIGEST}}, {"url": "other.whl", "hashes": {}}]
    scene.page(json.dumps({"files": files}), "left.json")
    for _ in range(2):
        assert scene.fetch() == CONTENT
    assert scene.fetched == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", f"<a href={NAME}>left</a>"),
        ("page.html", f"<a href={NAME}#sha256={OTHER}>left</a>"),
        ("page.html", f"<a href=x/{NAME}#sha256={OTHER}>1</a><a href=y/{NAME}#sha256={DIGEST}>2</a>"),
        ("page.json", "{"),
        ("page.json", '{"files": [1]}'),
        ("page.json", json.dumps({"files": [{"url": NAME, "hashes": {"sha256": OTHER}}]})),
    ],
)
def test_what_pages_do_not_say_or_say_otherwise_is_not_kept(scene: Scene, name: str, text: str) -> None:
    """Nor handed out, if it is there from before."""
    scene.page(text, name)
    assert scene.fetch() == CONTENT
    assert scene.kept == []
    (scene.store.root / DIGEST).mkdir()
    (scene.store.root / DIGEST / NAME).write_bytes(CONTENT)
    scene.fetch()
    assert scene.fetched == 2


def test_a_hash_of_the_requirements_counts_where_no_page_says_one(scene: Scene) -> None:
    scene.store.allowed = frozenset({DIGEST})
    scene.page(f"<a href={NAME}>left</a>")
    assert [scene.fetch(), scene.fetch()] == [CONTENT, CONTENT]
    assert scene.fetched == 1
    scene.page(f"<a href={NAME}#sha256={OTHER}>left</a>")
    scene.fetch()
    assert scene.fetched == 2


def test_a_damaged_file_is_not_handed_out(scene: Scene) -> None:
    scene.store.allowed = frozenset({DIGEST})
    scene.fetch()
    (scene.store.root / DIGEST / NAME).write_bytes(b"evil")
    assert scene.fetch() == CONTENT
    assert scene.fetched == 2
    assert (scene.store.root / DIGEST / NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("header", [("Set-Cookie", "a=b"), ("Vary", "Accept, Authorization"), ("vary", "*")])
def test_what_depends_on_who_asks_is_not_kept(scene: Scene, header: tuple[str, str]) -> None:
    scene.store.allowed = frozenset({DIGEST})
    scene.index.headers = dict([header])
    assert scene.fetch() == CONTENT
    assert scene.kept == []


def test_what_does_not_come_to_its_end_leaves_nothing(scene: Scene) -> None:
    scene.store.allowed = frozenset({DIGEST})
    with requests.get(f"http://{scene.index.host}/files/{NAME}", stream=True, timeout=10) as response:
        pieces = response.raw.stream(100, decode_content=False)
        assert next(pieces) == CONTENT[:100]
        assert len(scene.kept) == 1
        pieces.close()
    assert scene.kept == []


def test_where_nothing_can_be_written_pip_gets_its_files_all_the_same(scene: Scene) -> None:
    scene.store.allowed = frozenset({DIGEST})
    scene.store.root.write_text("no directory")
    assert [scene.fetch(), scene.fetch()] == [CONTENT, CONTENT]
    assert scene.store.root.read_text() == "no directory"


def test_a_page_that_is_badly_written_does_no_harm(scene: Scene) -> None:
    """What can be read of it counts; nothing of it can hold up a build."""
    bad = f"<a href='http://[bad/{NAME}#sha256={OTHER}'>x</a><a href>" + "<a " * 100_000
    scene.page(f"{bad}<a href={NAME}#sha256={DIGEST}>left</a>")
    assert [scene.fetch(), scene.fetch()] == [CONTENT, CONTENT]
    assert scene.fetched == 1


def test_only_whole_distributions_are_kept(scene: Scene) -> None:
    """Not a part of one, nor its metadata, nor what a server answers instead."""
    scene.store.allowed = frozenset({DIGEST, hashlib.sha256(b"metadata").hexdigest()})
    (scene.root / "files" / f"{NAME}.metadata").write_bytes(b"metadata")
    scene.fetch(f"{NAME}.metadata")
    address = f"http://{scene.index.host}/files/{NAME}"
    requests.get(address, headers={"Range": "bytes=0-"}, timeout=10)
    requests.head(address, timeout=10)
    with pytest.raises(requests.HTTPError):
        scene.fetch("missing.whl")
    assert scene.kept == []


def test_the_program_hides_no_module_of_python() -> None:
    """Its folder is on the module path as long as it imports."""
    names = {path.stem for path in Path(module.__file__).parent.iterdir()}
    assert not names & sys.stdlib_module_names
