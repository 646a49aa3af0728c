"""What uv is asked to install: files, choices, and what of a project has a say in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app_venv.evidence.resolution import ResolvedDistribution
from app_venv.installers.uv.inputs import UvInputs, read_uv_inputs
from app_venv.settings import read_settings
from app_venv.unchanged.inventory import ListedDistribution
from buildpack_api.errors import ConfigurationError
from buildpack_api.interpreter import Interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

PYTHON = Interpreter(Path("/bin/python3"), "3.13.0", "3.13", "3.13.0 (main)")
LOCK = """\
version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "lib" }]
[[package]]
name = "lib"
version = "1"
source = { editable = "PLACE" }
"""
PROJECT = '[project]\nname = "app"\nversion = "1"\n'


def read(app: Path, place: str = "libs/lib", variables: Mapping[str, str] | None = None) -> UvInputs:
    (app / "uv.lock").write_text(LOCK.replace("PLACE", place))
    if not (app / "pyproject.toml").exists():
        (app / "pyproject.toml").write_text(PROJECT)
    return read_uv_inputs(app, variables or {}, read_settings(variables or {}), PYTHON)


def test_choices_are_arguments_and_show_in_the_title(tmp_path: Path) -> None:
    plain = read(tmp_path)
    assert plain.arguments == ("--locked", "--no-default-groups")
    variables = {
        "BP_UV_FROZEN": "true",
        "BP_UV_GROUPS": "a, B",
        "BP_UV_EXTRAS": "web",
        "BP_UV_PACKAGE": "lib",
    }
    chosen = read(tmp_path, variables=variables)
    groups = ("--group", "a", "--group", "b", "--extra", "web")
    assert chosen.arguments == ("--frozen", "--no-default-groups", *groups, "--package", "lib")
    assert chosen.title == "uv.lock of lib with extras web and groups a, b as it is"
    assert chosen.digest == plain.digest


@pytest.mark.parametrize(
    ("place", "outside"), [("libs/lib", False), ("../lib", True), ("/lib", True), ("a/../..", True)]
)
def test_no_link_leads_out_of_the_image(tmp_path: Path, place: str, outside: bool) -> None:
    found = read(tmp_path, place)
    assert ("--no-editable" in found.arguments) == outside
    assert (place in found.remark) == outside


def test_what_has_a_say_counts_and_nothing_else(tmp_path: Path) -> None:
    """Of the project, of other packages of the workspace, and of uv's own settings."""
    first = read(tmp_path).digest
    (tmp_path / "pyproject.toml").write_text(f"# Comment.\n{PROJECT}[tool.ruff]\nline-length = 1\n")
    assert read(tmp_path).digest == first
    (tmp_path / "pyproject.toml").write_text(f"{PROJECT}[tool.uv]\nno-binary = true\n")
    second = read(tmp_path).digest
    (tmp_path / "uv.toml").write_text("offline = true\n")
    third = read(tmp_path).digest
    (tmp_path / "libs/lib").mkdir(parents=True)
    (tmp_path / "libs/lib/pyproject.toml").write_text(PROJECT)
    found = read(tmp_path)
    assert len({first, second, third, found.digest}) == 4
    assert found.files == ("uv.lock", "pyproject.toml", "libs/lib/pyproject.toml", "uv.toml")


def test_the_lock_is_read_when_somebody_asks_what_is_in_it(tmp_path: Path) -> None:
    """Not by a build that reuses its environment: that takes long in a large project."""
    found = read(tmp_path)
    (tmp_path / "uv.lock").unlink()
    assert found.proved_when_kept
    assert found.locked
    with pytest.raises(ConfigurationError):
        _ = found.unprovable


@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        ({"BP_PIP_GROUPS": "dev"}, "Set BP_UV_GROUPS instead of BP_PIP_GROUPS."),
        ({"BP_PIP_REQUIREMENT": "x.txt"}, "Remove it, or set BP_PACKAGE_MANAGER=pip."),
        ({"BP_PIP_DEST_PATH": "x"}, "Remove it, or set BP_PACKAGE_MANAGER=pip."),
    ],
)
def test_variables_that_choose_what_pip_installs_are_refused(
    tmp_path: Path, variables: dict[str, str], advice: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be used with uv\.lock") as caught:
        read(tmp_path, variables=variables)
    assert caught.value.advice == advice


def test_a_missing_project_and_one_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    with pytest.raises(ConfigurationError, match=r"The app has no pyproject\.toml"):
        read_uv_inputs(tmp_path, {}, read_settings({}), PYTHON)
    (tmp_path / "pyproject.toml").write_text("<<<")
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        read(tmp_path)


WHEELS = """\
[[package]]
name = "left"
version = "1.0"
source = { registry = "https://example.com" }
wheels = [{ url = "https://example.com/left-1.0-py3-none-any.whl", hash = "sha256:HASH" }]
"""


def locked_wheel(app: Path, settings: str = "", digest: str = "ab" * 32) -> UvInputs:
    lock = LOCK.replace('{ name = "lib" }', '{ name = "left" }').partition('[[package]]\nname = "lib"')[0]
    (app / "uv.lock").write_text(lock + WHEELS.replace("HASH", digest))
    (app / "pyproject.toml").write_text(PROJECT + settings)
    return read_uv_inputs(app, {}, read_settings({}), PYTHON)


def test_a_wheel_is_the_same_if_it_is_chosen_from_the_same_files_in_the_same_way(tmp_path: Path) -> None:
    """Protects from another file of the same version, as uv would take it now, standing in for this one."""
    left = ResolvedDistribution("left", "1.0", "sha256:x", published=True)
    inputs = locked_wheel(tmp_path)
    same = inputs.identity(left)
    assert same
    assert locked_wheel(tmp_path, '[project.scripts]\na = "b:c"\n').identity(left) == same
    assert locked_wheel(tmp_path, "[tool.uv]\nno-binary = true\n").identity(left) != same
    assert locked_wheel(tmp_path, digest="cd" * 32).identity(left) != same
    assert inputs.identity(replace(left, version="2.0")) == ""
    assert inputs.identity(replace(left, built=True)) == ""
    offered = ListedDistribution("left", "1.0", same, requested=True, files={})
    assert list(inputs.unchanged([offered])) == ["left"]
    assert not list(inputs.unchanged([replace(offered, requested=False)]))
    assert not list(inputs.unchanged([replace(offered, identity="another")]))
