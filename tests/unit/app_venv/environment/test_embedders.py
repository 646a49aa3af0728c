"""What needs a shared libpython is named: another Python without one would not start it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.environment.embedders import linked_to_libpython
from support.elf_files import elf_file

if TYPE_CHECKING:
    from pathlib import Path


def test_programs_and_libraries_are_told_by_what_they_say(tmp_path: Path) -> None:
    program, library = tmp_path / "bin/uwsgi", tmp_path / "lib/python3.13/site-packages/m.cpython-313.so"
    for path in (program, library):
        path.parent.mkdir(parents=True, exist_ok=True)
    program.write_bytes(elf_file(needed=("libc.so.6", "libpython3.13.so.1.0")))
    library.write_bytes(elf_file(needed=("$ORIGIN/../lib/libpython3.13.so.1.0",)))
    library.with_name("plain.so").write_bytes(elf_file(needed=("libm.so.6",)))
    library.with_name("damaged.so").write_bytes(elf_file(needed=("libpython3.13.so.1.0",))[:90])
    library.with_name("script.so").write_text("INPUT(libpython3.13.so)")
    (tmp_path / "bin/tool").write_text("#!/bin/sh\n")
    (tmp_path / "bin/python").symlink_to(program)
    assert linked_to_libpython(tmp_path) == ("bin/uwsgi", "lib/python3.13/site-packages/m.cpython-313.so")
