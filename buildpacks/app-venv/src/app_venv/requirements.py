"""What the app requires: requirements files with all that they include, and how far they pin the result."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.requirement_lines import Line, decode, expand, read_lines
from buildpack_api.errors import ConfigurationError
from buildpack_api.redact import hide_credentials, redact, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_VCS = re.compile(r"(git|hg|svn|bzr)(\+|:)", re.IGNORECASE)
_DIRECT = re.compile(r"^[A-Za-z0-9._-]+\s*(\[[^\]]*\])?\s*@\s*(?P<url>\S+)")
_URL_HASH = re.compile(r"#(.*&)?(sha256|sha384|sha512)=[0-9a-fA-F]{64,}")
_EXACT = re.compile(
    r"""[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*   # name and extras
        \(?\s*={2,3}\s*[^\s*,;()<>=~]+\s*\)?\s*        # one exact version
        (;.*)?""",
    re.VERBOSE | re.DOTALL,
)
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz")
_LOCK_FILE = re.compile(r"pylock\.([^.]+\.)?toml")
_SHOWN = 60


class Pinning(Enum):
    """How much of the result a line determines."""

    LOCKED = "locked"
    """Exact version and hash: what is installed is these bytes or nothing."""
    OPEN = "open"
    """An index decides, so it has to be asked."""
    UNPROVABLE = "unprovable"
    """Source code or a file that can change unseen: only a new installation is right."""


@dataclass(frozen=True)
class Requirement:
    """A line that installs something. ``place`` is ``file:line``, ``text`` short and without credentials."""

    place: str
    text: str
    pinning: Pinning
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.place} ({self.text}) {self.reason}"


@dataclass(frozen=True)
class Requirements:
    """The closure of ``-r`` and ``-c``. ``files`` are its names in reading order.

    ``digest`` (SHA-256) covers names and contents, with ``${VARIABLES}`` replaced and without credentials in
    URLs.
    """

    roots: tuple[str, ...]
    files: tuple[str, ...]
    digest: str
    lines: tuple[Requirement, ...]

    @property
    def unprovable(self) -> tuple[Requirement, ...]:
        """The lines for which no restored environment can be proved right."""
        return tuple(line for line in self.lines if line.pinning is Pinning.UNPROVABLE)

    @property
    def locked(self) -> bool:
        """Whether the files alone determine every installed byte."""
        return all(line.pinning is Pinning.LOCKED for line in self.lines)


def read_requirements(
    roots: Sequence[str],
    app_dir: Path,
    variables: Mapping[str, str],
    *,
    constraints: Iterable[str] = (),
) -> Requirements:
    """Read the files ``roots``, relative to ``app_dir``, and the closure of what they include.

    ``constraints`` are named elsewhere (PIP_CONSTRAINT). Raises ConfigurationError if a root cannot be read;
    a file that is included and missing is left for pip to complain about.
    """
    for root in roots:
        _check_root(app_dir / root)
    reader = _Reader(app_dir, variables)
    for root in roots:
        reader.visit(root, constraint=False)
    for name in constraints:
        reader.visit(name, constraint=True)
    return Requirements(
        tuple(roots), tuple(reader.files), reader.sha256.hexdigest(), tuple(reader.requirements)
    )


def _check_root(path: Path) -> None:
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
    app_dir: Path
    variables: Mapping[str, str]
    files: list[str] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)
    seen: set[tuple[str, bool]] = field(default_factory=set)

    def visit(self, name: str, *, constraint: bool) -> None:
        """Read one file, given relative to the app directory, and what it includes."""
        path = os.path.normpath(self.app_dir / name)
        if (path, constraint) in self.seen:
            return
        self.seen.add((path, constraint))
        shown = os.path.relpath(path, self.app_dir) if not name.startswith("/") else path
        self.files.append(shown)
        content = _read(Path(path))
        text = decode(content or b"")
        expanded = expand(text, self.variables)
        hide_credentials(expanded)
        self._add_to_digest(shown, without_credentials(expanded), missing=content is None)
        if _LOCK_FILE.fullmatch(Path(path).name):
            self._note(f"{shown}:1", shown, Pinning.OPEN, "is a lock file, which only pip reads")
            return
        for line in read_lines(text, self.variables):
            self._line(line, shown, constraint=constraint)

    def _line(self, line: Line, file: str, *, constraint: bool) -> None:
        place = f"{file}:{line.number}"
        for name in line.includes:
            self._include(name, file, place, constraint=constraint)
        for name in line.constraints:
            self._include(name, file, place, constraint=True)
        if constraint:
            return
        if not line.understood:
            self._note(place, line.text, Pinning.UNPROVABLE, "has options that are not known")
        elif line.editables:
            self._note(place, line.editables[0], Pinning.UNPROVABLE, "is an editable installation")
        elif line.requirement:
            self._note(place, line.requirement, *classify(line, self.app_dir))

    def _include(self, name: str, file: str, place: str, *, constraint: bool) -> None:
        if not _is_url(name):
            self.visit(str(Path(file).parent / name), constraint=constraint)
        elif not constraint:
            self._note(place, name, Pinning.OPEN, "is a requirements file somewhere else")

    def _note(self, place: str, text: str, pinning: Pinning, reason: str) -> None:
        shown = redact(text)
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        self.requirements.append(Requirement(place, shown, pinning, reason))

    def _add_to_digest(self, name: str, text: str, *, missing: bool) -> None:
        content = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
        state = b"missing" if missing else content.hexdigest().encode()
        self.sha256.update(os.fsencode(name) + b"\0" + state + b"\0")


def classify(line: Line, app_dir: Path) -> tuple[Pinning, str]:
    """Say how far a requirement determines what is installed, and why not further."""
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


def _classify_direct(line: Line, target: str, app_dir: Path) -> tuple[Pinning, str]:
    local = target.startswith("file:") or not _is_url(target)
    if local and (app_dir / target.partition("[")[0].removeprefix("file:").removeprefix("//")).is_dir():
        return Pinning.UNPROVABLE, "is a local directory"
    if line.hashes or _URL_HASH.search(target):
        return Pinning.LOCKED, ""
    return Pinning.UNPROVABLE, "is a local file without a hash" if local else "is an address without a hash"


def _is_url(text: str) -> bool:
    found = _SCHEME.match(text)
    return found is not None and found["scheme"].lower() in ("http", "https", "file", "ftp")


def _is_path(text: str) -> bool:
    """Pip's rule: a separator, a leading dot, or the name of an archive."""
    return "/" in text or text.startswith(".") or text.partition("[")[0].lower().endswith(_ARCHIVES)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
