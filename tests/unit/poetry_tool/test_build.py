"""What later buildpacks and the app image see of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.environment import build_environment, launch_environment
from buildpack_api.layer_env import write_changes
from poetry_tool.build import environment_changes

if TYPE_CHECKING:
    from pathlib import Path

BASE = {"PATH": "/usr/bin"}


def test_poetry_is_for_the_build_and_asks_no_keyring(tmp_path: Path) -> None:
    layer = tmp_path / "poetry"
    (layer / "poetry/bin").mkdir(parents=True)
    write_changes(layer, environment_changes(layer / "poetry"))
    assert build_environment(BASE, [layer]) == {
        "PATH": f"{layer}/poetry/bin:/usr/bin",
        "POETRY_KEYRING_ENABLED": "false",
    }
    assert launch_environment(BASE, [[layer]]) == BASE
