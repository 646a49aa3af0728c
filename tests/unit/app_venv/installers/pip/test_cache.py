"""Which files of pip's cache are kept, and that neither damage nor secrets nor anything else survives."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution
from app_venv.installers.pip.cache import forget_news, make_intact
from app_venv.installers.pip.cache import keep as keep_files

if TYPE_CHECKING:
    from pathlib import Path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def resolved(**contents: bytes) -> InstallationResolution:
    """Return packages of version 1.0, from files with these contents."""
    return InstallationResolution(
        tuple(
            ResolvedDistribution(name, "1.0", f"sha256:{sha256(content)}")
            for name, content in contents.items()
        )
    )


def download(cache: Path, name: str, body: bytes, head: bytes = b"cc=4,headers") -> None:
    directory = cache / "http-v2/a/b" / name
    directory.mkdir(parents=True)
    (directory / name).write_bytes(head)
    (directory / f"{name}.body").write_bytes(body)


def built(cache: Path, wheel: str, origin: object) -> None:
    directory = cache / "wheels/c/d" / sha256(wheel.encode())
    directory.mkdir(parents=True)
    (directory / wheel).write_bytes(b"a wheel")
    (directory / "origin.json").write_text(json.dumps(origin))


def made_of(content: bytes) -> object:
    return {"url": "https://host/x.tar.gz", "archive_info": {"hashes": {"sha256": sha256(content)}}}


def keep(cache: Path, resolution: InstallationResolution) -> None:
    keep_files(cache, resolution, downloads=True)


def names(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and path.name != "kept")


def test_downloads_of_what_is_installed_are_kept_and_nothing_else(tmp_path: Path) -> None:
    download(tmp_path, "left", b"left")
    download(tmp_path, "right", b"right")
    download(tmp_path, "page", b"<html>")
    (tmp_path / "http-v2/lonely.body").write_bytes(b"left")
    (tmp_path / "selfcheck").mkdir()
    (tmp_path / "selfcheck/state").touch()
    keep(tmp_path, resolved(left=b"left"))
    assert names(tmp_path) == ["left", "left.body"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["http-v2", "kept"]


@pytest.mark.parametrize("header", [b"vary: Authorization\nBasic c2VjcmV0", b"SET-COOKIE: token=secret"])
def test_what_may_hold_a_secret_is_not_kept(tmp_path: Path, header: bytes) -> None:
    download(tmp_path, "left", b"left", head=header)
    keep(tmp_path, resolved(left=b"left"))
    assert names(tmp_path) == []


def test_built_wheels_of_what_is_installed_are_kept_and_their_sources_are_not(tmp_path: Path) -> None:
    built(tmp_path, "left-1.0-py3-none-any.whl", made_of(b"source"))
    built(tmp_path, "left-1.0-cp313-other.whl", made_of(b"another file of this version"))
    built(tmp_path, "left-2.0-py3-none-any.whl", made_of(b"source"))
    built(tmp_path, "gone-1.0-py3-none-any.whl", made_of(b"source"))
    download(tmp_path, "source", b"source")
    keep(tmp_path, resolved(left=b"source"))
    assert names(tmp_path) == ["left-1.0-py3-none-any.whl", "origin.json"]


def test_downloads_may_be_left_out(tmp_path: Path) -> None:
    built(tmp_path, "left-1.0-py3-none-any.whl", made_of(b"source"))
    download(tmp_path, "right", b"right")
    keep_files(tmp_path, resolved(left=b"source", right=b"right"), downloads=False)
    assert names(tmp_path) == ["left-1.0-py3-none-any.whl", "origin.json"]


def test_wheels_built_of_a_commit_are_kept_by_version(tmp_path: Path) -> None:
    built(tmp_path, "left-1.0-py3-none-any.whl", {"url": "https://host/x", "vcs_info": {"commit_id": "1"}})
    keep(tmp_path, InstallationResolution((ResolvedDistribution("left", "1.0", "unprovable"),)))
    assert "left-1.0-py3-none-any.whl" in names(tmp_path)


@pytest.mark.parametrize("origin", ["text", {"archive_info": {}}, {"archive_info": {"hashes": 1}}, []])
def test_wheels_of_unknown_origin_are_not_kept(tmp_path: Path, origin: object) -> None:
    built(tmp_path, "left-1.0-py3-none-any.whl", origin)
    (tmp_path / "wheels/no-wheel").touch()
    keep(tmp_path, resolved(left=b"left"))
    assert names(tmp_path) == []


def test_what_is_damaged_missing_or_new_is_removed_before_pip_sees_it(tmp_path: Path) -> None:
    for name in ("whole", "cut", "changed", "halved"):
        download(tmp_path, name, name.encode())
    keep(tmp_path, resolved(a=b"whole", b=b"cut", c=b"changed", d=b"halved"))
    (tmp_path / "http-v2/a/b/cut/cut.body").write_bytes(b"cu")
    (tmp_path / "http-v2/a/b/changed/changed.body").write_bytes(b"chanGed")
    (tmp_path / "http-v2/a/b/halved/halved.body").unlink()
    (tmp_path / "http-v2/a/b/whole/link").symlink_to("/etc")
    download(tmp_path, "new", b"new")
    make_intact(tmp_path)
    assert names(tmp_path) == ["changed", "cut", "halved", "whole", "whole.body"]


def test_what_has_come_since_is_forgotten(tmp_path: Path) -> None:
    download(tmp_path, "left", b"left")
    keep(tmp_path, resolved(left=b"left"))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    download(tmp_path, "page", b"<html>")
    forget_news(tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "manifest",
    [
        *(b"", b"\xff", b"no digest", b"0  ../../outside\n0  /etc/passwd\n"),
        *(b"0  http-v2/" + b"x" * 5000, b"0  wheels/a\0b"),
    ],
)
def test_a_cache_without_a_good_list_is_emptied_and_nothing_outside_is_touched(
    tmp_path: Path, manifest: bytes
) -> None:
    cache = tmp_path / "layer/cache"
    download(cache, "left", b"left")
    (tmp_path / "outside").touch()
    (cache / "kept").write_bytes(manifest)
    make_intact(cache)
    forget_news(cache)
    assert names(cache) == []
    assert (tmp_path / "outside").exists()


def test_an_empty_cache_is_no_fault(tmp_path: Path) -> None:
    make_intact(tmp_path)
    forget_news(tmp_path)
    keep(tmp_path, InstallationResolution())
    assert (tmp_path / "kept").read_bytes() == b""
