"""The libraries inside the runtime, as far as it knows them itself: OpenSSL, SQLite, zlib and others.

The archives have them linked into extension modules, and nothing else in them tells their versions. The new
interpreter is asked once, when the layer is made; a small file in the layer keeps the answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.errors import CommandFailed
from buildpack_api.files import write_atomically
from buildpack_api.sbom_documents import Component

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "bundled-libraries.json"

# Each line of the answer: a name and the text that the module has for the version.
_QUESTION = """
import importlib

def ask(name, module, question):
    try:
        answer = question(importlib.import_module(module))
    except Exception:
        return
    if answer:
        print(name, " ".join(str(answer).split()))

ask("openssl", "ssl", lambda m: m.OPENSSL_VERSION)
ask("sqlite", "sqlite3", lambda m: m.sqlite_version)
ask("zlib-ng", "zlib", lambda m: getattr(m, "ZLIBNG_VERSION", ""))
ask("zlib", "zlib", lambda m: "" if getattr(m, "ZLIBNG_VERSION", "") else m.ZLIB_RUNTIME_VERSION)
ask("expat", "pyexpat", lambda m: m.EXPAT_VERSION)
ask("mpdecimal", "_decimal", lambda m: m.__libmpdec_version__)
ask("zstd", "_zstd", lambda m: m.zstd_version)
ask("ncurses", "_curses", lambda m: ".".join(map(str, m.ncurses_version[:2])))
ask("readline", "readline", lambda m: "" if "libedit" in (m.__doc__ or "")
    or getattr(m, "backend", "") == "editline" else "%d.%d" % divmod(m._READLINE_RUNTIME_VERSION, 256))
ask("tcl", "_tkinter", lambda m: m.create(None, "", "Tk", False, 1, False).call("info", "patchlevel"))
"""
_VERSION = re.compile(r"\d+(\.\d+)+[a-z]?")


@dataclass(frozen=True)
class _Project:
    """Licence (SPDX) and vendor and product of a library in the CPE dictionary."""

    licence: str
    cpe: str


_PROJECTS = {
    "openssl": _Project("Apache-2.0", "openssl:openssl"),
    "sqlite": _Project("blessing", "sqlite:sqlite"),
    "zlib": _Project("Zlib", "zlib:zlib"),
    "zlib-ng": _Project("Zlib", "zlib-ng:zlib-ng"),
    "expat": _Project("MIT", "libexpat_project:libexpat"),
    "mpdecimal": _Project("BSD-2-Clause", "bytereef:mpdecimal"),
    "zstd": _Project("BSD-3-Clause", "facebook:zstandard"),
    "ncurses": _Project("X11-distribute-modifications-variant", "gnu:ncurses"),
    "readline": _Project("GPL-3.0-or-later", "gnu:readline"),
    "tcl": _Project("TCL", "tcl:tcl"),
}


def record(python: Path, layer: Path, env: Mapping[str, str]) -> None:
    """Ask ``python``, which must run on this machine, and write FILE into ``layer``. Raises OSError."""
    try:
        answer = commands.capture([python, "-I", "-S", "-B", "-c", _QUESTION], env=env, cwd=layer)
    except CommandFailed:
        answer = ""  # a module that brings the process down tells nothing of the others
    found = dict(_versions(answer))
    write_atomically(layer / FILE, (json.dumps(found, indent=2, sort_keys=True) + "\n").encode())


def components(layer: Path) -> tuple[Component, ...]:
    """Return what FILE says; nothing if the layer was made on a machine that cannot run it."""
    try:
        found = json.loads((layer / FILE).read_bytes())
    except FileNotFoundError:
        return ()
    return tuple(_component(name, str(version)) for name, version in sorted(found.items()))


def _versions(answer: str) -> Iterator[tuple[str, str]]:
    for line in answer.splitlines():
        name, _, text = line.partition(" ")
        version = _VERSION.search(text)
        if version and name in _PROJECTS:
            yield name, version[0]


def _component(name: str, version: str) -> Component:
    project = _PROJECTS[name]
    return Component(
        name=name,
        version=version,
        purl=f"pkg:generic/{name}@{version}",
        licence=project.licence,
        cpe=f"cpe:2.3:a:{project.cpe}:{version}:*:*:*:*:*:*:*",
    )
