"""Files that are nested without end are passed over, like any that no Python understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_start.inference.module import read_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.start_builds import App

MADE: dict[str, Callable[[int], str]] = {
    "elif": lambda depth: "if a:\n    pass\n" + "elif a:\n    pass\n" * depth,
    "attributes": lambda depth: "x = a" + ".a" * depth + "\n",
    "brackets": lambda depth: "x = " + "[" * depth + "]" * depth + "\n",
    "calls": lambda depth: "x = a" + "()" * depth + "\n",
    "operators": lambda depth: "x = " + "-" * depth + "1\n",
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
@pytest.mark.parametrize("depth", [400, 3_000, 100_000])
def test_what_is_too_deep_to_be_walked_through_is_no_module(
    tmp_path: Path, made: Callable[[int], str], depth: int
) -> None:
    """What the parser of one Python takes is too much for the walk, or for the parser of another."""
    path = tmp_path / "app.py"
    path.write_text(made(depth))
    assert read_module(path) is None
    path.write_text(made(50))
    assert read_module(path) is not None


def test_a_dockerfile_whose_command_is_nested_without_end(app: App) -> None:
    """Nothing is read off it, and nothing fails."""
    app.write({"Dockerfile": f"CMD {'[' * 60_000}{']' * 60_000}\n", "app.py": "print()\n"}).build()
    assert "Traceback" not in app.printed


def test_an_import_whose_name_is_longer_than_any_file(app: App) -> None:
    """No module has it, neither of the app nor of a package; nothing fails."""
    name = "a" * 5_000
    app.write({"src/site/app.py": f"from {name} import made\n\napp = made()\n"}).build()
    assert "Traceback" not in app.printed
