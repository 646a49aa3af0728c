"""The libraries inside the runtime: OpenSSL, SQLite, zlib and others, told by traces and by the interpreter.

The archives have no list of them. Which are there, and most versions, is read out of the programs (`traces`);
the other versions only the interpreter knows. It is asked once, when the layer is made, and a small file in
the layer keeps what came out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from buildpack_api import commands
from buildpack_api.errors import CommandFailed
from buildpack_common.files import write_atomically
from buildpack_common.parsing import parse_json
from buildpack_common.sbom_documents import Component
from python_runtime import traces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FILE = "bundled-libraries.json"

# Each line of the answer: a name, the text that the module has for the version, and a text that this very
# version of the library has in it, for whoever asks about another program than the one that answers.
_QUESTION = r"""
import importlib

def ask(name, module, question, proof=None):
    try:
        found = importlib.import_module(module)
        answer = question(found)
        print(name, " ".join(str(answer).split()), proof(found) if proof else answer, sep="\t")
    except Exception:
        pass

def tcl(m):
    try:
        return m.create(None, "", "Tk", False, 1, False).call("info", "patchlevel")
    except m.TclError:  # its scripts are not here
        return m.TCL_VERSION

def source_of_sqlite(m):
    return m.connect(":memory:").execute("select sqlite_source_id()").fetchone()[0]

ask("openssl", "ssl", lambda m: m.OPENSSL_VERSION)
ask("sqlite", "sqlite3", lambda m: m.sqlite_version, source_of_sqlite)
ask("zlib-ng", "zlib", lambda m: m.ZLIBNG_VERSION)
ask("zlib", "zlib", lambda m: "" if getattr(m, "ZLIBNG_VERSION", "") else m.ZLIB_RUNTIME_VERSION)
ask("expat", "pyexpat", lambda m: m.EXPAT_VERSION)
ask("mpdecimal", "_decimal", lambda m: m.__libmpdec_version__)
ask("zstd", "_zstd", lambda m: m.zstd_version)
ask("ncurses", "_curses", lambda m: ".".join(map(str, m.ncurses_version[:2])))
ask("gdbm", "_gdbm", lambda m: ".".join(map(str, m._GDBM_VERSION)))
ask("readline", "readline", lambda m: "" if "libedit" in (m.__doc__ or "")
    or getattr(m, "backend", "") == "editline" else "%d.%d" % divmod(m._READLINE_RUNTIME_VERSION, 256))
ask("tcl", "_tkinter", tcl)
"""
_VERSION = re.compile(r"\d+(\.\d+)+[a-z]?")
_SHARED = re.compile(r"lib(?!python)(?P<name>.+?)-?(?P<version>\d+\.\d+\.\d+)?\.so(\.\d+)*")
_PARTS = {  # names of files that are parts of a library whose trace is in another file
    "ssl": "openssl",
    **dict.fromkeys(("ncurses", "ncursesw", "panel", "panelw", "form", "formw", "menu", "menuw"), "ncurses"),
}


@dataclass(frozen=True)
class _Project:
    """Licence (an SPDX expression, or one for each version) and vendor and product in the CPE dictionary."""

    licence: str | Callable[[str], str]
    cpe: str = ""
    licence_text: str = ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _of_berkeley_db(version: str) -> str:
    if not version:
        return ""
    return "Sleepycat" if _numbers(version) <= (6, 0, 19) else "AGPL-3.0-only"


def _of_openssl(version: str) -> str:
    return "OpenSSL" if version and _numbers(version) < (3,) else "Apache-2.0"


def _of_xz(version: str) -> str:
    return "0BSD" if _numbers(version) >= (5, 6) else ""


_PROJECTS = {
    "berkeley-db": _Project(_of_berkeley_db, "oracle:berkeley_db"),
    "bzip2": _Project("bzip2-1.0.6", "bzip:bzip2"),
    "expat": _Project("MIT", "libexpat_project:libexpat"),
    "gdbm": _Project("GPL-3.0-or-later", "gnu:gdbm"),
    "libedit": _Project("BSD-3-Clause"),
    "libffi": _Project("MIT", "libffi_project:libffi"),
    "libuuid": _Project("BSD-3-Clause"),
    "libx11": _Project("MIT AND X11", "x.org:libx11"),
    "libxau": _Project("MIT-open-group"),
    "libxcb": _Project("X11"),
    "mpdecimal": _Project("BSD-2-Clause", "bytereef:mpdecimal"),
    "ncurses": _Project("X11-distribute-modifications-variant", "gnu:ncurses"),
    "openssl": _Project(_of_openssl, "openssl:openssl"),
    "readline": _Project("GPL-3.0-or-later", "gnu:readline"),
    "sqlite": _Project("blessing", "sqlite:sqlite"),
    "tcl": _Project("TCL", "tcl:tcl"),
    "tk": _Project("TCL"),
    "xz": _Project(_of_xz, "tukaani:xz", "public domain up to 5.4, 0BSD from 5.6 on"),
    "zlib": _Project("Zlib", "zlib:zlib"),
    "zlib-ng": _Project("Zlib", "zlib-ng:zlib-ng"),
    "zstd": _Project("BSD-3-Clause", "facebook:zstandard"),
}
_TOLD = frozenset({"mpdecimal", "readline", "sqlite", "zlib-ng", "zstd"})
"""Whose version is nowhere but in the interpreter's answer."""


