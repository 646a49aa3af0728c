from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api import toml
from buildpack_api.launch import Label, Launch, Process, Slice

if TYPE_CHECKING:
    from pathlib import Path


def test_the_document_has_the_keys_of_the_specification(tmp_path: Path) -> None:
    launch = Launch(
        processes=(
            Process("web", ("gunicorn", "app:app"), ("--workers", "2"), default=True, working_dir="/x"),
            Process("worker", ("python",)),
        ),
        labels=(Label("org.example", "é"),),
        slices=(Slice(("static/*",)),),
    )
    launch.write(tmp_path)
    assert toml.load(tmp_path / "launch.toml") == {
        "labels": [{"key": "org.example", "value": "é"}],
        "processes": [
            {
                "type": "web",
                "command": ["gunicorn", "app:app"],
                "args": ["--workers", "2"],
                "default": True,
                "working-dir": "/x",
            },
            {"type": "worker", "command": ["python"]},
        ],
        "slices": [{"paths": ["static/*"]}],
    }


def test_nothing_to_say_is_no_file_not_even_an_old_one(tmp_path: Path) -> None:
    Launch(processes=(Process("web", ("x",)),)).write(tmp_path)
    Launch().write(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [(), ("",)])
def test_a_process_needs_a_command(command: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no command"):
        Process("web", command)


def test_forbidden_types_are_refused_before_export_would() -> None:
    with pytest.raises(ValueError, match="process type"):
        Process("a b", ("x",))


def test_a_type_and_the_default_are_given_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        Launch(processes=(Process("web", ("x",)), Process("web", ("y",))))
    with pytest.raises(ValueError, match="default"):
        Launch(processes=(Process("a", ("x",), default=True), Process("b", ("y",), default=True)))
