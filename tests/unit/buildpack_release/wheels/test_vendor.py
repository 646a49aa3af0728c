from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from buildpack_release.errors import MissingToolError, NetworkError, ReleaseError
from buildpack_release.wheels.lock_file import Pin
from buildpack_release.wheels.vendor import fetch
from support.wheels import Project, make_wheel, sha256


def cached(tmp_path: Path, name: str = "demo") -> tuple[Pin, Path]:
    """A pin whose wheel is in the cache."""
    wheel = make_wheel(Project(name), tmp_path / "made")
    digest = sha256(wheel)
    place = tmp_path / "cache/wheels" / digest / wheel.name
    place.parent.mkdir(parents=True)
    wheel.replace(place)
    return Pin(name, "1.0", (digest,), tmp_path / "vendor.lock", 1), place


@pytest.fixture(autouse=True)
def _no_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever tries to run pip here fails: these tests are about the cache."""
    python = tmp_path / "no python"
    python.write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))


def test_a_full_cache_needs_neither_pip_nor_network(tmp_path: Path) -> None:
    """In the order of the lock."""
    one, first = cached(tmp_path, "one")
    two, second = cached(tmp_path, "two")
    assert fetch([two, one], cache=tmp_path / "cache") == {two: second, one: first}
    assert fetch([], cache=tmp_path / "nothing") == {}


def test_any_locked_hash_will_do(tmp_path: Path) -> None:
    """A lock may list several files of one release."""
    pin, place = cached(tmp_path)
    several = Pin(pin.name, pin.version, ("0" * 64, *pin.digests), pin.file, 1)
    assert fetch([several], cache=tmp_path / "cache") == {several: place}


def test_a_damaged_file_in_the_cache_is_not_used(tmp_path: Path) -> None:
    """Hashes are checked at every use; the file is dropped and would be fetched again."""
    pin, place = cached(tmp_path)
    place.write_bytes(place.read_bytes() + b"x")
    with pytest.raises(MissingToolError, match=r"no pip to fetch demo==1\.0"):
        fetch([pin], cache=tmp_path / "cache")
    assert not place.exists()


def test_a_wheel_with_compiled_code_is_refused(tmp_path: Path) -> None:
    """Even if it is locked: the buildpack would work on some machines only."""
    data = b"anything"
    digest = hashlib.sha256(data).hexdigest()
    place = tmp_path / "cache/wheels" / digest / "x-1-cp312-cp312-linux_x86_64.whl"
    place.parent.mkdir(parents=True)
    place.write_bytes(data)
    with pytest.raises(ReleaseError, match="not a pure Python wheel"):
        fetch([Pin("x", "1", (digest,), tmp_path / "lock", 1)], cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("output", "kind", "title"),
    [
        ("/x/python: No module named pip", MissingToolError, "no pip"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", ReleaseError, "does not have the locked hash"),
        ("WARNING: Retrying ... NewConnectionError('...')", NetworkError, "could not be reached"),
        ("ERROR: HTTP error 503 Server Error: x for url: y", NetworkError, "could not be reached"),
        (
            "ERROR: No matching distribution found for demo==1.0",
            ReleaseError,
            "pip could not fetch demo==1.0",
        ),
    ],
)
def test_what_pip_says_becomes_one_clear_error(
    tmp_path: Path, output: str, kind: type[ReleaseError], title: str
) -> None:
    """Each cause has its exit code."""
    Path(sys.executable).write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{output}\nEND\nexit 1\n")
    with pytest.raises(kind) as caught:
        fetch([Pin("demo", "1.0", ("0" * 64,), Path("vendor.lock"), 1)], cache=tmp_path / "cache")
    assert type(caught.value) is kind
    assert title in caught.value.title
