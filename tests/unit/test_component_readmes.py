"""Each component's README against its code: plan, layers, environment, configuration cannot drift apart."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import app_start.layer
import app_start.settings
import app_venv.build
import app_venv.settings
import pip_tool.build
import pip_tool.settings
import poetry_tool.build
import poetry_tool.settings
import python_runtime.settings
import uv_tool.build
import uv_tool.settings
from app_venv.installers.pip.strategy import PipStrategy
from app_venv.installers.poetry.strategy import PoetryStrategy
from app_venv.installers.uv.strategy import UvStrategy
from buildpack_api.bindings import CA_CERTIFICATES, CERTIFICATES
from buildpack_api.git_access import GIT_BINDINGS
from buildpack_api.index_bindings import INDEX_BINDINGS
from buildpack_common.environment_variables import binding_table, table
from buildpack_release.model.build_plan import declared_plans
from python_runtime import python_layer

BUILDPACKS = Path(__file__).parents[2] / "buildpacks"
COMPONENTS = ("python-runtime", "pip-tool", "uv-tool", "poetry-tool", "app-venv", "app-start")
VENV = Path("/layers/venv/venv")
VARIABLES = {
    "python-runtime": python_runtime.settings.VARIABLES,
    "pip-tool": pip_tool.settings.VARIABLES,
    "uv-tool": uv_tool.settings.VARIABLES,
    "poetry-tool": poetry_tool.settings.VARIABLES,
    "app-venv": app_venv.settings.VARIABLES,
    "app-start": app_start.settings.VARIABLES,
}
ENVIRONMENTS = {
    "python-runtime": {
        change.name
        for change in python_layer.environment(
            Path("/layers/python"), "3.13", (python_runtime.settings.LIBPYTHON,)
        )
    },
    "pip-tool": {change.name for change in pip_tool.build.environment_changes(VENV, launch=True)},
    "uv-tool": {change.name for change in uv_tool.build.environment_changes(VENV)},
    "poetry-tool": {change.name for change in poetry_tool.build.environment_changes(VENV)},
    "app-venv": {
        change.name
        for change in (
            *app_venv.build.environment_changes(VENV),
            *PipStrategy().environment(VENV),
            *UvStrategy().environment(VENV),
            *PoetryStrategy().environment(VENV),
        )
    }
    | {"PIP_CACHE_DIR", "POETRY_CACHE_DIR", "UV_CACHE_DIR"},
    "app-start": {change.name for change in app_start.layer.environment_changes()}
    | {"GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"},
}


def section(component: str, title: str) -> str:
    """Return the text below a heading that begins with ``title``."""
    text = (BUILDPACKS / component / "README.md").read_text("utf-8")
    return next(part for part in text.split("\n## ") if part.startswith(title))


def rows(text: str, first: str) -> set[str]:
    """Return the first name in backticks of each table row that begins with ``first``."""
    found = (re.match(rf"\| {first} \|[^`|]*`([^`]+)`", line) for line in text.splitlines())
    return {match[1] for match in found if match}


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_build_plan_is_that_of_detection(component: str) -> None:
    alternatives = [
        alternative
        for declared in declared_plans(BUILDPACKS / component)
        for alternative in declared.plan.alternatives
    ]
    text = section(component, "Build plan")
    assert rows(text, "provides") == {name for one in alternatives for name in one.provides}
    assert rows(text, "requires") == {need.name for one in alternatives for need in one.requires}


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_environment_is_that_of_the_layers(component: str) -> None:
    """Every variable that a layer sets has a row of its own, and no other has."""
    table = re.findall(r"^\| `([A-Z_]+)` \|", section(component, "Environment"), re.MULTILINE)
    assert set(table) == ENVIRONMENTS[component]
    assert len(table) == len(set(table))


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_setting_is_documented_and_every_documented_setting_is_read(component: str) -> None:
    names = re.compile(r"\bBP_[A-Z_]*[A-Z]\b")
    code = [*(BUILDPACKS / component / "src").rglob("*.py"), *(BUILDPACKS / component / "detect").rglob("*")]
    read = {name for path in code if path.is_file() for name in names.findall(path.read_text("utf-8"))}
    documented = set(names.findall((BUILDPACKS / component / "README.md").read_text("utf-8")))
    documented -= {"BP_DEPENDENCY_MIRROR_GITHUB_COM"}  # an example of the pattern with a host's name
    assert documented == read


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_table_of_variables_is_made_from_the_settings(component: str) -> None:
    assert table(VARIABLES[component]) in section(component, "Configuration")


@pytest.mark.parametrize(
    ("component", "bindings"),
    [
        ("python-runtime", python_runtime.settings.BINDINGS),
        ("app-venv", {**INDEX_BINDINGS, **GIT_BINDINGS, CA_CERTIFICATES: CERTIFICATES}),
    ],
)
def test_the_table_of_bindings_is_made_from_what_is_read(component: str, bindings: dict[str, str]) -> None:
    assert binding_table(bindings) in section(component, "Configuration")


@pytest.mark.parametrize("component", COMPONENTS)
def test_configuration_comes_before_everything_else(component: str) -> None:
    """Whoever looks for a variable finds it on the first screen; reasons follow."""
    text = (BUILDPACKS / component / "README.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "Configuration"


@pytest.mark.parametrize("component", COMPONENTS)
def test_variables_are_read_in_one_module(component: str) -> None:
    """Other modules name them in sentences, or take the name from `settings`."""
    own = re.compile(r"BP_[A-Z_]+|DISABLE_COLLECTSTATIC")
    for path in (BUILDPACKS / component / "src").rglob("*.py"):
        if path.name != "settings.py":
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            texts = [
                one.value for one in nodes if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            assert [text for text in texts if own.fullmatch(text)] == [], path


@pytest.mark.parametrize(
    ("component", "layers"),
    [
        ("python-runtime", {python_layer.NAME}),
        ("pip-tool", {"pip"}),
        ("uv-tool", {"uv"}),
        ("poetry-tool", {"poetry"}),
        ("app-venv", {"venv", "installer", "pip-cache", "poetry-cache", "uv-cache"}),
        ("app-start", {app_start.layer.NAME}),
    ],
)
def test_the_layers_are_those_of_the_build(component: str, layers: set[str]) -> None:
    table = re.findall(r"^\| `([a-z-]+)` \|", section(component, "Layer"), re.MULTILINE)
    assert set(table) == layers
    code = "".join(path.read_text("utf-8") for path in (BUILDPACKS / component / "src").rglob("*.py"))
    assert all(f'"{name}"' in code for name in layers)
