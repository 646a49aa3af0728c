"""Build: put Poetry into its layer, unless the restored one is made of the same."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from buildpack_api.interpreter import find_interpreter
from buildpack_api.layer_env import EnvChange, Scope, override, prepend
from buildpack_api.layers import Layer, LayerTypes
from buildpack_api.tools.wheel import bundled_wheel, check_supports
from buildpack_common.files import remove
from poetry_tool.key import RECIPE, PoetryKey, wheels_digest
from poetry_tool.release import TOOL, choose_release, wheels_for

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter
    from buildpack_common.tool_sets import SetWheel

_LAYER = "poetry"


def build(context: BuildContext) -> None:
    """Provide ``poetry`` for later buildpacks, and never in the app image."""
    _refuse_launch(context)
    interpreter = find_interpreter(context)
    release = choose_release(context)
    wheels = wheels_for(release, interpreter, context)
    key = PoetryKey(
        recipe=RECIPE,
        poetry=release.version,
        wheels=wheels_digest(wheels),
        python=interpreter.minor,
        interpreter=str(interpreter.executable),
        path=str(context.layers.root / _LAYER),
    )
    layer = context.layers.open(_LAYER, key)
    is_carried = all((context.buildpack_dir / "wheels" / one.file).is_file() for one in wheels)
    done = "reused"
    if not layer.reusable:
        done = _install(layer, release.version, wheels, interpreter, context, is_carried=is_carried)
    layer.write_env(*environment_changes(layer.path / "poetry"))
    layer.save(LayerTypes(build=True, cache=True))
    origin = "from this buildpack" if is_carried else "from the package index"
    context.output.summary(
        "Summary",
        [
            ("Poetry", f"{release.version} {origin} ({done}), for the build, not in the app image"),
            ("Python", interpreter.version),
        ],
    )


def environment_changes(tree: Path) -> tuple[EnvChange, ...]:
    """Return what makes ``poetry`` a command, without what is not in its environment."""
    return (
        prepend("PATH", str(tree / "bin"), scope=Scope.BUILD),
        override("POETRY_KEYRING_ENABLED", "false", scope=Scope.BUILD),
    )


def _refuse_launch(context: BuildContext) -> None:
    if context.plan.merged(TOOL.name).launch:
        raise ConfigurationError(
            "A buildpack requires poetry for launch, and this one provides it for the build only",
            advice="An app that runs Poetry itself lists it among its dependencies, and so has a Poetry of "
            "its own. To start the app, none is needed: its commands are in the virtual environment.",
        )


def _install(
    layer: Layer,
    version: str,
    wheels: tuple[SetWheel, ...],
    interpreter: Interpreter,
    context: BuildContext,
    *,
    is_carried: bool,
) -> str:
    from poetry_tool.install import install_poetry  # a build that reuses its layer needs it not

    output = context.output
    for reason in layer.reasons:
        output.step(f"The poetry layer is made anew: {reason}")
    directory = context.buildpack_dir / "wheels"
    pip = bundled_wheel(directory, "pip")
    check_supports(pip, interpreter)  # it does the work
    pins = {f"{one.name}=={one.version}": one.sha256 for one in wheels}
    with ExitStack() as stack:
        if not is_carried:
            from buildpack_api.tools.index_wheel import fetched_wheels

            output.step(f"Fetching Poetry {version}, {len(pins)} wheels, from the package index")
            directory = stack.enter_context(fetched_wheels(TOOL, version, pins, pip, interpreter, context))
        output.step(f"Installing Poetry {version} with Python {interpreter.version}")
        layer.clear()
        try:
            install_poetry(
                version,
                pins,
                directory,
                pip=pip,
                interpreter=interpreter,
                tree=layer.path / "poetry",
                environment=context.environment,
            )
        except BaseException:
            remove(layer.path)
            raise
    return "made anew" if layer.restored else "installed"
