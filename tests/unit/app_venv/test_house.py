"""Inside the buildpack imports go one way: from what a build is made of down to what knows nothing of it."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import app_venv

SOURCE = Path(app_venv.__file__).parent
# From the lowest up. A module imports from lower floors, and from its own room.
FLOORS = (
    {"names", "program"},
    {"settings"},
    {"inputs", "environment", "failures"},
    {"evidence"},
    {"unchanged"},
    {"heavy"},
    {"installers"},
    {"after"},
    {"job"},
    {"build"},
)


def imported() -> dict[str, set[str]]:
    """Return the modules that each module imports, also inside functions and for types alone."""
    names = {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in SOURCE.rglob("*.py")
    }
    found = {}
    for name, path in names.items():
        nodes = [
            one for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.ImportFrom)
        ]
        modules = [(one.module or "").partition("app_venv.")[2] for one in nodes]
        found[name] = {module for module in modules if module}
    return found


def test_every_module_has_a_floor_and_imports_only_from_lower_ones() -> None:
    floors = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    for name, modules in imported().items():
        room = name.partition(".")[0]
        if room == "__init__":
            continue
        for module in modules:
            other = module.partition(".")[0]
            assert other == room or floors[other] < floors[room], f"{name} imports {module}"


def test_no_two_modules_import_each_other() -> None:
    assert list(TopologicalSorter(imported()).static_order())
