from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError
from buildpack_release.runtimes.archive_version import ArchiveVersion, read_version
from support.elf_files import AARCH64, elf_file
from support.python_archives import pack

if TYPE_CHECKING:
    from pathlib import Path

FOUND = ArchiveVersion("3.14", 10)
MARK = b"\0x 3.14.10\0" + b"3.14.10\0" + b"OpenSSL 3.5.7\0" + b"13.14.11\0"


@pytest.mark.parametrize("name", ["bin/python3.14", "lib/libpython3.14.so.1.0"])
def test_it_stands_in_the_interpreter_or_in_its_library(tmp_path: Path, name: str) -> None:
    """For whatever processor they are."""
    files = {"bin/python3.14": elf_file(machine=AARCH64), "lib/libpython3.14.so.1.0": elf_file(), "x": b""}
    files[name] = elf_file(content=MARK, machine=AARCH64)
    assert read_version(pack(tmp_path / "a.tar.gz", files, {"bin/python3": "python3.14"})) == FOUND
    assert FOUND.text == "3.14.10"


@pytest.mark.parametrize(
    "content", [b"", b"3.14.0rc2\0", b"3.14.2+\0", b"3.14.2\x003.14.3\0", b"3.13.2\0", b"3.14.2 "]
)
def test_what_is_not_certain_is_not_told(tmp_path: Path, content: bytes) -> None:
    """A pre-release, a build of unreleased code, two versions, another line's."""
    files = {"bin/python3.14": content, "lib/python3.14/x.py": b"3.14.2\0"}
    assert read_version(pack(tmp_path / "a.tar.gz", files)) is None


def test_what_is_no_archive(tmp_path: Path) -> None:
    whole = pack(tmp_path / "whole", {"bin/python3.14": MARK * 1000}).read_bytes()
    for data in (b"text", b"", whole[:50]):
        (tmp_path / "a").write_bytes(data)
        with pytest.raises(ReleaseError, match="not a whole"):
            read_version(tmp_path / "a")
