"""Pipfile.lock: its Python counts where no other file lists what the app needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import ConfigurationError
from python_runtime.versions import pipfile_lock

if TYPE_CHECKING:
    from pathlib import Path


def write(app: Path, requires: object) -> None:
    (app / "Pipfile.lock").write_text(json.dumps({"_meta": {"requires": requires}, "default": {}}))


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ({"python_version": "3.12"}, [("Pipfile.lock (python_version)", "3.12")]),
        (
            {"python_version": "3.12", "python_full_version": "3.12.1"},
            [("Pipfile.lock (python_full_version)", "3.12.1")],
        ),
        ({"python_version": "*"}, []),
        ({}, []),
        ([], []),
        (None, []),
    ],
)
def test_the_narrower_key_counts(tmp_path: Path, requires: object, expected: list[tuple[str, str]]) -> None:
    write(tmp_path, requires)
    assert [(one.source, one.pinned) for one in pipfile_lock.read(tmp_path)] == expected


@pytest.mark.parametrize(
    ("files", "counts"),
    [
        ([], True),
        (["Pipfile", "pyproject.toml"], True),
        (["requirements.txt"], False),
        (["pylock.web.toml"], False),
        (["pdm.lock"], False),
    ],
)
def test_beside_another_list_of_requirements_it_says_nothing(
    tmp_path: Path, files: list[str], *, counts: bool
) -> None:
    write(tmp_path, {"python_version": "3.11"})
    for name in files:
        (tmp_path / name).touch()
    assert bool(list(pipfile_lock.read(tmp_path))) is counts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"_meta": {"requires": {"python_version": "three"}}}',
            "Pipfile.lock (python_version) is not a version",
        ),
        ("{", "Pipfile.lock is not JSON"),
        ("[" * 100_000, "Pipfile.lock is not JSON"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "Pipfile.lock").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        list(pipfile_lock.read(tmp_path))
    assert caught.value.title == said
    assert "pipenv lock" in caught.value.advice
