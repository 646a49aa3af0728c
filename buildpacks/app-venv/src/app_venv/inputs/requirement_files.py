"""Requirements files with all that they include, and how far they pin the result."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from app_venv.inputs.pinning import Evidence, Pinning
from app_venv.inputs.requirement_lines import PlacedLine, RequirementLine, decode, expand, read_lines
from buildpack_api.errors import ConfigurationError
from buildpack_common.parsing import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_VCS = re.compile(r"(git|hg|svn|bzr)(\+|:)", re.IGNORECASE)
_DIRECT = re.compile(r"^[A-Za-z0-9._-]+\s*(\[[^\]]*\])?\s*@\s*(?P<url>\S+)")
_URL_HASH = r"#(.*&)?(sha256|sha384|sha512)=[0-9a-fA-F]{64,}"
_EXACT = re.compile(
    r"""[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*   # name and extras
        \(?\s*={2,3}\s*[^\s*,;()<>=~]+\s*\)?\s*        # one exact version
        (;.*)?""",
    re.VERBOSE | re.DOTALL,
)
_LOCK = re.compile(r"pylock\.([^.]+\.)?toml")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz")


def read_requirements(
    roots: Iterable[str],
    constraints: Iterable[str],
    app_dir: Path,
    variables: Mapping[str, str],
    found: Evidence,
) -> None:
    """Read the files ``roots``, relative to ``app_dir``, and the closure of what they include.

    ``constraints`` are named elsewhere (PIP_CONSTRAINT); those of a network limit only what is asked for
    anyway. Raises ConfigurationError if a root cannot be read; a file that is included and missing is left
    for pip to complain about.
    """
    reader = _Reader(app_dir, variables, found)
    for root in roots:
        check_readable(app_dir / root)
        reader.visit(root, constraint=False)
    for name in constraints:
        if not _is_url(name):
            reader.visit(name, constraint=True)


def weigh_made_lines(
    text: str, place: str, app_dir: Path, variables: Mapping[str, str], found: Evidence
) -> None:
    """Add the lines of a requirements file that was made of another one, which is ``place``."""
    found.add(place, expand(text, variables))
    for line in read_lines(text, variables):
        found.know(line.written, place, variables)
        found.lines.append(PlacedLine(place, app_dir, line))
        _weigh(line, place, app_dir, found)


def is_lock(name: str) -> bool:
    """Whether a file has a name of PEP 751: then it is no requirements file."""
    return _LOCK.fullmatch(name.rpartition("/")[2]) is not None


def check_readable(path: Path) -> None:
    """Raise ConfigurationError if a file that was named cannot be read."""
    try:
        path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"Cannot read {path}: {error.strerror}",
            detail="It names what to install into the virtual environment.",
            advice="Is it spelt exactly so, in the top directory of the app, committed, and not excluded "
            "from the upload (.gitignore, project.toml)? An app without dependencies has an empty one.",
        ) from error


@dataclass
class _Reader:
    """Reads files and what they include, each once."""

    app_dir: Path
    variables: Mapping[str, str]
    found: Evidence
    seen: set[tuple[str, bool]] = field(default_factory=set)
    depth: int = 0

    def visit(self, name: str, *, constraint: bool) -> None:
        """Read one file, given relative to the app directory, and what it includes."""
        path = os.path.normpath(self.app_dir / name)
        if (path, constraint) in self.seen:
            return
        self.seen.add((path, constraint))
        shown = os.path.relpath(path, self.app_dir) if not name.startswith("/") else path
        content = _read(Path(path))
        text = _text(content or b"", shown)
        self.found.add(shown, None if content is None else expand(text, self.variables))
        if is_lock(shown):
            self.found.know(text, shown)
            self.found.note(shown, shown, Pinning.OPEN, "is a lock file, which only pip reads here")
            return
        self.depth += 1
        if self.depth > DEEPEST:
            raise ConfigurationError(
                f"{shown}: requirements files include each other more than {DEEPEST} levels deep",
                advice="Put the requirements into fewer files.",
            )
        for line in read_lines(text, self.variables):
            self._line(line, shown, constraint=constraint)
        self.depth -= 1

    def _line(self, line: RequirementLine, file: str, *, constraint: bool) -> None:
        place = f"{file}:{line.number}"
        self.found.know(line.written, place, self.variables)
        folder = (self.app_dir / file).parent
        self.found.lines.append(PlacedLine(place, folder, line, constraint))
        for name in line.includes:
            self._include(name, file, place, constraint=constraint)
        for name in line.constraints:
            self._include(name, file, place, constraint=True)
        if line.hashes_optional:
            self.found.note(place, "--no-require-hashes", Pinning.OPEN, "lets in what has no hash")
        if not constraint:
            _weigh(line, place, self.app_dir, self.found)

    def _include(self, name: str, file: str, place: str, *, constraint: bool) -> None:
        if not _is_url(name):
            self.visit(str(Path(file).parent / name), constraint=constraint)
        elif not constraint:
            self.found.note(place, name, Pinning.OPEN, "is a requirements file somewhere else")


def _weigh(line: RequirementLine, place: str, app_dir: Path, found: Evidence) -> None:
    """Note what a line asks for."""
    if not line.understood:
        found.note(place, line.text, Pinning.UNPROVABLE, "has options that are not known")
    elif line.editables:
        found.note(place, line.editables[0], Pinning.UNPROVABLE, "is an editable installation")
    elif line.requirement:
        found.note(place, line.requirement, *classify(line, app_dir), hashes=line.hashes)


def classify(line: RequirementLine, app_dir: Path) -> tuple[Pinning, str]:
    """Return how far a requirement determines what is installed, and why not further."""
    text = line.requirement
    direct = _DIRECT.match(text)
    target = direct["url"] if direct else text.partition(";")[0].strip()
    if _VCS.match(target):
        return Pinning.UNPROVABLE, "comes from a version control system"
    if direct or _is_url(target) or _is_path(target):
        return _classify_direct(line, target, app_dir)
    if not _EXACT.fullmatch(text):
        return Pinning.OPEN, "has no exact version"
    return (Pinning.LOCKED, "") if line.hashes else (Pinning.OPEN, "has no hash")


def _classify_direct(line: RequirementLine, target: str, app_dir: Path) -> tuple[Pinning, str]:
    local = target.startswith("file:") or not _is_url(target)
    path = target.partition("[")[0].partition("#")[0]
    if target.startswith("file:"):
        path = unquote(path.removeprefix("file:").removeprefix("//"))
    if local and _is_dir(app_dir / path):
        return Pinning.UNPROVABLE, "is a local directory"
    if line.hashes or re.search(_URL_HASH, target):
        return Pinning.LOCKED, ""
    if local:
        return Pinning.OPEN, "is a local file without a hash"  # pip's report names the one it has now
    return Pinning.UNPROVABLE, "is an address without a hash"


def _is_url(text: str) -> bool:
    found = _SCHEME.match(text)
    return found is not None and found["scheme"].lower() in ("http", "https", "file", "ftp")


def _is_path(text: str) -> bool:
    """Pip's rule: a separator, a leading dot, or the name of an archive."""
    return "/" in text or text.startswith(".") or text.partition("[")[0].lower().endswith(_ARCHIVES)


def _is_dir(path: Path) -> bool:
    """Tell whether a directory is there; no path at all, because of a NUL or its length, leads to none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _text(content: bytes, file: str) -> str:
    """Decode a file. Raises ConfigurationError for what pip cannot read, which it says in a traceback."""
    text = decode(content)
    strange = re.search("[\udc80-\udcff]|\\A.?\0", text)
    if strange is None:
        return text
    line = text.count("\n", 0, strange.start()) + 1
    what = "UTF-16 without its mark" if "\0" in strange[0] else "not UTF-8"
    raise ConfigurationError(
        f"{file} is {what} (line {line})",
        detail="pip cannot read it.",
        advice="Save it as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-",
    )


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (OSError, ValueError):  # what has a NUL in it is no path
        return None
