"""Libraries are found by what they alone have in them: in those of this machine, and in made files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from python_runtime import traces
from support.elf_files import AARCH64, RELOCATABLE, elf_file

# Texts that are in CPython, or in what is linked to a library, whether or not that library is inside.
MENTIONS = (
    b"libedit readline.\0EditLine wrapper\0",
    b"in OpenSSL 3.0.0 and newer it returns\0OpenSSL \0",
    b"Parameterized byte string obtained from the terminfo database.\0ncurses \0",
    b"Too many filters - liblzma supports a maximum of %d\0",
    b"pyexpat.expat_CAPI\0expat_\0",
    b"Berkeley DB \0",
    b"Zstd error message: %s.\0",
    b"libmpdec_version__\0",
    b"_gdbm.open\0Tk\0tk_version\0tcl_version\0",
)
# Texts as they are in python-build-standalone's archives.
TEXTS = {
    "berkeley-db": (b"Berkeley DB 6.0.19: (May 31, 2013)\0", "6.0.19"),
    "bzip2": (
        b"\n\nbzip2/libbzip2: internal error number %d.\n\0 1.\0\x001.0\0\x001.0.8, 13-Jul-2019\0",
        "1.0.8",
    ),
    "expat": (b"pyexpat.expat_CAPI\0expat_2.8.1\0", "2.8.1"),
    "libedit": (b"Cannot read termcap database;\n\0", ""),
    "libffi": (b"/ffiXXXXXX\0", ""),
    "libuuid": (b"/var/lib/libuuid/clock.txt\0", ""),
    "libx11": (b"XKEYSYMDB\0", ""),
    "libxau": (b".Xauthority\0", ""),
    "libxcb": (b"XC-MISC\0", ""),
    "mpdecimal": (b"libmpdec: internal error in _mpd_base_ndivmod\0", ""),
    "ncurses": (b"ncurses 6.5.20240427\0", "6.5"),
    "openssl": (b"OpenSSL 3.0.0 and newer\0OpenSSL 3.5.7 9 Jun 2026\0", "3.5.7"),
    "sqlite": (b"SQLite format 3\0", ""),
    "tcl": (b"tcl_pkgPath\0\x008.6.12\0", "8.6.12"),
    "xz": (b"\xfd7zXZ\0\x005.8.1\0\x002.0.1\0", "5.8.1"),
    "zlib": (b" inflate 1.2.11 Copyright 1995-2017 Mark Adler \0", "1.2.11"),
    "zstd": (b"Frame requires too much memory for decoding\0", ""),
}


def found(content: bytes, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "program").write_bytes(elf_file(content=b"\0" + content))
    return traces.libraries_in(tmp_path / "program")


@pytest.mark.parametrize(("name", "text", "version"), [(name, *rest) for name, rest in TEXTS.items()])
def test_a_library_and_its_version(name: str, text: bytes, version: str, tmp_path: Path) -> None:
    assert found(text, tmp_path) == {name: version}


def test_all_at_once(tmp_path: Path) -> None:
    together = b"".join(text for text, _ in TEXTS.values()) + b"".join(MENTIONS)

    assert found(together, tmp_path) == {name: version for name, (_, version) in TEXTS.items()}


@pytest.mark.parametrize("text", MENTIONS)
def test_what_only_mentions_a_library_is_no_trace(text: bytes, tmp_path: Path) -> None:
    assert found(text, tmp_path) == {}


@pytest.mark.parametrize(
    "versions", [b"", b"\x005.8.1\0\x005.2.0\0", b"\x0015.8.1\0", b"\x005.8.1beta\0", b"\x005.8\0"]
)
def test_a_version_by_itself_counts_only_if_there_is_but_one(versions: bytes, tmp_path: Path) -> None:
    assert found(b"\xfd7zXZ\0" + versions, tmp_path) == {"xz": ""}


def test_the_libraries_of_a_running_python_are_found() -> None:
    """Whoever has built them: they are not python-build-standalone's. The interpreter knows what they are."""
    question = """
import bz2, ctypes, json, lzma, pyexpat, re, sqlite3, ssl, zlib
files = sorted(set(re.findall(r"(/.+)$", open("/proc/self/maps").read(), re.MULTILINE)))
print(json.dumps([files, ssl.OPENSSL_VERSION.split()[1], pyexpat.EXPAT_VERSION, zlib.ZLIB_RUNTIME_VERSION]))
"""
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "-c", question], capture_output=True, check=True
    ).stdout
    files, openssl, expat, zlib = json.loads(answer)

    found: dict[str, str] = {}
    for file in map(Path, files):
        if file.is_file():
            found.update(traces.libraries_in(file))

    assert found["openssl"] == openssl
    assert f"expat_{found['expat']}" == expat
    assert found.get("zlib", zlib) == zlib  # zlib-ng has no trace
    assert {"bzip2", "libffi", "sqlite", "xz"} <= found.keys()


@pytest.mark.parametrize(
    ("content", "text", "has"),
    [
        (b"\x004.0.0\0", "4.0.0", True),
        (b"v4.0.0\0", "4.0.0", True),
        (b"14.0.0\0", "4.0.0", False),
        (b"3.4.0.0\0", "4.0.0", False),
        (b"\x004.0.01\0", "4.0.0", False),
        (b"\x004.0.0-rc\0", "4.0.0", False),
        (b"fts5: 2026-05-05 10:34:17 c88b\0", "2026-05-05 10:34:17 c88b", True),
    ],
)
def test_a_text_is_the_whole_of_it(content: bytes, text: str, has: object, tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(elf_file(content=content))

    assert traces.has_text(tmp_path / "program", text) is has


def test_programs_are_what_can_be_loaded_and_is_not_in_packages(tmp_path: Path) -> None:
    for name in ("bin", "lib/python3.14/lib-dynload", "lib/python3.14/site-packages/x", "lib/site-packages"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin/python3.14").write_bytes(elf_file(machine=AARCH64))
    (tmp_path / "bin/python3").symlink_to("python3.14")
    (tmp_path / "bin/script").write_text("#!/bin/sh\n")
    (tmp_path / "lib/python3.14/x.o").write_bytes(elf_file(kind=RELOCATABLE))
    (tmp_path / "lib/python3.14/lib-dynload/_x.so").write_bytes(elf_file())
    (tmp_path / "lib/python3.14/site-packages/x/_x.so").write_bytes(elf_file())
    (tmp_path / "lib/site-packages/libx.so.1").write_bytes(elf_file())

    names = [str(path.relative_to(tmp_path)) for path in traces.programs(tmp_path, "3.14")]

    assert names == ["bin/python3.14", "lib/python3.14/lib-dynload/_x.so", "lib/site-packages/libx.so.1"]
