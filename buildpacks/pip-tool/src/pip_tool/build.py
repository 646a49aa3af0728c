"""Build: put pip into its layer, unless the restored one is made of the same."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from buildpack_api.interpreter import find_interpreter
from buildpack_api.layer_env import EnvChange, Scope, override, prepend
from buildpack_api.layers import Layer, LayerTypes
from buildpack_api.tools.constraint import Tool, read_constraint
from buildpack_api.tools.supply import Supply
from buildpack_api.tools.wheel import bundled_wheel, check_supports
from buildpack_common.files import remove
from pip_tool.install import install_pip
from pip_tool.key import RECIPE, PipKey
from pip_tool.settings import SHA256, VERSION

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_api.context import BuildContext

TOOL = Tool(
    "pip",
    version=VERSION,
    sha256=SHA256,
    minimum="22.3",
    why="Installing into another environment (PIP_PYTHON), its job here, came with 22.3.",
    series="25.3",
    own="the pip of this buildpack is installed, without network",
    unreachable="Without BP_PIP_VERSION no network is needed.",
)
_LAYER = "pip"


def build(context: BuildContext) -> None:
    """Provide ``pip``: for later buildpacks always, in the app image only if one of them asks for that."""
    launch = context.plan.merged("pip").launch
    with ExitStack() as stack:
        supply = _supply(context, stack)
        layer = context.layers.open(_LAYER, _key(supply))
        done = "reused" if layer.reusable else _install(layer, supply)
        layer.write_env(*environment_changes(layer.path / "userbase", launch=launch))
        layer.save(LayerTypes(build=True, launch=launch, cache=True))
        context.output.summary("Summary", _rows(supply, done, launch=launch))


def environment_changes(user_base: Path, *, launch: bool) -> tuple[EnvChange, ...]:
    """Return what makes ``pip`` a command, and its package importable for its own interpreter."""
    scope = Scope.ALL if launch else Scope.BUILD
    return (
        prepend("PATH", str(user_base / "bin"), scope=scope),
        override("PYTHONUSERBASE", str(user_base), scope=scope),
        override("PIP_DISABLE_PIP_VERSION_CHECK", "1", scope=scope),
    )


def _supply(context: BuildContext, stack: ExitStack) -> Supply:
    interpreter = find_interpreter(context)
    bundled = bundled_wheel(context.buildpack_dir / "wheels", TOOL.name)
    constraint = read_constraint(TOOL, context.environment, context.plan)
    if constraint is None or constraint.allows(bundled.version, bundled.sha256):
        return Supply(TOOL, context, interpreter, bundled, bundled, stack)
    return Supply(TOOL, context, interpreter, bundled, constraint, stack)


def _key(supply: Supply) -> PipKey:
    return PipKey(
        recipe=RECIPE,
        pip=supply.version,
        wheel_sha256=supply.sha256,
        python=supply.interpreter.minor,
        interpreter=str(supply.interpreter.executable),
        path=str(supply.context.layers.root / _LAYER),
    )


def _install(layer: Layer, supply: Supply) -> str:
    output, interpreter, bundled = supply.context.output, supply.interpreter, supply.pip
    check_supports(bundled, interpreter)  # it does the work in any case
    for reason in layer.reasons:
        output.step(f"The pip layer is made anew: {reason}")
    wheel = supply.wheel
    check_supports(wheel, interpreter)
    output.step(f"Installing pip {wheel.version} with Python {interpreter.version}")
    user_base = layer.clear() / "userbase"
    try:
        install_pip(wheel, bundled, interpreter, user_base, environment=supply.context.environment)
    except BaseException:
        remove(layer.path)
        raise
    return "made anew" if layer.restored else "installed"


def _rows(supply: Supply, done: str, *, launch: bool) -> list[tuple[str, str]]:
    place = "for the build and in the app image" if launch else "for the build, not in the app image"
    return [
        ("pip", f"{supply.version} {supply.origin} ({done}), {place}"),
        ("Python", supply.interpreter.version),
    ]
