"""The libraries a program needs, as the loader of this machine sees them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from buildpack_api.elf import NotElfError, is_loadable, is_program, needed_libraries
from support.elf_files import EXECUTABLE, PIE, RELOCATABLE, elf_file

SHELL = Path("/bin/sh").resolve()


def test_a_program_of_this_machine() -> None:
    found = needed_libraries(SHELL)

    assert any(name.startswith(("libc.so", "libc.musl")) for name in found)


def test_paths_and_names_in_their_order(tmp_path: Path) -> None:
    names = ("$ORIGIN/../lib/libpython3.13.so.1.0", "libc.so.6", "libdl.so.2")
    (tmp_path / "x").write_bytes(elf_file(names, runpath="$ORIGIN/../lib"))
    (tmp_path / "static").write_bytes(elf_file())

    assert needed_libraries(tmp_path / "x") == names
    assert needed_libraries(tmp_path / "static") == ()


@pytest.mark.parametrize(
    ("content", "loadable"),
    [
        (elf_file(), True),
        (elf_file(kind=RELOCATABLE), False),
        (b"\x7fELF\x01\x02" + bytes(10) + b"\x00\x01", False),
        (b"\x7fELF\x01\x02" + bytes(10) + b"\x00\x03", True),
        (b"\x7fELF", True),
        (b"#!/bin/sh\n", False),
        (b"", False),
    ],
)
def test_object_files_and_scripts_are_never_loaded(content: bytes, loadable: bool, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)

    assert is_loadable(tmp_path / "x") is loadable


@pytest.mark.parametrize(
    ("content", "program"),
    [
        (elf_file(), False),
        (elf_file(("libc.so.6",), flags_1=1), False),
        (elf_file(kind=EXECUTABLE), True),
        (elf_file(loader="/lib64/ld-linux-x86-64.so.2"), True),
        (elf_file(flags_1=PIE), True),
    ],
)
def test_programs_are_told_from_libraries(content: bytes, program: bool, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)

    assert is_program(tmp_path / "x") is program
    assert is_program(SHELL)


@pytest.mark.parametrize("program", [SHELL, *sorted(Path("/lib/x86_64-linux-gnu").glob("libs*.so.*"))[:10]])
def test_the_same_as_another_reader_of_such_files_says(program: Path) -> None:
    with program.open("rb") as file:
        dynamic = ELFFile(file).get_section_by_name(".dynamic")
        assert isinstance(dynamic, DynamicSection)
        # The attribute is made from the kind of the entry; its type does not know it.
        expected = [str(getattr(tag, "needed")) for tag in dynamic.iter_tags("DT_NEEDED")]  # noqa: B009

    assert list(needed_libraries(program)) == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x01\x01" + bytes(100), b"\x7fELF\x02\x02" + bytes(100)],
)
def test_what_is_no_such_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)

    with pytest.raises(NotElfError):
        needed_libraries(tmp_path / "x")


@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_crashes(data: st.DataObject) -> None:
    content = bytearray(SHELL.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, 1023))] = data.draw(st.integers(0, 255))
    with NamedTemporaryFile() as damaged, suppress(NotElfError):
        damaged.write(content[: data.draw(st.integers(0, len(content)))])
        damaged.flush()
        assert all(isinstance(name, str) for name in needed_libraries(Path(damaged.name)))
