"""A wheel of the project leaves nothing in the app directory; an editable installation may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.litter import litter_removed
from app_venv.inputs.pinning import PinnedInputs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("arguments", "removed"),
    [
        ((".",), True),
        ((".[web]", "gunicorn"), True),
        (("--editable", "."), False),
        (("--requirement", "requirements.txt"), False),
    ],
)
def test_what_is_new_is_removed_after_a_copy(
    tmp_path: Path, arguments: tuple[str, ...], *, removed: bool
) -> None:
    for name in ("mine.egg-info", "src"):
        (tmp_path / name).mkdir()
    with litter_removed(tmp_path, PinnedInputs("", arguments, (), "")):
        for name in ("build", "src/a.egg-info", "docs"):
            (tmp_path / name).mkdir()
    assert {path.name for path in tmp_path.iterdir()} >= {"mine.egg-info", "docs", "src"}
    assert (tmp_path / "build").exists() is not removed
    assert (tmp_path / "src/a.egg-info").exists() is not removed


def test_it_is_removed_after_a_failure_as_well(tmp_path: Path) -> None:
    def fail() -> None:
        with litter_removed(tmp_path, PinnedInputs("", (".",), (), "")):
            (tmp_path / "build").mkdir()
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fail()
    assert not list(tmp_path.iterdir())
