"""Every file that pip downloads is kept by its hash, and taken from there the next time.

pip's own cache keeps nothing that came over ``http:``, nor what an index sends without headers about caching,
as Artifactory, devpi and plain mirrors do. Nothing that pip can be told closes the gap: files that
``--find-links`` offers take part in the choice of versions, also when the index has withdrawn them, and
are not looked at for lock files; ``pip download`` resolves everything a second time.

So it runs inside pip's process (`inside_pip`). In the store files lie as ``<SHA-256>/<name>``; allowed are
the hashes that the requirements or the lock name. The only thing that is changed is ``Session.send`` of
requests, whose copy pip carries: all that pip decides and checks stays pip's. A file is handed out, and kept,
only if its hash is known: from a page of the index that was read in this very run (PEP 503, PEP 691), else
among those that are allowed. It is computed again whenever it is handed out, and pip holds it against its
requirement once more.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from requests import PreparedRequest, Response, Session

_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_LINK = re.compile(r"<a\b[^<>]{0,2000}?\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.IGNORECASE)
_SHA256 = re.compile(r"(?:^|&)sha256=([0-9a-fA-F]{64})(?:&|$)")
_PIECE = 1 << 20
_OK = 200


@dataclass
class DownloadStore:
    """Files by hash and name; ``allowed`` are the hashes that the requirements name.

    What pages of indexes say about files is noted as they are read, and understood when it is asked for.
    """

    root: Path
    allowed: frozenset[str] = frozenset()
    _pages: list[tuple[str, bytes]] = field(default_factory=list)
    _promises: dict[str, set[str]] = field(default_factory=dict)
    _parts: int = 0

    def read_page(self, kind: str, content: bytes) -> None:
        """Take note of a page of the media type ``kind``."""
        self._pages.append((kind, content))

    def find(self, name: str) -> Path | None:
        """Return the file of this name whose hash is known, if it is here and undamaged."""
        try:
            folders = sorted(self.root.iterdir()) if self.root.is_dir() else []
            paths = [folder / name for folder in folders if (folder / name).is_file()]
            known = [path for path in paths if self.knows(name, path.parent.name)]
            return known[0] if len(known) == 1 and _digest(known[0]) == known[0].parent.name else None
        except OSError:
            return None

    def knows(self, name: str, digest: str) -> bool:
        """Whether the file of this name must have this hash, or, if no page says one, may have it."""
        for kind, content in self._pages:
            for one, promised in _read_page(kind, content):
                self._promises.setdefault(one, set()).add(promised)
        self._pages.clear()
        said = self._promises.get(name)
        return said == {digest} if said else digest in self.allowed

    def record(self, name: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the pieces of a file on; keep the file once it is whole, if its hash is known.

        Where it cannot be written, it is not kept: that is no reason for pip to fail.
        """
        self._parts += 1
        part, digest = self.root / f".part-{os.getpid()}-{self._parts}", hashlib.sha256()
        written = _append(part, b"")
        try:
            for piece in pieces:
                digest.update(piece)
                written = written and _append(part, piece)
                yield piece
            if written and self.knows(name, digest.hexdigest()):
                with suppress(OSError):
                    (self.root / digest.hexdigest()).mkdir(exist_ok=True)
                    part.replace(self.root / digest.hexdigest() / name)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _append(path: Path, content: bytes) -> bool:
    """Write to the end of a file; return whether that could be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(content)
    except OSError:
        return False
    return True


def keep_downloads(requests: ModuleType, store: DownloadStore) -> None:
    """Make sessions of ``requests`` ask the store first, and fill it."""
    send = requests.Session.send

    def send_or_find(session: Session, request: PreparedRequest, **options: object) -> Response:
        # A redirect is followed by calls without allow_redirects: the first address has the file's name.
        plain = request.method == "GET" and "Range" not in request.headers
        if not plain or not options.get("allow_redirects", True):
            response: Response = send(session, request, **options)
            return response
        name = _archive_name(request.url or "")
        found = store.find(name) if name else None
        if found:
            return _answer(requests.Response(), request, found)
        response = send(session, request, **options)
        if response.status_code == _OK and name:
            if not _is_kept_by_pip(request, response) and not _may_be_private(response):
                response.raw = _Recorded(response.raw, name, store)
        elif response.status_code == _OK and not options.get("stream"):
            store.read_page(response.headers.get("Content-Type", ""), response.content)
        return response

    requests.Session.send = send_or_find


class _Recorded:
    """The body of an answer, recorded as pip reads it."""

    def __init__(self, raw: object, name: str, store: DownloadStore) -> None:
        self._raw, self._name, self._store = raw, name, store

    def stream(self, *arguments: object, **options: object) -> Iterator[bytes]:
        """Yield pieces, as the body of urllib3 does."""
        pieces: Iterator[bytes] = self._raw.stream(*arguments, **options)  # type: ignore[attr-defined]
        return self._store.record(self._name, pieces)

    def __getattr__(self, name: str) -> object:
        return getattr(self._raw, name)


def _archive_name(url: str) -> str:
    """Return the name of a distribution that is asked for over the network, or ''."""
    address = urlsplit(url)
    name = unquote(address.path.rpartition("/")[2])
    fits = address.scheme in ("http", "https") and name.endswith(_ARCHIVES) and "/" not in name
    return name if fits else ""


def _answer(response: Response, request: PreparedRequest, path: Path) -> Response:
    """Fill an answer, as pip itself does for addresses of files."""
    response.status_code, response.reason = 200, "OK"
    response.url, response.request = request.url or "", request
    response.headers.update({
        "Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)
    })  # fmt: skip
    response.raw = path.open("rb")
    response.close = response.raw.close  # type: ignore[method-assign]
    response.from_cache = True  # type: ignore[attr-defined]  # then pip says that it is
    return response


def _is_kept_by_pip(request: PreparedRequest, response: Response) -> bool:
    """Whether the answer is from pip's own cache, or will be in it."""
    headers = response.headers
    control = headers.get("Cache-Control", "").lower()
    says_so = "max-age" in control or "ETag" in headers or "Expires" in headers
    kept = (request.url or "").startswith("https:") and says_so and "no-store" not in control
    return kept or bool(getattr(response, "from_cache", False))


def _may_be_private(response: Response) -> bool:
    """Whether it came with cookies, or depends on who asks (RFC 9110, 'Vary')."""
    for one in (*response.history, response):
        vary = one.headers.get("Vary", "").lower()
        if "Set-Cookie" in one.headers or any(word in vary for word in ("authorization", "cookie", "*")):
            return True
    return False


def _read_page(kind: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Yield name and SHA-256 of each file of which a page of an index says them."""
    if "json" in kind:
        yield from _read_json(content)
    if "html" not in kind:
        return
    for found in _LINK.finditer(content.decode("utf-8", "replace")):
        try:
            address = urlsplit(html.unescape(found[1] or found[2] or found[3] or ""))
        except ValueError:
            continue
        digest = _SHA256.search(address.fragment)
        if digest:
            yield unquote(address.path.rpartition("/")[2]), digest[1].lower()


def _read_json(content: bytes) -> Iterator[tuple[str, str]]:
    try:
        files = json.loads(content)["files"]
        for one in files:
            digest = one.get("hashes", {}).get("sha256")
            if digest:
                yield unquote(urlsplit(one["url"]).path.rpartition("/")[2]), str(digest).lower()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
