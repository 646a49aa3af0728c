"""Tools that offline packages carry: for each target its wheel, and a fault in the file has a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.embedded.tools import tool_files
from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import DeclaredTarget
from support.component_builds import ROOT
from support.sample_repository import component, write

if TYPE_CHECKING:
    from pathlib import Path

AMD = DeclaredTarget("linux", "amd64")


def test_the_pin_of_a_target_is_that_of_its_wheel() -> None:
    (found,) = tool_files(Repository.discover(ROOT))
    pin, platform = found.pin(AMD)
    assert (found.buildpack.id, pin.name, platform) == ("strata/uv-tool", "uv", "manylinux_2_17_x86_64")
    assert pin.digests[0] != found.pin(DeclaredTarget("linux", "arm64"))[0].digests[0]
    with pytest.raises(UsageError, match="strata/uv-tool knows no uv for windows/amd64"):
        found.pin(DeclaredTarget("windows", "amd64"))


@pytest.mark.parametrize(
    ("text", "line"), [('name = "x"\nversion = 1\n', 2), ('name = "x"\nversion = "1"\nwheels = []\n', 3)]
)
def test_a_fault_in_the_file_has_a_line(tmp_path: Path, text: str, line: int) -> None:
    component(tmp_path, "acme/tool", plans={})
    write(tmp_path / "buildpacks/tool/data/tool-wheels.toml", text)
    with pytest.raises(CheckFailed) as caught:
        list(tool_files(Repository.discover(tmp_path)))
    assert caught.value.line == line
