"""Build: put pip into its layer, unless the restored one is made of the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.files import remove
from buildpack_api.interpreter import find_interpreter
from buildpack_api.layer_env import EnvChange, Scope, override, prepend
from buildpack_api.layers import Layer, LayerTypes
from pip_tool.install import install_pip
from pip_tool.key import RECIPE, PipKey
from pip_tool.wheel import PipWheel, bundled_wheel, check_supports

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter

_LAYER = "pip"


def build(context: BuildContext) -> None:
    """Provide ``pip``: for later buildpacks always, in the app image only if one of them asks for that."""
    interpreter = find_interpreter(context)
    wheel = bundled_wheel(context.buildpack_dir / "wheels")
    layer = context.layers.open(_LAYER, _key(context, wheel, interpreter))
    user_base = layer.path / "userbase"
    origin = "reused" if layer.reusable else _install(context, layer, wheel, interpreter)
    launch = context.plan.wishes("pip").launch
    layer.write_env(*environment_changes(user_base, launch=launch))
    layer.save(LayerTypes(build=True, launch=launch, cache=True))
    context.output.summary("Summary", _rows(wheel, interpreter, origin, launch=launch))


def environment_changes(user_base: Path, *, launch: bool) -> tuple[EnvChange, ...]:
    """Return what makes ``pip`` a command, and its package importable for its own interpreter."""
    scope = Scope.ALL if launch else Scope.BUILD
    return (
        prepend("PATH", str(user_base / "bin"), scope=scope),
        override("PYTHONUSERBASE", str(user_base), scope=scope),
        override("PIP_DISABLE_PIP_VERSION_CHECK", "1", scope=scope),
    )


def _key(context: BuildContext, wheel: PipWheel, interpreter: Interpreter) -> PipKey:
    return PipKey(
        recipe=RECIPE,
        pip=wheel.version,
        wheel_sha256=wheel.sha256,
        python=interpreter.minor,
        interpreter=str(interpreter.executable),
        path=str(context.layers.root / _LAYER),
    )


def _install(context: BuildContext, layer: Layer, wheel: PipWheel, interpreter: Interpreter) -> str:
    check_supports(wheel, interpreter)
    for reason in layer.reasons:
        context.output.step(f"The pip layer is made anew: {reason}")
    context.output.step(f"Installing pip {wheel.version} with Python {interpreter.version}")
    user_base = layer.clear() / "userbase"
    try:
        install_pip(wheel, interpreter, user_base, environment=context.environment)
    except BaseException:
        remove(layer.path)
        raise
    return "made anew" if layer.restored else "installed"


def _rows(wheel: PipWheel, interpreter: Interpreter, origin: str, *, launch: bool) -> list[tuple[str, str]]:
    place = "for the build and in the app image" if launch else "for the build, not in the app image"
    return [("pip", f"{wheel.version} ({origin}), {place}"), ("Python", interpreter.version)]
