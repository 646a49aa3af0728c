from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release import errors
from buildpack_release.errors import CheckFailed, ExitCode, ReleaseError, shown_path

if TYPE_CHECKING:
    import pytest


def test_message_has_place_title_detail_and_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What, where, why and what to do about it, in this order."""
    monkeypatch.chdir(tmp_path)
    error = ReleaseError(
        "no pear", detail="It rained.\nA lot.", advice="Plant one.", file=tmp_path / "a/b.toml", line=7
    )
    assert str(error) == "a/b.toml:7: no pear\n  It rained.\n  A lot.\n  Plant one."
    assert str(ReleaseError("no pear")) == "no pear"


def test_exit_code_of_class_and_of_instance() -> None:
    """A class has its code, one instance may differ without changing the others."""
    assert ReleaseError("x", exit_code=ExitCode.NETWORK).exit_code is ExitCode.NETWORK
    assert ReleaseError("x").exit_code is ExitCode.FAILED
    assert CheckFailed("x").exit_code is ExitCode.CHECK


def test_every_exit_code_is_used_once() -> None:
    """Scripts tell faults apart by these numbers, so no two classes may share one."""
    classes = [
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, ReleaseError)
    ]
    codes = [one.exit_code for one in classes]
    assert len(set(codes)) == len(codes) > 5
    assert len({int(code) for code in ExitCode}) == len(ExitCode)


def test_paths_outside_the_current_directory_are_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`../../..` is hard to read."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shown_path(tmp_path / "there") == str(tmp_path / "there")


def test_a_name_that_is_not_utf8_can_be_printed(tmp_path: Path) -> None:
    """Such names come from the file system; printing them must not fail."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.toml"))
    shown_path(path).encode("utf-8")
    assert "\\udcff" in str(ReleaseError("x", file=path))
