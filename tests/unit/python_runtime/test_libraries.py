"""What is in the runtime: told by traces, by the interpreter, and by another one as far as that is proved."""

from __future__ import annotations

import json
import os
import pyexpat
import sqlite3
import ssl
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_runtime import libraries, traces
from python_runtime.libraries import Witness
from support.elf_files import elf_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_common.sbom_documents import Component

HOSTILE = {"PATH": os.defpath, "PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"}
SOURCE = "2026-05-05 10:34:17 c88b22011a54b4f6fbd149e9f8e4de77658ce58143a1af0e3785e4e6475127e9"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "cpython" / "bin").mkdir(parents=True)
    (tmp_path / "cpython" / "lib" / "python3.14" / "lib-dynload").mkdir(parents=True)
    return tmp_path / "cpython"


def named(found: Iterable[Component]) -> dict[str, str]:
    return {one.name: one.version for one in found}


def add(tree: Path, place: str, *texts: bytes) -> None:
    (tree / place).write_bytes(elf_file(content=b"\0" + b"\0".join(texts) + b"\0"))


def answering(tree: Path, script: str) -> Witness:
    program = tree.parent / "witness"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Witness(program)


def test_a_real_interpreter_tells_its_versions(tree: Path) -> None:
    libraries.record(tree, "3.14", Witness(Path(sys.executable)), HOSTILE)

    found = named(libraries.components(tree.parent))
    assert found["openssl"] == ssl.OPENSSL_VERSION.split()[1]
    assert found["sqlite"] == sqlite3.sqlite_version
    assert found["expat"] == pyexpat.EXPAT_VERSION.removeprefix("expat_")
    assert found.get("zlib", found.get("zlib-ng")) == zlib.ZLIB_RUNTIME_VERSION
    assert list(json.loads((tree.parent / libraries.FILE).read_text())) == sorted(found)


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (
            "printf 'openssl\\tOpenSSL 3.5.4 30 Sep 2025\\t\\nsqlite\\t3.50.4\\tx\\n'",
            {"openssl": "3.5.4", "sqlite": "3.50.4"},
        ),
        (
            "printf 'expat\\texpat_2.7.3\\t\\nsomething\\t1.0\\t\\nzlib\\tunknown\\t\\n\\n'",
            {"expat": "2.7.3"},
        ),
        ("printf 'sqlite\\t3.50.4\\t\\n'; exit 139", {}),
    ],
)
def test_only_what_is_known_and_understood_is_kept(script: str, found: dict[str, str], tree: Path) -> None:
    libraries.record(tree, "3.14", answering(tree, script), {"PATH": os.defpath})

    assert named(libraries.components(tree.parent)) == found


def test_traces_tell_without_anybody_to_ask(tree: Path) -> None:
    add(
        tree,
        "bin/python3.14",
        b"OpenSSL 3.5.7 9 Jun 2026",
        b"SQLite format 3",
        b"/ffiXXXXXX",
        b"ncurses 6.5.20240427",
    )
    add(tree, "lib/python3.14/lib-dynload/_dbm.so", b"Berkeley DB 6.0.19: (May 31, 2013)")
    (tree / "lib/python3.14/lib-dynload/_z.so").write_bytes(elf_file(["libz.so.1"]))

    untold = libraries.record(tree, "3.14", None, {})

    assert untold == ("sqlite",)
    assert named(libraries.components(tree.parent)) == {
        "berkeley-db": "6.0.19",
        "libffi": "",
        "ncurses": "6.5",
        "openssl": "3.5.7",
        "sqlite": "",
    }


def test_the_interpreter_tells_what_traces_do_not_and_the_more_exact_counts(tree: Path) -> None:
    add(tree, "bin/python3.14", b"SQLite format 3", b"tcl_pkgPath", b"8.6.12")
    script = "printf 'sqlite\\t3.53.1\\tother\\ntcl\\t8.6\\t8.6\\nreadline\\t8.2\\t\\n'"

    untold = libraries.record(tree, "3.14", answering(tree, script), {"PATH": os.defpath})

    assert untold == ()
    found = named(libraries.components(tree.parent))
    assert found == {"readline": "8.2", "sqlite": "3.53.1", "tcl": "8.6.12"}


