from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.builder import lifecycle_release
from buildpack_release.builder.lifecycle_release import read_lifecycle
from buildpack_release.errors import CheckFailed, ReleaseError
from support.builder_parts import LIFECYCLE_TOML, archive
from support.builder_parts import lifecycle as make_lifecycle
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.builder.lifecycle_release import Lifecycle


def read(path: Path) -> Lifecycle:
    folder = path.parent / "unpacked"
    folder.mkdir()
    return read_lifecycle(path, folder)


def elf(machine: int, *, big_endian: bool = False) -> bytes:
    """The beginning of a program: identification, type, machine."""
    order: Any = "big" if big_endian else "little"
    return b"\x7fELF\x02" + bytes([2 if big_endian else 1]) + bytes(12) + machine.to_bytes(2, order)


def test_a_release_is_read(tmp_path: Path) -> None:
    found = read(make_lifecycle(tmp_path / "lifecycle.tgz"))
    assert found.version == "0.21.17"
    assert (found.buildpack_apis.oldest, found.platform_apis.oldest) == ("0.9", "0.12")
    assert found.architecture == ""
    names = [entry.name for entry in found.entries()]
    assert names[0] == "/cnb/lifecycle"
    assert names[1:-1] == sorted(names[1:-1])
    assert names[-1] == "/lifecycle"
    links = {entry.name: entry.link for entry in found.entries() if entry.kind == tarfile.SYMTYPE}
    assert (links["/cnb/lifecycle/creator"], links["/lifecycle"]) == ("lifecycle", "/cnb/lifecycle")


def test_versions_are_compared_as_numbers(tmp_path: Path) -> None:
    """The oldest of 0.9 and 0.10 is 0.9, whatever letters say: platforms choose by it."""
    toml = LIFECYCLE_TOML.replace('deprecated = ["0.9"]', "deprecated = []").replace(
        '"0.10", "0.11"', '"0.10", "0.9"'
    )
    assert read(make_lifecycle(tmp_path / "l.tgz", descriptor=toml)).buildpack_apis.oldest == "0.9"


@pytest.mark.parametrize(
    ("program", "architecture"),
    [
        (elf(0x3E), "amd64"),
        (elf(0xB7), "arm64"),
        (elf(0x16, big_endian=True), "s390x"),
        (elf(0x15), "ppc64le"),
        (elf(0x1234), ""),
        (b"\x7fELF", ""),
        (b"", ""),
    ],
)
def test_the_processor_is_seen_in_the_programs(tmp_path: Path, program: bytes, architecture: str) -> None:
    assert read(make_lifecycle(tmp_path / "l.tgz", program=program)).architecture == architecture


def test_what_is_no_program_stays_unexecutable(tmp_path: Path) -> None:
    """Releases have bills of materials beside the programs."""
    path = make_lifecycle(tmp_path / "l.tgz")
    with tarfile.open(path) as old, tarfile.open(tmp_path / "more.tgz", "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        note = tarfile.TarInfo("lifecycle/lifecycle.sbom.cdx.json")
        note.mode = 0o644
        new.addfile(note)
    executable = {entry.name: entry.is_executable for entry in read(tmp_path / "more.tgz").entries()}
    assert not executable["/cnb/lifecycle/lifecycle.sbom.cdx.json"]
    assert executable["/cnb/lifecycle/launcher"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"descriptor": None}, "has no lifecycle.toml"),
        ({"descriptor": "x = ["}, "not valid TOML"),
        ({"descriptor": '[lifecycle]\nversion = "1"\n'}, "does not say which APIs"),
        ({"descriptor": LIFECYCLE_TOML.replace('version = "0.21.17"', "")}, '"lifecycle.version" is missing'),
        ({"without": ("creator", "launcher")}, "has no launcher, creator"),
        ({"folder": "too/deep"}, "has no detector"),
        ({"links": {"lifecycle/extender": "../../etc/passwd"}}, "leads out of its folder"),
        ({"links": {"lifecycle/extender": "missing"}}, "leads out of its folder"),
        ({"links": {"other/launcher": "lifecycle"}}, "two programs launcher"),
    ],
)
def test_an_unsound_archive_is_one_clear_error(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = make_lifecycle(tmp_path / "l.tgz", **changes)
    with pytest.raises(ReleaseError, match=message) as caught:
        read(path)
    assert caught.value.file == path


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_what_is_no_whole_archive_is_said_to_be_none(tmp_path: Path, cut: int) -> None:
    path = make_lifecycle(tmp_path / "l.tgz")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ReleaseError, match="not a whole archive"):
        read(path)


def test_an_uncompressed_archive_is_read_as_well(tmp_path: Path) -> None:
    path = write(tmp_path / "l.tar")
    path.write_bytes(archive({"lifecycle.toml": b"x"}))
    with pytest.raises(ReleaseError, match="not valid TOML"):
        read(path)


def test_links_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hard link is written as a file of its own, and counts as one."""
    monkeypatch.setattr(lifecycle_release, "_MOST", 100_000)
    path = make_lifecycle(tmp_path / "l.tgz")
    with tarfile.open(path) as old, tarfile.open(tmp_path / "more.tgz", "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        large = tarfile.TarInfo("lifecycle/large")
        large.size = 40_000
        new.addfile(large, io.BytesIO(bytes(40_000)))
        for number in range(40):
            link = tarfile.TarInfo(f"lifecycle/link{number}")
            link.type, link.linkname = tarfile.LNKTYPE, "lifecycle/large"
            new.addfile(link)
    with pytest.raises(CheckFailed, match="unpacks to more than any lifecycle"):
        read(tmp_path / "more.tgz")
    written = (tmp_path / "unpacked").iterdir()
    assert sum(file.stat().st_size for file in written) <= 100_000
