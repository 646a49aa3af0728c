"""Which release a program is of, told without starting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.installers.tools import OWN_SITE, KnownProgram

if TYPE_CHECKING:
    from pathlib import Path

TOOL = KnownProgram("tool", "Tool", (OWN_SITE, "lib/python3*/site-packages"), (), "", (1, 0))


@pytest.mark.parametrize("site", ["site", "lib/python3.13/site-packages"])
def test_a_program_is_recognised_by_the_metadata_beside_it_and_through_a_link(
    tmp_path: Path, site: str
) -> None:
    """It is not started: it may take a second to load, and here it is no program at all."""
    for name in ("tool-2.0.1rc1", "tool_core-1.0", "tool-core-3.0"):
        (tmp_path / f"a b/{site}/{name}.dist-info").mkdir(parents=True)
    (tmp_path / "a b/bin").mkdir()
    (tmp_path / "a b/bin/tool").touch()
    (tmp_path / "tool").symlink_to("a b/bin/tool")
    found = TOOL.recognised(tmp_path / "tool")
    assert found
    assert (found.command, found.version) == ((str(tmp_path / "tool"),), "2.0.1rc1")
    assert found.site_packages == tmp_path / "a b" / site


@pytest.mark.parametrize("sites", [(), ("lib/python3.12/site-packages/tool-2.0", "site/tool-2.1")])
def test_which_of_several_it_is_has_to_be_asked(tmp_path: Path, sites: tuple[str, ...]) -> None:
    for site in sites:
        (tmp_path / f"{site}.dist-info").mkdir(parents=True)
    assert TOOL.recognised(tmp_path / "bin/tool") is None
