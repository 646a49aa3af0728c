"""libpython goes only where nothing needs it: both forms of archives, and whatever else may load it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_runtime.libpython import remove_if_unneeded
from support.elf_files import AARCH64, EXECUTABLE, RELOCATABLE, elf_file

if TYPE_CHECKING:
    from pathlib import Path

STDLIB = "lib/python3.14"
NAMES = {"libpython3.14.so", "libpython3.14.so.1.0", "libpython3.so"}
LIBC = ("libpthread.so.0", "libc.so.6")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The newer form: libpython is linked into the interpreter, and nothing else has its name."""
    tree = tmp_path / "cpython"
    for name in ("bin", f"{STDLIB}/lib-dynload", f"{STDLIB}/ctypes", f"{STDLIB}/site-packages/own"):
        (tree / name).mkdir(parents=True)
    (tree / "lib/pkgconfig").mkdir()
    for name in ("python-3.14.pc", "python-3.14-embed.pc"):
        (tree / "lib/pkgconfig" / name).write_text("Libs: -L${libdir}\n")
    (tree / "lib/pkgconfig/python3-embed.pc").symlink_to("python-3.14-embed.pc")
    interpreter = elf_file(
        LIBC, runpath="$ORIGIN/../lib", kind=EXECUTABLE, content=b"libpython3.14.a(main.o)"
    )
    (tree / "bin/python3.14").write_bytes(interpreter)
    (tree / "bin/python3.14-config").write_text("#!/bin/sh\necho -lpython3.14 libpython3.14.so\n")
    (tree / "lib/libpython3.14.so.1.0").write_bytes(elf_file(LIBC, content=b"libpython3.14.so.1.0"))
    (tree / "lib/libpython3.14.so").symlink_to("libpython3.14.so.1.0")
    (tree / "lib/libpython3.so").write_bytes(elf_file(["$ORIGIN/../lib/libpython3.14.so.1.0"]))
    (tree / STDLIB / "lib-dynload/_dbm.so").write_bytes(elf_file(LIBC))
    (tree / STDLIB / "ctypes/__init__.py").write_text("'cygwin: libpython%d.%d.dll'\n")
    (tree / STDLIB / "python.o").write_bytes(elf_file(kind=RELOCATABLE, content=b"libpython"))
    (tree / STDLIB / "site-packages/own/__init__.py").touch()
    return tree


def left(tree: Path) -> set[str]:
    return {path.name for path in (tree / "lib").iterdir()} - {"python3.14", "pkgconfig"}


@pytest.mark.parametrize("machine", [62, AARCH64])
def test_where_the_interpreter_has_it_inside_it_goes_with_all_its_names(tree: Path, machine: int) -> None:
    (tree / "bin/python3.14").write_bytes(elf_file(LIBC, kind=EXECUTABLE, machine=machine))

    assert remove_if_unneeded(tree, "3.14")
    assert left(tree) == set()
    assert [path.name for path in (tree / "lib/pkgconfig").iterdir()] == ["python-3.14.pc"]
    assert not remove_if_unneeded(tree, "3.14")


@pytest.mark.parametrize(
    "name",
    [
        "libpython3.14.so.1.0",
        "$ORIGIN/../lib/libpython3.14.so.1.0",
        "${ORIGIN}/../lib/libpython3.14.so.1.0",
        "/install/lib/libpython3.14.so.1.0",
        "libpython3.14t.so.1.0",
        "libpython3.so",
        "libpython3.14.so",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "bin/python3.14",
        "bin/python3.14-other",
        f"{STDLIB}/lib-dynload/_x.cpython-314-x86_64-linux-gnu.so",
        "lib/libembedding.so.2",
        "lib/mod/plain-name",
        f"{STDLIB}/site-packages/own/_x.abi3.so",
    ],
)
def test_whoever_is_linked_to_it_under_any_name_keeps_all_of_it(tree: Path, place: str, name: str) -> None:
    (tree / place).parent.mkdir(exist_ok=True)
    (tree / place).write_bytes(elf_file([name, *LIBC]))

    assert not remove_if_unneeded(tree, "3.14")
    assert left(tree) >= NAMES
    assert (tree / "lib/pkgconfig/python-3.14-embed.pc").exists()


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("lib/libloader.so", elf_file(LIBC, content=b"libpython3.14.so.1.0")),
        (f"{STDLIB}/site-packages/own/load.py", b"ctypes.CDLL('libpython3.14.so.1.0')\n"),
        ("bin/python3.14", b"#!/bin/sh\nexec something else\n"),
        ("bin/python3.14", b"\x7fELF\x01\x01" + bytes(100)),
        (f"{STDLIB}/lib-dynload/_x.so", b"\x7fELF"),
        (f"{STDLIB}/lib-dynload/_x.so", b"neither this nor that"),
        ("lib/libscript.so.1", b"INPUT ( -lsomething )"),
    ],
)
def test_when_in_doubt_it_stays(tree: Path, place: str, content: bytes) -> None:
    (tree / place).write_bytes(content)

    assert not remove_if_unneeded(tree, "3.14")
    assert left(tree) >= NAMES


def test_another_name_for_it_is_a_need(tree: Path) -> None:
    (tree / "lib/libembed.so").symlink_to("libpython3.14.so.1.0")

    assert not remove_if_unneeded(tree, "3.14")


def test_a_link_in_the_path_of_the_layer_changes_nothing(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)

    assert remove_if_unneeded(tmp_path / "link/cpython", "3.14")