def test_another_interpreter_is_believed_only_what_the_layers_programs_prove(tree: Path) -> None:
    """Archives of one release differ: 3.13.1 of 20241219 has zlib 1.2.13 for amd64 and 1.2.11 for arm64."""
    add(
        tree,
        "bin/python3.14",
        *(b"SQLite format 3", f"fts5: {SOURCE}".encode()),
        *(b"libmpdec: internal error in x", b"4.0.0"),
        b"Frame requires too much memory for decoding",
        *(b" inflate 1.2.11 Copyright 1995", b"1.2.13"),
    )
    lines = [
        f"sqlite\\t3.53.1\\t{SOURCE}",
        *("mpdecimal\\t4.0.0\\t4.0.0", "zstd\\t1.5.7\\t1.5.7"),
        *("zlib\\t1.2.13\\t1.2.13", "readline\\t8.2\\t8.2"),
    ]
    witness = answering(tree, "".join(f"printf '{line}\\n';" for line in lines))

    untold = libraries.record(tree, "3.14", Witness(witness.python, is_other=True), {"PATH": os.defpath})

    assert untold == ("zstd",)
    assert named(libraries.components(tree.parent)) == {
        "mpdecimal": "4.0.0",
        "sqlite": "3.53.1",
        "zlib": "1.2.11",
        "zstd": "",
    }


def test_two_versions_of_a_library_are_two_components(tree: Path) -> None:
    add(tree, "bin/python3.14", b" inflate 1.3.1 Copyright 1995")
    add(tree, "lib/libown.so.1", b" inflate 1.2.11 Copyright 1995")

    libraries.record(tree, "3.14", None, {})

    assert [one.purl for one in libraries.components(tree.parent)] == [
        "pkg:generic/zlib@1.2.11",
        "pkg:generic/zlib@1.3.1",
    ]


def test_shared_libraries_without_a_trace_are_named_after_their_files(tree: Path) -> None:
    for name in (
        "libcrypt.so.1",
        "libssl.so.3",
        "libtcl9itcl4.3.5.so",
        "libpython3.14.so.1.0",
        "not-a-lib.so",
    ):
        add(tree, f"lib/{name}")
    add(tree, "lib/libpanelw.so.6")

    libraries.record(tree, "3.14", None, {})

    found = {one.name: one for one in libraries.components(tree.parent)}
    assert {name: one.version for name, one in found.items()} == {
        "libcrypt": "",
        "libtcl9itcl": "4.3.5",
        "ncurses": "",
        "openssl": "",
    }
    assert found["libcrypt"].licence == ""


@pytest.mark.parametrize(
    ("name", "version", "licence", "text"),
    [
        ("berkeley-db", "6.0.19", "Sleepycat", ""),
        ("berkeley-db", "5.3.28", "Sleepycat", ""),
        ("berkeley-db", "6.0.20", "AGPL-3.0-only", ""),
        ("berkeley-db", "", "", ""),
        ("openssl", "3.0.15", "Apache-2.0", ""),
        ("openssl", "1.1.1q", "OpenSSL", ""),
        ("openssl", "", "Apache-2.0", ""),
        ("xz", "5.8.1", "0BSD", ""),
        ("xz", "5.2.12", "", "public domain up to 5.4, 0BSD from 5.6 on"),
        ("libedit", "", "BSD-3-Clause", ""),
        ("tk", "8.6.12", "TCL", ""),
    ],
)
def test_licences(name: str, version: str, licence: str, text: str, tmp_path: Path) -> None:
    (tmp_path / libraries.FILE).write_text(json.dumps({name: [version] if version else []}))
    (component,) = libraries.components(tmp_path)

    assert (component.licence, component.licence_text) == (licence, text)


def test_without_a_version_there_is_no_cpe_that_stands_for_all_of_them(tmp_path: Path) -> None:
    (tmp_path / libraries.FILE).write_text(json.dumps({"libffi": [], "bzip2": ["1.0.8"]}))
    bzip2, libffi = libraries.components(tmp_path)

    assert bzip2.cpe == "cpe:2.3:a:bzip:bzip2:1.0.8:*:*:*:*:*:*:*"
    assert (libffi.cpe, libffi.purl) == ("", "pkg:generic/libffi")


def test_every_library_that_is_looked_for_has_a_licence(tmp_path: Path) -> None:
    (tmp_path / libraries.FILE).write_text(json.dumps({name: ["6.0.19"] for name in traces.TRACES}))

    assert [one.name for one in libraries.components(tmp_path) if not one.licence] == []


def test_without_a_record_nothing_is_claimed(tmp_path: Path) -> None:
    assert libraries.components(tmp_path) == ()
