"""One run at a time writes into a folder, and another says for what it waits."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import ExpectedError
from oci_registry.folders import locked, writing

if TYPE_CHECKING:
    from pathlib import Path


def test_another_run_is_waited_for_and_that_is_said(tmp_path: Path) -> None:
    """Somebody who sees nothing happen should know why."""
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    said: list[str] = []

    def report(line: str) -> None:
        said.append(line)
        os.close(other)  # the other run ends

    with locked(tmp_path, report):
        assert len(said) == 1
        assert "waiting for it to end" in said[0]
    with locked(tmp_path, said.append):
        assert len(said) == 1, "nobody else is there any more"


def test_a_fault_of_the_system_is_one_clear_error(tmp_path: Path) -> None:
    """With the file that it is about."""
    with pytest.raises(ExpectedError, match="no such file or directory") as caught, writing(tmp_path):
        (tmp_path / "none").read_bytes()
    assert caught.value.file == tmp_path / "none"
