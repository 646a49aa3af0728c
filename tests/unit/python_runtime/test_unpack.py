"""Archives cannot write outside, and what comes out does not depend on the machine."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildpack_api.errors import DownloadError
from buildpack_common.archives import ArchiveLimits
from python_runtime import unpack as unpacking
from python_runtime.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    target.seek(0)
    return target


def file(name: str, content: bytes = b"content", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, mode=mode), content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, kind, target), b""


def everything(_: str) -> bool:
    return True


@pytest.fixture(params=[0o022, 0o077, 0o000], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    old = os.umask(request.param)
    yield
    os.umask(old)


def test_the_top_folder_is_left_out(tmp_path: Path) -> None:
    unpack(archive(file("python/bin/a"), file("./python/b")), tmp_path / "t", everything)

    assert (tmp_path / "t/bin/a").read_bytes() == b"content"
    assert (tmp_path / "t/b").exists()


def test_modes_are_normal_whatever_the_archive_says(tmp_path: Path) -> None:
    odd = [file("python/a", mode=0o6777), file("python/b", mode=0o400), file("python/c", mode=0o001)]
    unpack(archive((member("python/d", tarfile.DIRTYPE, mode=0o1777), b""), *odd), tmp_path / "t", everything)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "t").iterdir()}
    assert modes == {"a": 0o755, "b": 0o644, "c": 0o755}


def test_modes_of_files_do_not_depend_on_the_umask(tmp_path: Path, umask: None) -> None:
    unpack(archive(file("python/a", mode=0o755), file("python/b")), tmp_path / "t", everything)

    assert stat.S_IMODE((tmp_path / "t/a").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "t/b").stat().st_mode) == 0o644


def test_what_is_not_wanted_is_not_written_nor_are_its_directories(tmp_path: Path) -> None:
    content = archive(file("python/a/b/c"), file("python/d"), link("python/e", "d"))
    size = unpack(content, tmp_path / "t", lambda name: name == "d")

    assert [str(path.relative_to(tmp_path / "t")) for path in (tmp_path / "t").rglob("*")] == ["d"]
    assert size == 2 * len(b"content")


def test_links_inside_are_kept_as_they_are(tmp_path: Path) -> None:
    links = [link("python/bin/python", "python3.14"), link("python/lib/x", "../bin/python")]
    unpack(archive(*links, file("python/bin/python3.14")), tmp_path / "t", everything)

    assert (tmp_path / "t/bin/python").readlink() == Path("python3.14")
    assert (tmp_path / "t/lib/x").read_bytes() == b"content"


def test_a_hard_link_becomes_a_file_of_its_own(tmp_path: Path) -> None:
    content = archive(
        file("python/a", mode=0o755), (member("python/b", tarfile.LNKTYPE, "python/a", 0o755), b"")
    )
    unpack(content, tmp_path / "t", everything)

    assert (tmp_path / "t/b").read_bytes() == b"content"
    assert (tmp_path / "t/a").stat().st_nlink == 1


HOSTILE = {
    "absolute name": [file("/python/a")],
    "absolute name below the top": [file("python//a")],
    "parent": [file("python/../a")],
    "parent at the end": [file("python/a/..")],
    "another top folder": [file("other/a")],
    "beginning like the top folder": [file("python3/a")],
    "no folder": [file("a")],
    "the top folder is a file": [file("python")],
    "the top folder is a link": [link("python", "/etc"), file("python/a")],
    "absolute link": [link("python/a", "/etc/passwd")],
    "link out": [link("python/a", "../outside")],
    "link far out": [link("python/a/b", "../../../outside")],
    "link out through a link": [link("python/d/here", "../.."), link("python/x", "d/here/outside")],
    "link that is shorter than it looks": [
        link("python/a/b/c", "../.."),
        link("python/x", "a/b/c/../../../outside"),
        file("python/f"),
    ],
    "empty link": [link("python/a", "")],
    "file through a link": [link("python/d", "/tmp"), file("python/d/a")],
    "file through a link inside": [link("python/d", "e"), file("python/e/f"), file("python/d/a")],
    "hard link out": [link("python/a", "../outside", tarfile.LNKTYPE)],
    "hard link to what is absolute": [link("python/a", "/etc/passwd", tarfile.LNKTYPE)],
    "hard link to nothing": [link("python/a", "python/b", tarfile.LNKTYPE)],
    "hard link to a link": [
        link("python/l", "../outside"),
        link("python/a", "python/l", tarfile.LNKTYPE),
    ],
    "character device": [(member("python/null", tarfile.CHRTYPE), b"")],
    "block device": [(member("python/disk", tarfile.BLKTYPE), b"")],
    "pipe": [(member("python/pipe", tarfile.FIFOTYPE), b"")],
    "the same name twice": [file("python/a"), file("python/a")],
    "file and directory": [file("python/a"), file("python/a/b")],
    "directory and file": [file("python/a/b"), file("python/a")],
    "file and link": [file("python/a"), link("python/a", "b"), file("python/b")],
    "nothing": [],
    "only a folder": [(member("python", tarfile.DIRTYPE), b"")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_archive_is_refused_and_writes_nothing_outside(
    members: list[tuple[tarfile.TarInfo, bytes]], tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("untouched")
    (tmp_path / "in").mkdir()

    with pytest.raises(DownloadError, match="cannot be used"):
        unpack(archive(*members), tmp_path / "in/tree", everything)

    assert (tmp_path / "outside").read_text() == "untouched"
    assert {path.name for path in tmp_path.iterdir()} == {"outside", "in"}
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"tree"}


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_LIMITS", ArchiveLimits(size=10))
    with pytest.raises(DownloadError, match="more than"):
        unpack(archive(file("python/a"), file("python/b")), tmp_path / "t", everything)


def test_hard_links_count_as_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each becomes a file of its own: a few kilobytes could fill any disk."""
    monkeypatch.setattr(unpacking, "_LIMITS", ArchiveLimits(size=10_000))
    links = [link(f"python/{number}", "python/a", tarfile.LNKTYPE) for number in range(100)]
    with pytest.raises(DownloadError) as caught:
        unpack(archive(file("python/a", bytes(3_000)), *links), tmp_path / "t", everything)
    assert "more than" in caught.value.detail
    assert sum(path.stat().st_size for path in (tmp_path / "t").iterdir()) <= 10_000


