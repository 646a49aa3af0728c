"""Fetching locked wheels with the real pip, from an index on loopback."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import MissingToolError, NetworkError, ReleaseError
from buildpack_release.wheels.lock_file import Pin
from buildpack_release.wheels.vendor import fetch
from buildpack_testing.package_index import write_index
from buildpack_testing.server import StaticServer, serve
from support.wheels import Project, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StaticServer]:
    """An index with two projects, which the user's pip settings lead to. Other settings try to disturb."""
    wheels = [make_wheel(Project(name), tmp_path / "made") for name in ("one", "two")]
    folder = write_index(wheels, tmp_path / "index").directory
    for name in ("PIP_DRY_RUN", "PIP_REQUIRE_VIRTUALENV", "PIP_USER"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "target"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hostile"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile/pip.py").write_text("raise SystemExit('hijacked')")
    with serve(folder) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
        yield server


def pin(tmp_path: Path, name: str, digest: str = "") -> Pin:
    digest = digest or sha256(next((tmp_path / "made").glob(f"{name}-*.whl")))
    return Pin(name, "1.0", (digest,), tmp_path / "vendor.lock", 1)


def test_wheels_are_fetched_once(tmp_path: Path, index: StaticServer) -> None:
    """Several in one go, from the user's index; afterwards the index is not needed any more."""
    pins = [pin(tmp_path, "one"), pin(tmp_path, "two")]
    found = fetch(pins, cache=tmp_path / "cache")
    assert [found[one].name for one in pins] == ["one-1.0-py3-none-any.whl", "two-1.0-py3-none-any.whl"]
    assert [sha256(found[one]) for one in pins] == [one.digests[0] for one in pins]
    asked = len(index.requests)
    assert asked >= 4
    assert fetch(pins, cache=tmp_path / "cache") == found
    assert len(index.requests) == asked
    assert not (tmp_path / "target").exists()
    assert sorted(path.name for path in (tmp_path / "cache/wheels").iterdir()) == sorted(
        one.digests[0] for one in pins
    )


def test_a_damaged_wheel_in_the_cache_is_fetched_again(tmp_path: Path, index: StaticServer) -> None:
    """The user notices nothing."""
    one = pin(tmp_path, "one")
    wheel = fetch([one], cache=tmp_path / "cache")[one]
    wheel.write_bytes(b"damaged")
    assert sha256(fetch([one], cache=tmp_path / "cache")[one]) == one.digests[0]


def test_another_file_than_the_locked_one_is_refused(tmp_path: Path, index: StaticServer) -> None:
    """And does not get into the cache."""
    with pytest.raises(ReleaseError, match="does not have the locked hash") as caught:
        fetch([pin(tmp_path, "one", "0" * 64)], cache=tmp_path / "cache")
    assert caught.value.file == tmp_path / "vendor.lock"
    assert not list((tmp_path / "cache").rglob("*.whl"))


def test_a_release_that_the_index_does_not_have(tmp_path: Path, index: StaticServer) -> None:
    """Names it."""
    with pytest.raises(ReleaseError, match=r"pip could not fetch three==1\.0") as caught:
        fetch([pin(tmp_path, "three", "0" * 64)], cache=tmp_path / "cache")
    assert type(caught.value) is ReleaseError


def test_no_network(tmp_path: Path, index: StaticServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of its own, without the credentials of the index."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PIP_INDEX_URL", f"http://user:secret@127.0.0.1:{unused.getsockname()[1]}/simple")
        with pytest.raises(NetworkError, match="could not be reached") as caught:
            fetch([pin(tmp_path, "one")], cache=tmp_path / "cache")
    assert "secret" not in str(caught.value)


def test_no_pip(tmp_path: Path, index: StaticServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the interpreter that was tried."""
    python = tmp_path / "environment/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(MissingToolError, match="no pip") as caught:
        fetch([pin(tmp_path, "one")], cache=tmp_path / "cache")
    assert str(python) in caught.value.detail
