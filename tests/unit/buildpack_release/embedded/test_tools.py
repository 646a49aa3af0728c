"""Tools that offline packages carry: for each target its wheel, and a fault in the file has a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.embedded.tools import set_files, tool_files
from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.model.repository import Repository
from buildpack_release.model.settings import MINORS
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.wheels.vendor import WheelTags
from support.component_builds import ROOT
from support.sample_repository import component, write

if TYPE_CHECKING:
    from pathlib import Path

AMD, ARM = DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm64")


def test_the_pin_of_a_target_is_that_of_its_wheel() -> None:
    (found,) = tool_files(Repository.discover(ROOT))
    ((pin, tags),) = found.pins(AMD)
    assert (found.buildpack.id, pin.name, tags.platform) == ("strata/uv-tool", "uv", "manylinux_2_17_x86_64")
    ((other, _),) = found.pins(ARM)
    assert pin.digests[0] != other.digests[0]
    with pytest.raises(UsageError, match="strata/uv-tool knows no uv for windows/amd64"):
        found.pins(DeclaredTarget("windows", "amd64"))


def test_the_pins_of_a_set_are_those_of_the_newest_release_for_all_pythons() -> None:
    """The tool's own comes first; what is pure is the same for both processors."""
    (found,) = set_files(Repository.discover(ROOT))
    amd, arm = ([(str(pin), tags) for pin, tags in found.pins(target)] for target in (AMD, ARM))
    assert amd[0][0] == f"poetry=={found.known.releases[0].version}"
    assert {tags.minor for _, tags in amd} == {"", *MINORS}
    assert {one for one in amd if one[1] == WheelTags()} == {one for one in arm if one[1] == WheelTags()}
    assert not [tags for _, tags in arm if "x86_64" in tags.platform]
    with pytest.raises(UsageError, match="strata/poetry-tool knows no poetry for linux/s390x"):
        found.pins(DeclaredTarget("linux", "s390x"))


@pytest.mark.parametrize(
    ("text", "line"), [('name = "x"\nversion = 1\n', 2), ('name = "x"\nversion = "1"\nwheels = []\n', 3)]
)
def test_a_fault_in_the_file_has_a_line(tmp_path: Path, text: str, line: int) -> None:
    component(tmp_path, "acme/tool", plans={})
    write(tmp_path / "buildpacks/tool/data/tool-wheels.toml", text)
    with pytest.raises(CheckFailed) as caught:
        list(tool_files(Repository.discover(tmp_path)))
    assert caught.value.line == line