def test_all_that_was_written_is_the_size(tmp_path: Path) -> None:
    """Hard links included; what is not wanted counts, and its links are not written."""
    made = archive(
        file("python/a", bytes(10)), link("python/b", "python/a", tarfile.LNKTYPE), file("python/c", bytes(5))
    )
    assert unpack(made, tmp_path / "t", lambda name: name != "c") == 25


def test_too_many_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "_LIMITS", ArchiveLimits(members=1))
    with pytest.raises(DownloadError, match="more than"):
        unpack(archive(file("python/a"), file("python/b")), tmp_path / "t", everything)


def test_a_size_that_is_a_lie_is_refused(tmp_path: Path) -> None:
    """A header may claim a terabyte: it must be refused by its claim, before anything is written."""
    info = member("python/a")
    info.size = 1 << 40
    content = io.BytesIO(gzip.compress(info.tobuf(tarfile.PAX_FORMAT), mtime=0))

    with pytest.raises(DownloadError, match="more than"):
        unpack(content, tmp_path / "t", everything)

    assert list((tmp_path / "t").iterdir()) == []


@pytest.mark.parametrize("length", [0, 1, 10, 100, 2500])
def test_a_truncated_archive_is_refused(length: int, tmp_path: Path) -> None:
    whole = archive(file("python/a", os.urandom(5000))).getvalue()

    with pytest.raises(DownloadError, match="damaged"):
        unpack(io.BytesIO(whole[:length]), tmp_path / "t", everything)


@pytest.mark.parametrize(
    "content", [b"<html></html>", b"\x1f\x8bnot gzip at all", gzip.compress(b"not tar", mtime=0)]
)
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="cannot be used"):
        unpack(io.BytesIO(content), tmp_path / "t", everything)


def test_an_archive_compressed_with_zstd_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    """Whoever adds a version to a catalogue of their own may take the wrong file of a release."""
    with pytest.raises(DownloadError) as caught:
        unpack(io.BytesIO(bytes.fromhex("28b52ffd") + bytes(100)), tmp_path / "t", everything)

    assert "compressed with zstd" in caught.value.detail
    assert "install_only" in caught.value.detail
    assert not (tmp_path / "t").exists()


def test_the_checksum_at_the_very_end_is_looked_at(tmp_path: Path) -> None:
    """Damage that can be unpacked shows nowhere else."""
    whole = archive(file("python/a")).getvalue()
    damaged = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    with pytest.raises(DownloadError) as caught:
        unpack(io.BytesIO(damaged), tmp_path / "t", everything)
    assert "CRC check failed" in caught.value.detail


def test_what_follows_the_end_is_refused(tmp_path: Path) -> None:
    """It may be endless."""
    more = gzip.compress(bytes(5 << 20))
    with pytest.raises(DownloadError) as caught:
        unpack(io.BytesIO(archive(file("python/a")).getvalue() + more), tmp_path / "t", everything)
    assert "something follows its end" in caught.value.detail


names = st.lists(st.sampled_from(["python", "..", ".", "", "a", "b", "/", "etc", "\u00e4"]), max_size=5).map(
    "/".join
)
kinds = st.sampled_from(
    [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
)
fuzzed = st.lists(
    st.tuples(names.map("python/{}".format) | names, kinds, names, st.binary(max_size=3)), max_size=6
)


@settings(deadline=None)
@given(fuzzed)
def test_no_archive_at_all_writes_outside(members: list[tuple[str, bytes, str, bytes]]) -> None:
    content = archive(
        *(
            (member(name or "x", kind, target), data if kind == tarfile.REGTYPE else b"")
            for name, kind, target, data in members
        )
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "outside").write_text("untouched")
        (folder / "in").mkdir()
        tree = folder / "in" / "tree"
        try:
            unpack(content, tree, everything)
        except DownloadError:
            pass
        else:
            for path in tree.rglob("*"):
                assert os.path.realpath(path).startswith(f"{os.path.realpath(tree)}")
                assert path.is_symlink() or stat.S_IMODE(path.stat().st_mode) in {0o644, 0o755, 0o700}
        assert {path.name for path in folder.iterdir()} == {"outside", "in"}
        assert {path.name for path in (folder / "in").iterdir()} <= {"tree"}
        assert (folder / "outside").read_text() == "untouched"
