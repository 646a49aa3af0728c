"""Replacing several files as one step: all of them, or, after an interruption, all of them at the next run.

New contents are first written beside the old ones. Then a journal in the repository's root says that they are
complete, which decides the matter: before it, nothing has happened; after it, the renames are done now or by
whoever comes next.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from buildpack_common.files import file_sha256
from buildpack_common.parsing import parse_json
from buildpack_release.errors import ConflictError, ReleaseError, shown_path
from oci_registry.folders import writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

JOURNAL = ".version-bump.json"
_SCHEMA = "replacements-1"


@dataclass(frozen=True)
class Replacement:
    """A file below the root with the content it has and the one it gets."""

    path: Path
    old: bytes
    new: bytes


@dataclass(frozen=True)
class _Step:
    """A line of the journal: digests of the contents before and after."""

    path: Path
    old: str
    new: str

    @property
    def staged(self) -> Path:
        return _staged(self.path)


def is_pending(root: Path) -> bool:
    """Whether an interrupted run has left replacements to be made."""
    return (root / JOURNAL).exists()


def replace_all(root: Path, replacements: Sequence[Replacement]) -> tuple[Path, ...]:
    """Replace files, each atomically, and return their paths.

    Raises:
        ConflictError: a file has changed since it was read, or another run is replacing files.
        ReleaseError: a file or folder cannot be written to. If nothing is pending then, nothing has changed.
    """
    with writing(root), _locked(root):
        if is_pending(root):
            raise ConflictError("another run has been interrupted meanwhile", file=root / JOURNAL)
        for one in replacements:
            if one.path.read_bytes() != one.old:
                raise ConflictError("this file has changed while it was worked on", file=one.path)
        try:
            for one in replacements:
                _write_beside(one.path, one.new)
            _write_journal(root, replacements)
        except BaseException:
            for one in replacements:
                with suppress(OSError):
                    _staged(one.path).unlink()
            raise
        return _finish(root)


def finish(root: Path) -> tuple[Path, ...]:
    """Make the replacements that an interrupted run has left, and return the files of that run; none if none.

    Raises ConflictError, and changes nothing, when one of the files has been edited since.
    """
    with writing(root), _locked(root):
        return _finish(root) if is_pending(root) else ()


def pending(root: Path) -> tuple[Replacement, ...]:
    """Return the replacements that an interrupted run has left, and make none. Raises as finish() does."""
    return tuple(
        Replacement(step.path, step.path.read_bytes(), step.staged.read_bytes())
        for step in _unfinished(_read_journal(root))
    )


def _finish(root: Path) -> tuple[Path, ...]:
    steps = _read_journal(root)
    for step in _unfinished(steps):
        step.staged.replace(step.path)
    for step in steps:
        step.staged.unlink(missing_ok=True)
    (root / JOURNAL).unlink()
    return tuple(step.path for step in steps)


def _unfinished(steps: Sequence[_Step]) -> list[_Step]:
    """Return the steps that are still to be taken, all of them possible."""
    left = []
    for step in steps:
        found = _digest(step.path)
        if found == step.new:
            continue
        if found != step.old or _digest(step.staged) != step.new:
            raise ConflictError(
                "this file has changed since a run that edited it was interrupted",
                detail=f"What that run would write is in {shown_path(step.staged)}.",
                advice=f"Undo the change and run it again; or delete {JOURNAL} and put back all files.",
                file=step.path,
            )
        left.append(step)
    return left


def _write_journal(root: Path, replacements: Sequence[Replacement]) -> None:
    files = [
        {
            "path": one.path.relative_to(root).as_posix(),
            "old": hashlib.sha256(one.old).hexdigest(),
            "new": hashlib.sha256(one.new).hexdigest(),
        }
        for one in replacements
    ]
    path = root / JOURNAL
    staged = _staged(path)
    try:
        staged.write_text(json.dumps({_SCHEMA: files}, indent=2) + "\n", "utf-8")
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)


def _read_journal(root: Path) -> list[_Step]:
    path = root / JOURNAL
    try:
        data = parse_json(path.read_text("utf-8"))
        return [_step(root, one) for one in data[_SCHEMA]]
    except (ValueError, KeyError, TypeError):
        raise ReleaseError(
            "this journal of an interrupted edit cannot be read",
            advice="Delete it, and put back the files that were edited.",
            file=path,
        ) from None


def _step(root: Path, data: dict[str, str]) -> _Step:
    path = PurePosixPath(data["path"])
    if path.is_absolute() or ".." in path.parts:
        raise ValueError
    return _Step(root / path, data["old"], data["new"])


def _write_beside(path: Path, content: bytes) -> None:
    staged = _staged(path)
    staged.unlink(missing_ok=True)
    # Never through a link that somebody has put there, and readable by whoever may read the original.
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(descriptor, stat.S_IMODE(path.stat().st_mode))


def _staged(path: Path) -> Path:
    return path.with_name(f".{path.name.removeprefix('.')}.bump")


def _digest(path: Path) -> str:
    try:
        return file_sha256(path)
    except FileNotFoundError:
        return ""


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the lock of the root folder itself, so that nothing has to be left behind for it."""
    lock = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError("another run is editing files here", file=root) from None
        yield
    finally:
        os.close(lock)
