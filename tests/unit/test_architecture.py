"""ARCHITECTURE.md is read by those who look for a place: it must not lead them astray."""

from __future__ import annotations

import re

from unit.test_imports import FLOORS, ROOT, modules

PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def test_the_floors_are_those_that_imports_keep_to() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \|", PAGE, re.MULTILINE)
    floors = {int(number): set(re.findall(r"`(\w+)`", rooms)) for number, rooms in rows}
    assert floors == dict(enumerate(FLOORS))


def test_every_module_that_is_named_exists() -> None:
    """Written in full, or from the room on."""
    known = {*modules(), *(name.removeprefix("buildpack_release.") for name in modules())}
    named = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", PAGE)) - {
        "builder.toml",
        "buildpack.toml",
        "plan.toml",
        "tasks.py",
    }
    assert len(named) > 25
    assert named <= known


def test_every_file_that_is_named_exists() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / link).exists(), link
    for path in re.findall(r"`((?:packages|buildpacks|findings|tests)/[^`*]*)`", PAGE):
        assert (ROOT / path).exists(), path
