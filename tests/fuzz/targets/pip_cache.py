"""pip's cache, as a registry of cache images gives it back."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution
from app_venv.installers.pip.cache import forget_news, keep, make_intact
from buildpack_api.errors import BuildpackError
from fuzz.targets.common import Target, tree, write

if TYPE_CHECKING:
    import random
    from pathlib import Path


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class PipCacheEntries(Target):
    """What was restored is made intact before pip sees it, and tidied after."""

    name = "pip-cache-entries"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"http-v2/",
            b"wheels/",
            b"http-v2/../../x",
            b"/etc/passwd",
            b"Authorization: x",
            b"\nset-COOKIE: x",
        ),
        *(_sum(b"wheel").encode(), b"0" * 64, b"  ", b'{"archive_info":{"hashes":{}}}', b'{"vcs_info":1}'),
        *(
            b'{"archive_info":{"hashes":[1]}}',
            b'{"archive_info":{"hashes":{"a":[]}}}',
            b"\x85",
            b"wheels/\xff",
        ),
    )

    def __init__(self) -> None:
        body, head, wheel = b"wheel", b"HTTP/1.1 200\nContent-Type: x\n", b"PK built"
        origin = json.dumps({"archive_info": {"hashes": {"sha256": _sum(b"source")}}}).encode()
        files = {
            "http-v2/a/b/abc": head,
            "http-v2/a/b/abc.body": body,
            "wheels/c/d/x-1.0-py3-none-any.whl": wheel,
            "wheels/c/d/origin.json": origin,
        }
        kept = "".join(f"{_sum(content)}  {name}\n" for name, content in files.items())
        self.seeds = [
            {"kept": kept.encode(), **files},
            files,
            {"kept": kept.encode(), "selfcheck/x.json": b"{}"},
        ]

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Do what a build does with it, and look at what is left each time."""
        cache = write(files, place / "cache")
        beside = write({"precious": b"x"}, place / "beside") / "precious"
        if rng.random() < 0.2:
            (cache / "http-v2").mkdir(exist_ok=True)
            (cache / "http-v2" / "link").symlink_to(beside.parent)
            (cache / "wheels").mkdir(exist_ok=True)
            (cache / "wheels" / "precious").symlink_to(beside)
        resolution = InstallationResolution(
            (
                ResolvedDistribution("x", "1.0", f"sha256:{_sum(b'source')}", built=True),
                ResolvedDistribution("y", "2.0", f"sha256:{_sum(b'wheel')}", published=True),
            )
        )
        found = []
        make_intact(cache)
        found.append(tree(cache))
        assert not any(where.startswith("->") for _, where in found[0]), "a link is left"
        keep(cache, resolution, downloads=rng.random() < 0.7)
        found.append(tree(cache))
        make_intact(cache)
        assert tree(cache) == found[1], "what was kept was not intact"
        forget_news(cache)
        assert tree(cache) == found[1], "something new was in what was kept"
        assert beside.read_bytes() == b"x"
        return found
