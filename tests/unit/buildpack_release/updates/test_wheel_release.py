"""What a wheel must be to be carried, and which of its requirements matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from buildpack_release.errors import ReleaseError
from buildpack_release.updates.wheel_release import WheelRelease
from support.wheels import Project, make_wheel, sha256

if TYPE_CHECKING:
    from pathlib import Path


def test_a_wheel_is_read(tmp_path: Path) -> None:
    wheel = make_wheel(Project("some-lib", "1.2", requires=("one>=1",), python=">=3.10"), tmp_path)
    found = WheelRelease.read(wheel)
    assert (found.name, found.version, found.sha256) == ("some-lib", Version("1.2"), sha256(wheel))
    assert [str(one) for one in found.requires] == ["one>=1"]


@pytest.mark.parametrize("python", [">=3.11", "<3.15", "!=3.12.*", "==3.13.*"])
def test_it_must_run_with_every_supported_python(tmp_path: Path, python: str) -> None:
    wheel = make_wheel(Project("lib", python=python), tmp_path)
    with pytest.raises(ReleaseError, match="does not run with Python"):
        WheelRelease.read(wheel)


def test_a_wheel_for_one_machine_is_refused(tmp_path: Path) -> None:
    wheel = make_wheel(Project("lib"), tmp_path)
    compiled = wheel.rename(tmp_path / "lib-1.0-cp312-cp312-linux_x86_64.whl")
    with pytest.raises(ReleaseError, match="not a pure Python wheel"):
        WheelRelease.read(compiled)


def test_metadata_that_nobody_understands_are_one_clear_error(tmp_path: Path) -> None:
    wheel = make_wheel(Project("lib", requires=("a b c",)), tmp_path)
    with pytest.raises(ReleaseError, match="cannot understand the metadata"):
        WheelRelease.read(wheel)


def test_only_requirements_that_hold_count(tmp_path: Path) -> None:
    """Those of extras, of other Pythons, and those that somebody else meets do not."""
    requires = (
        "one>=2", "Two_Lib<2", 'one>9; extra == "x"', 'one>9; python_version < "3.8"',
        'one<1; python_version >= "3.14"', "absent>1",
    )  # fmt: skip
    release = WheelRelease.read(make_wheel(Project("lib", requires=requires, extras=("x",)), tmp_path))
    versions = {"one": Version("1.0"), "two-lib": Version("1.5")}
    assert [str(one) for one in release.unmet(versions)] == ["one>=2", 'one<1; python_version >= "3.14"']
    assert release.unmet({"two-lib": Version("1.5")}) == []
