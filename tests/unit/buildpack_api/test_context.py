from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.context import BuildContext
from buildpack_api.errors import PlatformError
from buildpack_api.plan import PlanEntry
from buildpack_api.target import Target

if TYPE_CHECKING:
    from unit.buildpack_api.example_buildpack import ExampleBuildpack

INPUTS = ["CNB_BUILDPACK_DIR", "CNB_LAYERS_DIR", "CNB_PLATFORM_DIR", "CNB_BP_PLAN_PATH"]


def test_all_inputs_are_read(example: ExampleBuildpack) -> None:
    (example.platform / "env/BP_X").write_text("verbatim\n")
    (example.platform / "bindings/a").mkdir(parents=True)
    (example.platform / "bindings/a/type").write_text("pypi")
    example.plan.write_text('[[entries]]\nname = "python"\n')
    context = example.context(BP_Y="y")
    assert context.app_dir == example.app
    assert context.buildpack_dir == example.directory
    assert context.platform_dir == example.platform
    assert context.layers.root == example.layers
    assert context.plan.entries == (PlanEntry("python"),)
    assert context.target == Target("linux", "amd64")
    assert (context.descriptor.id, context.descriptor.version) == ("acme/example", "1.2.3")
    assert context.environment["BP_Y"] == "y"
    assert context.platform_env == {"BP_X": "verbatim\n"}
    assert [binding.type for binding in context.bindings] == ["pypi"]


def test_positional_arguments_serve_where_variables_are_not_set(example: ExampleBuildpack) -> None:
    environ = {name: value for name, value in example.environment().items() if name not in INPUTS}
    program = example.directory / "lib/__main__.py"
    argv = [str(program), str(example.layers), str(example.platform), str(example.plan)]
    context = BuildContext.from_environment(environ, argv, example.app)
    assert context.buildpack_dir == example.directory
    assert context.layers.root == example.layers
    assert context.platform_dir == example.platform


def test_variables_beat_positional_arguments(example: ExampleBuildpack) -> None:
    argv = ["lib", "/no/layers", "/no/platform", "/no/plan"]
    assert (
        BuildContext.from_environment(example.environment(), argv, example.app).platform_dir
        == example.platform
    )


@pytest.mark.parametrize("variable", INPUTS)
def test_a_missing_variable_is_named(example: ExampleBuildpack, variable: str) -> None:
    environ = example.environment(**{variable: ""})
    with pytest.raises(PlatformError, match=f"{variable} is not set"):
        BuildContext.from_environment(environ, [], example.app)


@pytest.mark.parametrize("variable", ["CNB_BUILDPACK_DIR", "CNB_LAYERS_DIR", "CNB_BP_PLAN_PATH"])
def test_a_path_that_is_not_there_is_named_with_its_variable(
    example: ExampleBuildpack, variable: str
) -> None:
    with pytest.raises(PlatformError, match=f"{variable}: /no/such/place is not a"):
        example.context(**{variable: "/no/such/place"})


def test_a_platform_without_a_directory_has_no_variables(example: ExampleBuildpack) -> None:
    context = example.context(CNB_PLATFORM_DIR="/no/such/place")
    assert (context.platform_env, context.bindings) == ({}, ())


@pytest.mark.parametrize(
    ("variable", "file"),
    [("CNB_BP_PLAN_PATH", "plan.toml"), ("CNB_BUILDPACK_DIR", "buildpack/buildpack.toml")],
)
def test_a_broken_file_is_named_with_its_variable(
    example: ExampleBuildpack, variable: str, file: str
) -> None:
    (example.root / file).write_text("[broken")
    with pytest.raises(PlatformError, match=rf"{variable}: .*{file}:1: not valid TOML"):
        example.context()


def test_no_environment_is_shown(example: ExampleBuildpack) -> None:
    (example.platform / "env/TOKEN").write_text("s3cret")
    assert "s3cret" not in repr(example.context(PASSWORD="s3cret"))
