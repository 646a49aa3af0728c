"""Edits as commands make them: shown first, written at once, completed after an interruption."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.errors import ConflictError
from buildpack_release.versions.edits import Edit, begin
from buildpack_release.versions.replacement import JOURNAL, Replacement, is_pending


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    for name in ("a", "b"):
        (tmp_path / name).write_text("old\n")
    changes = tuple(Replacement(tmp_path / name, b"old\n", b"new\n") for name in ("a", "b"))
    return Edit(tmp_path, changes, (), "")


def contents(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(root.iterdir())}


def test_the_diff_writes_nothing(edit: Edit) -> None:
    assert edit.diff().startswith("--- a/a\n+++ b/a\n@@ -1 +1 @@\n-old\n+new\n")
    assert contents(edit.root) == {"a": "old\n", "b": "old\n"}


def test_all_files_are_written(edit: Edit) -> None:
    assert edit.write() == (edit.root / "a", edit.root / "b")
    assert contents(edit.root) == {"a": "new\n", "b": "new\n"}


def test_an_edit_without_changes_touches_nothing(tmp_path: Path) -> None:
    assert Edit(tmp_path / "missing", (), (), "").write() == ()


def test_an_interrupted_edit_is_completed_first(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    """But not by a command that promises to write nothing."""
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target.name == "b":
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as context:
        context.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            edit.write()
    assert is_pending(edit.root)
    with pytest.raises(ConflictError, match="interrupted") as caught:
        begin(edit.root, dry_run=True, report=lambda _line: None)
    assert caught.value.file == edit.root / JOURNAL
    said: list[str] = []
    begin(edit.root, dry_run=False, report=said.append)
    assert (contents(edit.root), len(said)) == ({"a": "new\n", "b": "new\n"}, 1)
    begin(edit.root, dry_run=True, report=said.append)
    assert len(said) == 1
