from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.drawing import draw_mermaid, draw_text
from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, plan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    for name in ("a", "b", "alone"):
        component(tmp_path, f"acme/{name}", plans={"x": (None, plan(provides=(name,)))})
    composite(tmp_path, "acme/inner", ["acme/a"], ["acme/b"])
    composite(tmp_path, "acme/outer", ["acme/inner", "acme/b?", "other/x@2.0.0"])
    return Repository.discover(tmp_path)


def test_text_shows_groups_as_a_tree(repository: Repository) -> None:
    """Nested composites are drawn out; what stands alone is there too."""
    assert draw_text(repository) == (
        "acme/alone 1.0.0\n"
        "acme/outer 1.0.0\n"
        "  group 1 of 1\n"
        "    acme/inner 1.0.0\n"
        "      group 1 of 2\n"
        "        acme/a 1.0.0\n"
        "      group 2 of 2\n"
        "        acme/b 1.0.0\n"
        "    acme/b 1.0.0 (optional)\n"
        "    other/x 2.0.0 (not in this repository)\n"
    )


def test_mermaid_has_a_node_for_each_and_an_arrow_for_each_entry(repository: Repository) -> None:
    """Optional entries are dotted, the number is that of the group."""
    assert draw_mermaid(repository) == (
        "flowchart TD\n"
        '  n0["acme/a 1.0.0"]\n'
        '  n1["acme/alone 1.0.0"]\n'
        '  n2["acme/b 1.0.0"]\n'
        '  n3["acme/inner 1.0.0"]\n'
        '  n4["acme/outer 1.0.0"]\n'
        '  n5["other/x 2.0.0, not in this repository"]\n'
        "  n3 -->|1| n0\n"
        "  n3 -->|2| n2\n"
        "  n4 -->|1| n3\n"
        "  n4 -.->|1| n2\n"
        "  n4 -->|1| n5\n"
    )


def test_a_cycle_can_be_drawn(tmp_path: Path) -> None:
    """A drawing is how one would look for it."""
    composite(tmp_path, "acme/a", ["acme/b"])
    composite(tmp_path, "acme/b", ["acme/a"])
    assert "acme/a 1.0.0 (cycle)" in draw_text(Repository.discover(tmp_path))
