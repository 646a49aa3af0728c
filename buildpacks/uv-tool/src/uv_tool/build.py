"""Build: put uv into its layer, unless the restored one is made of the same."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_api.errors import BuildpackError, ConfigurationError, PlatformError
from buildpack_api.interpreter import find_interpreter
from buildpack_api.layer_env import EnvChange, Scope, override, prepend
from buildpack_api.layers import Layer, LayerTypes
from buildpack_api.tools.constraint import Tool, ToolConstraint, read_constraint
from buildpack_api.tools.supply import Supply
from buildpack_api.tools.wheel import bundled_wheel, carried_wheel
from buildpack_common.files import remove
from buildpack_common.tool_wheels import FILE, ToolWheelsError, parse
from uv_tool.app_files import required_versions
from uv_tool.key import RECIPE, UvKey
from uv_tool.settings import SHA256, VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_api.context import BuildContext
    from buildpack_api.tools.wheel import ToolWheel

TOOL = Tool(
    "uv",
    version=VERSION,
    sha256=SHA256,
    minimum="0.6.8",
    why="Working without any Python of its own (UV_NO_MANAGED_PYTHON), as it has to here, came with 0.6.8.",
    series="0.13",
    own="the version is the one that this buildpack knows, with the SHA-256 of its wheel",
    unreachable="An offline package of this buildpack carries its uv, and asks no index.",
)
_LAYER = "uv"


def build(context: BuildContext) -> None:
    """Provide ``uv`` for later buildpacks, and never in the app image."""
    _refuse_launch(context)
    with ExitStack() as stack:
        supply = _supply(context, stack)
        layer = context.layers.open(_LAYER, _key(supply))
        done = "reused" if layer.reusable else _install(layer, supply)
        layer.write_env(*environment_changes(layer.path / "uv"))
        layer.save(LayerTypes(build=True, cache=True))
        context.output.summary(
            "Summary",
            [("uv", f"{supply.version} {supply.origin} ({done}), for the build, not in the app image")],
        )


def environment_changes(tree: Path) -> tuple[EnvChange, ...]:
    """Return what makes ``uv`` a command, and keeps it from bringing a Python of its own."""
    return (
        prepend("PATH", str(tree / "bin"), scope=Scope.BUILD),
        override("UV_NO_MANAGED_PYTHON", "1", scope=Scope.BUILD),
        override("UV_PYTHON_DOWNLOADS", "never", scope=Scope.BUILD),
    )


def _refuse_launch(context: BuildContext) -> None:
    if context.plan.merged(TOOL.name).launch:
        raise ConfigurationError(
            "A buildpack requires uv for launch, and this one provides it for the build only",
            advice="An app that runs uv itself lists it among its dependencies: then it has a uv of its own.",
        )


def _supply(context: BuildContext, stack: ExitStack) -> Supply:
    wheels = context.buildpack_dir / "wheels"
    pinned = _pinned(context)
    wanted = read_constraint(TOOL, context.environment, context.plan, required_versions(context.app_dir))
    found: ToolWheel | ToolConstraint
    if wanted is not None and not wanted.allows(pinned.exact, pinned.sha256):
        found = wanted
    else:
        found = carried_wheel(wheels, TOOL.name, pinned.sha256) or pinned
    return Supply(TOOL, context, find_interpreter(context), bundled_wheel(wheels, "pip"), found, stack)


def _pinned(context: BuildContext) -> ToolConstraint:
    """Return the release that this buildpack knows, as a constraint that only its wheel meets."""
    target = context.target
    try:
        known = parse(toml.load(context.buildpack_dir / FILE))
    except (toml.TomlError, ToolWheelsError) as error:
        raise BuildpackError(
            f"{FILE} of this buildpack cannot be used: {error}", advice="The buildpack is damaged."
        ) from error
    wheel = next((one for one in known.wheels if (one.os, one.arch) == (target.os, target.arch)), None)
    if wheel is None:
        raise PlatformError(
            f"This buildpack knows no uv for {target}",
            detail=f"It has it for {', '.join(f'{one.os}/{one.arch}' for one in known.wheels)}.",
        )
    return ToolConstraint(f"=={known.version}", ("this buildpack",), known.version, wheel.sha256)


def _key(supply: Supply) -> UvKey:
    target = supply.context.target
    return UvKey(RECIPE, supply.version, supply.sha256, f"{target.os}/{target.arch}")


def _install(layer: Layer, supply: Supply) -> str:
    from uv_tool.install import install_uv  # a build that reuses its layer needs it not

    output = supply.context.output
    for reason in layer.reasons:
        output.step(f"The uv layer is made anew: {reason}")
    wheel = supply.wheel
    output.step(f"Installing uv {wheel.version}")
    layer.clear()
    try:
        install_uv(wheel, layer.path / "uv", environment=supply.context.environment)
    except BaseException:
        remove(layer.path)
        raise
    return "made anew" if layer.restored else "installed"
