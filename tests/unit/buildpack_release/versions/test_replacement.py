from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ConflictError, ReleaseError
from buildpack_release.versions.replacement import (
    JOURNAL,
    Replacement,
    finish,
    is_pending,
    pending,
    replace_all,
)
from support.versioned_repository import contents

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("one/a.toml", "one/b.md", "two/a.toml")


class KilledError(BaseException):
    """What a signal looks like: nothing catches it."""


@pytest.fixture
def replacements(tmp_path: Path) -> list[Replacement]:
    """Three files in two folders."""
    found = []
    for name in NAMES:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"old " + name.encode())
        found.append(Replacement(path, path.read_bytes(), b"new " + name.encode()))
    return found


NEW = {name: b"new " + name.encode() for name in NAMES}


@contextmanager
def killed_at(number: int, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Iterator[None]:
    """Let the rename with this number (from 0) fail; the first is that of the journal."""
    count = 0
    replace = Path.replace

    def fail_once(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == number + 1:
            raise error
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail_once)
        yield


def test_all_files_are_replaced(tmp_path: Path, replacements: list[Replacement]) -> None:
    """And nothing else is left behind."""
    assert replace_all(tmp_path, replacements) == tuple(one.path for one in replacements)
    assert contents(tmp_path) == NEW


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_modes_stay(tmp_path: Path, replacements: list[Replacement], umask: int) -> None:
    """Whatever the umask."""
    replacements[0].path.chmod(0o664)
    before = os.umask(umask)
    try:
        replace_all(tmp_path, replacements)
    finally:
        os.umask(before)
    assert replacements[0].path.stat().st_mode & 0o777 == 0o664


@pytest.mark.parametrize(
    "error", [KilledError(), OSError(28, "No space left on device"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("number", range(4))
def test_after_a_failure_anywhere_the_next_run_completes(
    tmp_path: Path,
    replacements: list[Replacement],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    error: BaseException,
) -> None:
    """Until the journal is there nothing has happened; from then on it will."""
    old = contents(tmp_path)
    with killed_at(number, monkeypatch, error), pytest.raises((type(error), ReleaseError)):
        replace_all(tmp_path, replacements)
    assert is_pending(tmp_path) is (number > 0)
    if number == 0:
        assert contents(tmp_path) == old
        replace_all(tmp_path, replacements)
    else:
        left = pending(tmp_path)
        assert [one.path for one in left] == [one.path for one in replacements[number - 1 :]]
        assert finish(tmp_path) == tuple(one.path for one in replacements)
    assert contents(tmp_path) == NEW
    assert finish(tmp_path) == ()


def test_a_process_that_dies_before_the_journal_has_done_nothing(
    tmp_path: Path, replacements: list[Replacement]
) -> None:
    """What it has written beside is overwritten, even where it leads elsewhere."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "one/.a.toml.bump").symlink_to(victim)
    (tmp_path / "one/.b.md.bump").write_text("half")
    replace_all(tmp_path, replacements)
    assert contents(tmp_path) == NEW | {"victim": b"mine"}


def test_what_cannot_be_written_beside_stops_everything(
    tmp_path: Path, replacements: list[Replacement]
) -> None:
    """Before the first file has changed; with one clear error."""
    (tmp_path / "two/.a.toml.bump").mkdir()
    old = contents(tmp_path)
    with pytest.raises(ReleaseError):
        replace_all(tmp_path, replacements)
    assert contents(tmp_path) == old


def test_a_file_that_changes_meanwhile_is_a_conflict(tmp_path: Path, replacements: list[Replacement]) -> None:
    """An editor may have saved it since it was read."""
    replacements[1].path.write_bytes(b"edited")
    old = contents(tmp_path)
    with pytest.raises(ConflictError, match="changed while"):
        replace_all(tmp_path, replacements)
    assert contents(tmp_path) == old


def test_an_edit_after_an_interruption_is_a_conflict(
    tmp_path: Path, replacements: list[Replacement], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be lost; nothing more is replaced, and undoing the edit is enough to go on."""
    with killed_at(2, monkeypatch, KilledError()), pytest.raises(KilledError):
        replace_all(tmp_path, replacements)
    replacements[2].path.write_bytes(b"edited")
    for attempt in (finish, pending):
        with pytest.raises(ConflictError, match="interrupted"):
            attempt(tmp_path)
    assert replacements[1].path.read_bytes() == replacements[1].old
    replacements[2].path.write_bytes(replacements[2].old)
    finish(tmp_path)
    assert contents(tmp_path) == NEW


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"replacements-1": 1}',
     json.dumps({"replacements-1": [{"path": "../x", "old": "", "new": ""}]}),
     json.dumps({"replacements-1": [{"path": "/x", "old": "", "new": ""}]})],
)  # fmt: skip
def test_a_journal_of_another_kind(tmp_path: Path, text: str) -> None:
    """Broken, of a later version, or leading out of the repository: not followed."""
    (tmp_path / JOURNAL).write_text(text)
    with pytest.raises(ReleaseError, match="cannot be read"):
        finish(tmp_path)


def test_one_run_at_a_time(tmp_path: Path, replacements: list[Replacement]) -> None:
    """The other is told."""
    lock = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        with pytest.raises(ConflictError, match="another run"):
            replace_all(tmp_path, replacements)
    finally:
        os.close(lock)
    replace_all(tmp_path, replacements)
