"""What is shown must be right, readable and free of secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from buildpack_testing.build_report import build_data, environment_lines, layer_table, plan_lines, shown_value
from buildpack_testing.workspace import Workspace
from support.scripted import Platforms, ScriptedBuildpacks, layer, provides, requires

if TYPE_CHECKING:
    from pathlib import Path


def test_the_plan_says_who_meets_whose_wishes(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("tool", plan=provides("tool"))
    scripted.add("user", plan=requires("tool", metadata='build = true\nversion = "3.*"'))
    scripted.add("never", detect="exit 100")
    detection = platforms("never", "tool user").build(app).detection
    assert plan_lines(detection) == [
        "never: a required buildpack failed detection",
        "tool -> user",
        "  tool: provided by tool, required by user (build, version 3.*)",
    ]


def test_layers_are_listed_with_types_and_fate(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build=layer("x", "launch", content="12345"))
    lines = layer_table(platforms("a").build(app).layers).splitlines()
    assert lines[0].split() == ["layer", "size", "files", "build", "launch", "cache"]
    assert lines[1].split() == ["a", "x", "5", "B", "1", "-", "x", "-", "made"]


def test_a_build_is_data_for_programs(scripted: ScriptedBuildpacks, platforms: Platforms, app: Path) -> None:
    """JSON has it as it is: who took part, what was agreed, which layers."""
    scripted.add("tool", plan=provides("tool"), build=layer("x", "launch", content="12345"))
    scripted.add("user", plan=requires("tool", metadata="build = true"))
    data = json.loads(json.dumps(build_data(platforms("tool user").build(app))))
    assert data["group"] == ["tool", "user"]
    required = [{"by": "user", "metadata": {"build": True}}]
    assert data["plan"] == [{"name": "tool", "providers": ["tool"], "requires": required}]
    assert [(one["name"], one["size"], one["types"]["launch"]) for one in data["layers"]] == [("x", 5, True)]
    assert set(data["seconds"]) == {"detect", "restore", "build", "export"}


def test_environments_are_shown_in_a_containers_paths_without_what_was_there_before(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    env = {"PATH": f"{tmp_path}/layers/a/x/bin:/bin", "HOME": "/h", "CNB_APP_DIR": "x", "NEW": "two\nlines"}
    assert environment_lines(env, {"PATH": "/bin", "HOME": "/h"}, workspace) == [
        "NEW=two\\nlines",
        "PATH=/layers/a/x/bin:/bin",
    ]


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert shown_value("API_TOKEN", "hush", workspace) == "***"
    assert "hush" not in shown_value("PIP_INDEX_URL", "https://me:hush@example.org/simple", workspace)
