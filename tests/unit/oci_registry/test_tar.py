from __future__ import annotations

import hashlib
import io
import locale
import os
import tarfile
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oci_registry.errors import ExpectedError
from oci_registry.tar import EPOCH, TarEntry, tree_entries, write_tar

NAMES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/"), min_size=1, max_size=60
).filter(lambda name: name not in {".", ".."} and len(name.encode()) < 250)


def archive(directory: Path, name: str = "/cnb/x", **options: tuple[str, ...]) -> bytes:
    """The bytes of a folder's archive."""
    out = io.BytesIO()
    write_tar(tree_entries(directory, name, **options), out.write)
    return out.getvalue()


def members(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data), format=tarfile.PAX_FORMAT) as content:
        return content.getmembers()


def write(path: Path, text: str = "", mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_entries_are_sorted_and_folders_come_first(tmp_path: Path) -> None:
    """The order that pack expects: lexical, each folder before its content."""
    for name in ("b/z", "b/a", "a", "b.txt", "c/d/e"):
        write(tmp_path / name)
    (tmp_path / "link").symlink_to("a")
    names = [member.name for member in members(archive(tmp_path))]
    assert names == [
        "/cnb/x", "/cnb/x/a", "/cnb/x/b", "/cnb/x/b/a", "/cnb/x/b/z", "/cnb/x/b.txt", "/cnb/x/c",
        "/cnb/x/c/d", "/cnb/x/c/d/e", "/cnb/x/link",
    ]  # fmt: skip


def test_owners_times_and_modes_are_fixed(tmp_path: Path) -> None:
    """Nothing of the machine shows but the executable bit."""
    write(tmp_path / "plain", "x", 0o600)
    write(tmp_path / "program", "x", 0o700)
    write(tmp_path / "bin/detect", "x", 0o600)
    (tmp_path / "link").symlink_to("plain")
    found = {
        Path(member.name).name: member for member in members(archive(tmp_path, programs=("bin/detect",)))
    }
    assert {member.mtime for member in found.values()} == {EPOCH}
    assert {(member.uid, member.gid, member.uname, member.gname) for member in found.values()} == {
        (0, 0, "", "")
    }
    assert {name: oct(found[name].mode) for name in ("x", "plain", "program", "detect")} == {
        "x": "0o755",
        "plain": "0o644",
        "program": "0o755",
        "detect": "0o755",
    }
    assert (found["link"].issym(), found["link"].linkname) == (True, "plain")


@settings(max_examples=30)
@given(files=st.dictionaries(NAMES, st.binary(max_size=2000), max_size=8), data=st.data())
def test_bytes_depend_on_names_contents_and_executable_bits_only(
    files: dict[str, bytes], data: st.DataObject
) -> None:
    """Not on the order of creation, file times, other mode bits, umask, or the place of the folder."""
    programs = data.draw(st.sets(st.sampled_from(sorted(files)))) if files else set()

    def made(order: list[str], umask: int, when: int) -> bytes:
        with tempfile.TemporaryDirectory(prefix="tar ü ") as folder:
            before = os.umask(umask)
            try:
                root = Path(folder) / "tree"
                root.mkdir()
                for name in order:
                    (root / name).write_bytes(files[name])
                    (root / name).chmod((0o755 if name in programs else 0o644) & ~umask | 0o400)
                    os.utime(root / name, (when, when))
            finally:
                os.umask(before)
            return archive(root)

    shuffled = data.draw(st.permutations(sorted(files)))
    assert made(sorted(files), 0o022, 0) == made(shuffled, 0o026, 1_700_000_000)


@given(name=NAMES, content=st.binary(max_size=3000))
def test_what_is_written_can_be_read_back(name: str, content: bytes) -> None:
    """Names with blanks, in any script; contents of any length."""
    out = io.BytesIO()
    write_tar([TarEntry("top"), TarEntry.content(f"top/{name}", content)], out.write)
    assert len(out.getvalue()) % 512 == 0
    with tarfile.open(fileobj=io.BytesIO(out.getvalue())) as archive_:
        file = archive_.extractfile(f"top/{name}")
        assert file is not None
        assert file.read() == content


@pytest.mark.parametrize("length", [90, 101, 160, 254, 256, 300])
def test_long_paths(tmp_path: Path, length: int) -> None:
    """Over 100 characters (USTAR's field) and over 255 (its prefix too)."""
    name = "/".join(["d" * 50] * (length // 51) + ["f" * (length % 51 or 1)])
    write(tmp_path / name, "content")
    found = members(archive(tmp_path, "r"))[-1]
    assert found.name == f"r/{name}"


@pytest.mark.parametrize("length", [*range(97, 105), *range(154, 160), *range(252, 260)])
def test_long_absolute_paths(length: int) -> None:
    """Of a file and of a folder: pack cannot read an archive in which a name has lost its first slash."""
    start = "/cnb/buildpacks/" + "d/" * (length // 2)
    name = f"{start[: length - 3]}_ff"
    out = io.BytesIO()
    write_tar([TarEntry(name), TarEntry.content(name, b"content")], out.write)
    assert [member.name for member in members(out.getvalue())] == [name, name]


def test_an_extended_header_only_where_it_is_needed(tmp_path: Path) -> None:
    """A plain name costs one block; a PAX header is for what USTAR cannot say."""
    write(tmp_path / "plain")
    assert b"PaxHeader" not in archive(tmp_path)
    write(tmp_path / "größe")
    assert b"path=/cnb/x/gr\xc3\xb6\xc3\x9fe\n" in archive(tmp_path)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/St_Johns"])
def test_locale_and_time_zone_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """The same digest everywhere; the digest itself is pinned, so that a change of format is noticed."""
    write(tmp_path / "a file", "ä")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "C")
        digest = hashlib.sha256(archive(tmp_path)).hexdigest()
    finally:
        locale.setlocale(locale.LC_ALL, before)
        monkeypatch.undo()
        time.tzset()
    assert digest == "5db81f851902849549f901eba87621cc6163a01510a01c7a20828a35ede9deef"


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Such a name cannot be written in a PAX header."""
    path = os.fsencode(tmp_path) + b"/\xff"
    with open(path, "wb"):  # noqa: PTH123  a path of bytes
        pass
    with pytest.raises(ExpectedError, match="not UTF-8"):
        archive(tmp_path)


def test_a_socket_or_pipe_is_refused(tmp_path: Path) -> None:
    """And not waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ExpectedError, match="pipe: only files"):
        archive(tmp_path)


def test_a_file_that_grows_meanwhile_is_noticed(tmp_path: Path) -> None:
    """The header has told its size already."""
    path = write(tmp_path / "log", "x" * 10)
    wrote = []

    def grow(block: bytes) -> None:
        wrote.append(block)
        with path.open("a") as file:
            file.write("more")

    with pytest.raises(ExpectedError, match="log: this file changed while it was packaged"):
        write_tar([TarEntry.file("log", path)], grow)
