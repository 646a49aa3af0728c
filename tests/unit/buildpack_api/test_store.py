from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.store import load_store, write_store

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_stored_comes_back(tmp_path: Path) -> None:
    metadata = {"python": "3.12", "nested": {"a": [1, 2]}}
    write_store(tmp_path, metadata)
    assert load_store(tmp_path) == metadata


@pytest.mark.parametrize("text", [None, "", "[metadata", "metadata = 1"])
def test_a_missing_or_broken_store_is_an_empty_one(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "store.toml").write_text(text)
    assert load_store(tmp_path) == {}
