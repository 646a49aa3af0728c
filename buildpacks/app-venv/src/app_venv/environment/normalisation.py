"""What installers leave in an environment that says nothing of what is installed: made the same for all.

Times, caches' notes and the templates of scripts differ between two runs, or two versions, of a tool. With
the same packages the environment has the same bits afterwards. Files are replaced, never written in place: an
installer may have linked them with those of its cache.
"""

from __future__ import annotations

import configparser
import csv
import io
import os
import re
import shutil
import stat
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from app_venv.environment.records import BYTECODE, bytecode_source, recorded_hash, recorded_hashes
from buildpack_common.files import beside, remove, write_atomically

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from app_venv.environment.installed import InstalledDistribution

_NOTES = ("uv_build.json", "uv_cache.json")
_REQUESTED = "REQUESTED"
# Poetry writes its version into the one, and that of its library into the other.
_INSTALLER, _POETRY = "INSTALLER", b"poetry"
_GENERATOR = re.compile(rb"^(Generator: poetry-core) \S+$", re.MULTILINE)
_GROUPS = ("console_scripts", "gui_scripts")
_REFERENCE = re.compile(r"(?P<module>[\w.]+)\s*:\s*(?P<object>[\w.]+)\s*(\[.*\])?")
# As pip writes them.
_SCRIPT = """\
import sys
from {module} import {first}
if __name__ == '__main__':
    sys.argv[0] = sys.argv[0].removesuffix('.exe')
    sys.exit({object}())
"""
_STARTED = (b"#!", b"\x7fELF")
_LONGEST = 127  # bytes of a first line that every Linux reads, as pip has it


def normalise_environment(
    venv: Path, distributions: Iterable[InstalledDistribution], direct: Collection[str] | None = None
) -> None:
    """Make it the same whatever has installed it, and when.

    ``direct`` are the names that were asked for; None if the installer has noted them rightly.
    """
    remove(venv / ".lock")
    for packages in venv.glob("lib/python*/site-packages"):
        _remove_empty(packages)
    for one in distributions:
        if one.directory is not None:
            _normalise(one.directory, venv, is_direct=None if direct is None else one.name in direct)


def normalise_shared_files(venv: Path, distributions: Iterable[InstalledDistribution]) -> None:
    """Let the permissions of a file that several distributions have recorded depend on the file alone.

    Wheels may differ in them, and which wheel has decided is chance: tools install several at once, or in an
    order that depends on all the others. Byte code has the permissions of its source. Raises OSError.
    """
    owners = Counter(name for one in distributions for name in recorded_hashes(venv, one))
    for name in (name for name, count in owners.items() if count > 1 and not name.startswith("../")):
        path = venv / name
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            is_started = name.startswith("bin/") or file.read(4).startswith(_STARTED)
        for one in (path, *path.parent.glob(f"{BYTECODE}/*.pyc")):
            if str(path) in (str(one), bytecode_source(str(one))):
                _set_mode(one, 0o755 if is_started else 0o644)


def _set_mode(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) != mode:
        with beside(path) as unfinished:
            shutil.copyfile(path, unfinished)
            unfinished.chmod(mode)


def _remove_empty(root: Path) -> None:
    """Remove empty directories below: uv alone makes those that a wheel has, and not from its kept cache."""
    for folder, _, names in os.walk(root, topdown=False):
        if not names and folder != str(root):
            with suppress(OSError):  # there are directories in it
                os.rmdir(folder)  # noqa: PTH106  (text: they are thousands)


def _normalise(directory: Path, venv: Path, *, is_direct: bool | None) -> None:
    """Correct the files of one distribution, and its RECORD (PEP 376, PEP 427)."""
    for name in (*_NOTES, *((_REQUESTED,) if is_direct is False else ())):
        remove(directory / name)
    written = dict(_scripts(directory, venv))
    if _content(directory / _INSTALLER).lower().startswith(_POETRY):
        written |= dict(_notes_of_poetry(directory))
    if is_direct:
        written[directory / _REQUESTED] = b""
    for path, content in written.items():
        mode = 0o755 if path.parent == venv / "bin" else 0o644
        write_atomically(path, content)
        path.chmod(mode)
    _rewrite_record(directory, written)


def _notes_of_poetry(directory: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield what names the version of Poetry, without it, and what it writes in an order of its own."""
    yield directory / _INSTALLER, _POETRY
    root = directory.parent
    recorded = [
        root / row[0] for row in csv.reader(io.StringIO(_content(directory / "RECORD").decode())) if row
    ]
    if any(path.name == "direct_url.json" for path in recorded):  # not made from a published wheel
        for path in recorded:
            if path.parent == root and path.suffix == ".pth":
                yield path, b"".join(sorted(_content(path).splitlines(keepends=True)))
        wheel = directory / "WHEEL"
        yield wheel, _GENERATOR.sub(rb"\1", _content(wheel))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _scripts(directory: Path, venv: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield the commands of the distribution's entry points that are there, with their text."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string((directory / "entry_points.txt").read_text("utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return
    for group in _GROUPS:
        for name, reference in parser.items(group) if parser.has_section(group) else ():
            path, found = venv / "bin" / name, _REFERENCE.fullmatch(reference.strip())
            if found and path.parent == venv / "bin" and os.path.lexists(path):
                first = found["object"].partition(".")[0]
                body = _SCRIPT.format(module=found["module"], first=first, object=found["object"])
                yield path, _first_lines(venv / "bin" / "python") + body.encode()


def _first_lines(python: Path) -> bytes:
    """Return what starts Python: a first line, or for a place that none can name a line of sh."""
    program = os.fsencode(python)
    simple = b"#!" + program + b"\n"
    if len(simple) <= _LONGEST and b" " not in program:
        return simple
    return b"#!/bin/sh\n'''exec' \"" + program + b'" "$0" "$@"\n' + b"' '''\n"


def _rewrite_record(directory: Path, written: dict[Path, bytes]) -> None:
    record = directory / "RECORD"
    try:
        found = [row for row in csv.reader(io.StringIO(record.read_text("utf-8"))) if row]
    except OSError:
        return
    root = directory.parent
    # Poetry records the project itself by absolute paths.
    names = [os.path.relpath(row[0], root) if os.path.isabs(row[0]) else row[0] for row in found]  # noqa: PTH117
    rows = {name: [name, *row[1:]] for name, row in zip(names, found, strict=True)}
    for path, content in written.items():
        name = os.path.relpath(path, root)
        rows[name] = [name, recorded_hash(content), str(len(content))]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(rows[name] for name in sorted(rows) if os.path.lexists(f"{root}/{name}"))
    write_atomically(record, text.getvalue().encode("utf-8"))
