"""The lifecycle's directory and archive, made from binaries."""

from __future__ import annotations

import os
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import lifecycle_archive
from buildpack_testing.cnb.tool_versions import PHASES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def binaries(tmp_path: Path) -> Path:
    """Programs that are small."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in lifecycle_archive.BINARIES:
        (directory / name).write_text(f"#!/bin/sh\necho {name}\n", encoding="utf-8")
    return directory


@pytest.fixture
def strict_umask() -> Iterator[None]:
    """A user who keeps everything to himself."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def test_same_binaries_same_archive(binaries: Path, tmp_path: Path) -> None:
    """A builder made with the archive has the same digest whenever and wherever it was packed."""
    archives = []
    for name in ("one", "two"):
        lifecycle_archive.assemble(binaries, tmp_path / name, version="0.21.17")
        archives.append((tmp_path / name / lifecycle_archive.ARCHIVE).read_bytes())
        os.utime(binaries / "lifecycle", (1, 1))
    assert archives[0] == archives[1]


@pytest.mark.usefixtures("strict_umask")
def test_another_user_can_run_the_phases(binaries: Path, tmp_path: Path) -> None:
    """In a container it is another user; the umask of whoever installed it must not lock it out."""
    lifecycle_archive.assemble(binaries, tmp_path / "made", version="0.21.17")
    directory = tmp_path / "made" / "lifecycle"
    modes = {path.stat().st_mode & 0o777 for path in (directory.parent, directory, *directory.iterdir())}
    assert modes == {0o755}


def test_members_of_the_archive(binaries: Path, tmp_path: Path) -> None:
    """Phases are links to the one binary; nothing has an owner or a time of this machine."""
    lifecycle_archive.assemble(binaries, tmp_path / "made", version="0.21.17")
    with tarfile.open(tmp_path / "made" / lifecycle_archive.ARCHIVE) as tar:
        members = {member.name: member for member in tar}
    assert {members[f"lifecycle/{phase}"].linkname for phase in PHASES} == {"lifecycle"}
    assert {(member.mtime, member.uid, member.uname) for member in members.values()} == {(315532801, 0, "")}


def test_written_descriptor_names_version_and_apis(binaries: Path, tmp_path: Path) -> None:
    """What pack reads: `lifecycle.version` and the supported APIs."""
    lifecycle_archive.assemble(binaries, tmp_path / "made", version="0.21.18")
    descriptor = tomllib.loads((tmp_path / "made" / "lifecycle.toml").read_text(encoding="utf-8"))
    assert descriptor["lifecycle"] == {"version": "0.21.18"}
    assert "0.10" in descriptor["apis"]["buildpack"]["supported"]


@pytest.mark.parametrize("place", ["bin", "."])
def test_descriptor_of_a_release_archive_is_kept(binaries: Path, tmp_path: Path, place: str) -> None:
    """A newer release knows better what it supports; its archive has the descriptor beside the directory."""
    (tmp_path / place / "lifecycle.toml").write_text("[lifecycle]\nversion = '9.9.9'\n", encoding="utf-8")
    lifecycle_archive.assemble(binaries, tmp_path / "made", version="9.9.9")
    assert (tmp_path / "made" / "lifecycle.toml").read_text(encoding="utf-8").endswith("'9.9.9'\n")
