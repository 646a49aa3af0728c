"""What later buildpacks and the app image see of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.environment import build_environment, launch_environment
from buildpack_api.layer_env import write_changes
from uv_tool.build import environment_changes

if TYPE_CHECKING:
    from pathlib import Path

BASE = {"PATH": "/usr/bin"}


def test_uv_is_for_the_build_and_has_no_python_of_its_own(tmp_path: Path) -> None:
    layer = tmp_path / "uv"
    (layer / "uv/bin").mkdir(parents=True)
    write_changes(layer, environment_changes(layer / "uv"))
    assert build_environment(BASE, [layer]) == {
        "PATH": f"{layer}/uv/bin:/usr/bin",
        "UV_NO_MANAGED_PYTHON": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    assert launch_environment(BASE, [[layer]]) == BASE
