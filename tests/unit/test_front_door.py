"""The README is read first, and by most people alone: what it shows is there."""

from __future__ import annotations

import re
from pathlib import Path

from buildpack_release.model.repository import Repository

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_using_comes_before_making() -> None:
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == ["Use it", "Compose", "Release", "Work on it"]


def test_both_commands_stand_together_on_lines_of_their_own() -> None:
    """Those that every machine can run; the tests of bare machines do."""
    commands = ["./scripts/nox -s package", "./scripts/nox"]
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    shown = [re.findall(r"^\$ (.*?)(?:\s+#.*)?$", block, re.MULTILINE) for block in blocks]
    assert commands in shown


def test_every_buildpack_has_a_row_that_leads_to_its_page() -> None:
    rows = dict(re.findall(r"^\| \[`([^`]+)`\]\(([^)]+)\)", README, re.MULTILINE))
    assert rows == {
        one.id: f"{one.directory.relative_to(ROOT)}/README.md" for one in Repository.discover(ROOT).buildpacks
    }
