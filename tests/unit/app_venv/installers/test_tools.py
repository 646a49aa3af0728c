"""Which release a program is of, told without starting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.installers.tools import OWN_SITE, KnownProgram
from buildpack_api.errors import PlatformError

if TYPE_CHECKING:
    from pathlib import Path

TOOL = KnownProgram(
    "tool", "Tool", (OWN_SITE, "lib/python3*/site-packages"), ("--say",), r"^tool (\S+)", oldest=(1, 2)
)


def write_program(directory: Path, text: str) -> str:
    """Write a program of sh and return its directory."""
    directory.mkdir()
    (directory / "tool").write_text(f"#!/bin/sh\n{text}\n")
    (directory / "tool").chmod(0o755)
    return str(directory)


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


def test_the_first_program_on_path_that_answers_is_taken(tmp_path: Path) -> None:
    """One that does not start, one that is something else, and what belongs to the app are passed over."""
    broken = write_program(tmp_path / "broken", "exit 1")
    other = write_program(tmp_path / "other", "echo some tool 9.9")
    right = write_program(tmp_path / "right", 'echo tool 1.2.3 "$1"')
    write_program(tmp_path / "plain", "echo tool 9.9")
    (tmp_path / "plain/tool").chmod(0o644)
    path = f"relative::{tmp_path}/none:{tmp_path}/plain:{broken}:{other}:{right}"
    found = TOOL.find(path, {"PATH": "/usr/bin:/bin"})
    assert (found.command, found.version) == ((f"{right}/tool",), "1.2.3")


def test_none_and_one_that_is_too_old_are_told_apart(tmp_path: Path) -> None:
    old = write_program(tmp_path / "old", "echo tool 1.1.9")
    with pytest.raises(PlatformError, match=r"Tool 1\.1\.9 is too old") as failed:
        TOOL.find(old, {"PATH": "/usr/bin:/bin"})
    assert "needs 1.2 or newer" in failed.value.detail
    with pytest.raises(PlatformError, match="No tool is on PATH"):
        TOOL.find("/nowhere", {})