@dataclass(frozen=True)
class Witness:
    """An interpreter that can be asked here. ``is_other``: it is not the layer's, but of the same version."""

    python: Path
    is_other: bool = False


def record(tree: Path, line: str, witness: Witness | None, env: Mapping[str, str]) -> tuple[str, ...]:
    """Write FILE beside ``tree``; return the libraries whose versions are not known for want of a witness.

    What another interpreter says counts only for these, and if the layer's own programs prove it: of one
    release those for amd64 and arm64 may hold different versions of a library. Raises OSError.
    """
    found: dict[str, set[str]] = {}
    places: dict[str, list[Path]] = {}
    for program in traces.programs(tree, line):
        for name, version in (traces.libraries_in(program) or _by_name(program)).items():
            found.setdefault(name, set()).update([version] if version else [])
            places.setdefault(name, []).append(program)
    for name, version, proof in _answers(witness, env) if witness else ():
        is_other = witness is not None and witness.is_other
        if not is_other or (not found.get(name) and _is_proved(proof, places.get(name, []))):
            found.setdefault(name, set()).add(version)
    kept = {name: _most_precise(versions) for name, versions in sorted(found.items())}
    write_atomically(tree.parent / FILE, (json.dumps(kept, indent=2) + "\n").encode())
    return tuple(name for name in kept if name in _TOLD and not kept[name])


def components(layer: Path) -> tuple[Component, ...]:
    """Return what FILE says, nothing if there is none."""
    try:
        found = parse_json((layer / FILE).read_bytes())
    except FileNotFoundError:
        return ()
    return tuple(
        _component(name, version) for name, versions in sorted(found.items()) for version in versions or [""]
    )


def _by_name(file: Path) -> dict[str, str]:
    """Return the name and version that a shared library without a trace has in its file name."""
    match = _SHARED.fullmatch(file.name)
    if not match:
        return {}
    part = _PARTS.get(match["name"])
    return {part: ""} if part else {f"lib{match['name']}": match["version"] or ""}


def _answers(witness: Witness, env: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and proof of what an interpreter tells."""
    command: list[str | Path] = [witness.python, "-I", "-S", "-B", "-c", _QUESTION]
    try:
        answer = commands.capture(command, env=env, cwd=witness.python.parent)
    except CommandFailed:
        answer = ""  # a module that brings the process down tells nothing of the others
    for line in answer.splitlines():
        name, _, rest = line.partition("\t")
        text, _, proof = rest.partition("\t")
        version = _VERSION.search(text)
        if version and name in _PROJECTS:
            yield name, version[0], proof


def _is_proved(proof: str, places: list[Path]) -> bool:
    return bool(proof) and any(traces.has_text(place, proof) for place in places)


def _most_precise(versions: set[str]) -> list[str]:
    """Return the versions without those that another one says more exactly, as 8.6.12 does for 8.6."""
    return sorted(one for one in versions if not any(other.startswith(f"{one}.") for other in versions))


def _component(name: str, version: str) -> Component:
    project = _PROJECTS.get(name, _Project(""))
    licence = project.licence if isinstance(project.licence, str) else project.licence(version)
    purl = f"pkg:generic/{quote(name, safe='')}"
    return Component(
        name=name,
        version=version,
        purl=f"{purl}@{quote(version)}" if version else purl,
        licence=licence,
        licence_text="" if licence else project.licence_text,
        # Without a version it would stand for all of them, and bring every vulnerability there ever was.
        cpe=f"cpe:2.3:a:{project.cpe}:{version}:*:*:*:*:*:*:*" if project.cpe and version else "",
    )
