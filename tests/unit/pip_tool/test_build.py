"""What later buildpacks and the app image see of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.environment import build_environment, launch_environment
from buildpack_api.layer_env import write_changes
from pip_tool.build import environment_changes

if TYPE_CHECKING:
    from pathlib import Path

BASE = {"PATH": "/usr/bin"}


@pytest.mark.parametrize("launch", [False, True])
def test_pip_is_at_launch_only_if_asked_for(tmp_path: Path, launch: bool) -> None:
    layer = tmp_path / "pip"
    (layer / "userbase/bin").mkdir(parents=True)
    (layer / "userbase/lib").mkdir()
    write_changes(layer, environment_changes(layer / "userbase", launch=launch))
    changed = {
        "PATH": f"{layer}/userbase/bin:/usr/bin",
        "PYTHONUSERBASE": f"{layer}/userbase",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    assert build_environment(BASE, [layer]) == changed
    assert launch_environment(BASE, [[layer]]) == (changed if launch else BASE)
