"""Build: the app's requirements in a virtual environment, restored if provably right, else made anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app_venv.guard import refuse_dangerous_variables
from app_venv.hint import offer_pip
from app_venv.install import Installer
from app_venv.key import RECIPE, VenvKey, settings
from app_venv.pip_cache import open_cache
from app_venv.pip_program import PipProgram, find_pip, pip_environment
from app_venv.requirements import Requirements, read_requirements
from app_venv.reuse import Decision, decide, recorded_packages
from app_venv.summary import summary_rows
from app_venv.venv import check_venv, create_venv, site_packages, venv_works
from buildpack_api.files import remove
from buildpack_api.interpreter import Interpreter, find_interpreter
from buildpack_api.layer_env import EnvChange, Scope, override, prepend
from buildpack_api.layers import Layer, LayerTypes

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.resolution import Resolution
    from buildpack_api.context import BuildContext

_LAYER = "venv"
_DEFAULT_FILE = "requirements.txt"


def build(context: BuildContext) -> None:
    """Install the requirements files into the layer ``venv``."""
    refuse_dangerous_variables(context.platform_env)
    requirements = _requirements(context)
    interpreter = find_interpreter(context)
    pip = find_pip(context, interpreter)
    cache = open_cache(context, interpreter, pip)
    key = _key(context, interpreter, pip, requirements)
    layer = context.layers.open(_LAYER, key)
    venv = layer.path / "venv"
    installer = Installer(pip, venv, cache.path, context.app_dir, pip_environment(context))
    decision = decide(
        layer,
        requirements,
        works=lambda: venv_works(venv, environment=context.environment),
        resolve=lambda: _resolve_again(context, installer, requirements),
    )
    if decision.reuse:
        context.output.step(f"Reusing the virtual environment: {decision.proof}")
    else:
        _explain(context, decision)
        resolution = _install(context, layer, interpreter, requirements, installer)
        layer = replace(layer, key=replace(key, packages=resolution.record))
    layer.write_env(*environment_changes(venv))
    layer.save(LayerTypes(build=True, launch=True, cache=not requirements.unprovable))
    cache.save()
    _summarise(context, interpreter, pip, venv, decision)


def environment_changes(venv: Path) -> tuple[EnvChange, ...]:
    """Return what activates the environment; for later buildpacks pip acts on it as well."""
    return (
        prepend("PATH", str(venv / "bin")),
        override("VIRTUAL_ENV", str(venv)),
        override("PIP_PYTHON", str(venv), scope=Scope.BUILD),
    )


def _requirements(context: BuildContext) -> Requirements:
    names = context.environment.get("BP_PIP_REQUIREMENT", "").split() or [_DEFAULT_FILE]
    constraints = context.environment.get("PIP_CONSTRAINT", "").split()
    return read_requirements(names, context.app_dir, context.environment, constraints=constraints)


def _key(
    context: BuildContext, interpreter: Interpreter, pip: PipProgram, requirements: Requirements
) -> VenvKey:
    path = context.layers.root / _LAYER
    return VenvKey(
        recipe=RECIPE,
        python=interpreter.version,
        python_build=interpreter.build,
        interpreter=str(interpreter.executable),
        pip=pip.version,
        pip_place=(*pip.command, str(pip.site_packages)),
        target=str(context.target),
        path=str(path),
        requirement_files=requirements.files,
        requirements=requirements.digest,
        settings=settings(context.environment),
        packages=recorded_packages(path),
    )


def _resolve_again(context: BuildContext, installer: Installer, requirements: Requirements) -> Resolution:
    context.output.step("Not everything is pinned by hash: asking pip what it would install today")
    return installer.resolve(requirements.roots)


def _explain(context: BuildContext, decision: Decision) -> None:
    for reason in decision.reasons:
        context.output.step(f"The virtual environment is made anew: {reason}")


def _install(
    context: BuildContext,
    layer: Layer,
    interpreter: Interpreter,
    requirements: Requirements,
    installer: Installer,
) -> Resolution:
    """Make the layer's contents from nothing; keep nothing if that fails."""
    layer.clear()
    try:
        create_venv(interpreter, installer.venv, environment=context.environment)
        context.output.step(f"Installing {' '.join(requirements.roots)} with pip {installer.pip.version}")
        resolution = installer.install(requirements.roots, interpreter)
        check_venv(installer.venv, environment=context.environment)
        offer_pip(installer.pip, installer.venv, site_packages(installer.venv, interpreter.minor))
    except BaseException:
        remove(layer.path)
        raise
    return resolution


def _summarise(
    context: BuildContext, interpreter: Interpreter, pip: PipProgram, venv: Path, decision: Decision
) -> None:
    done = "reused" if decision.reuse else "made anew" if decision.reasons else "new"
    rows = [
        ("Python", interpreter.version),
        ("pip", f"{pip.version}, not in the virtual environment"),
        ("virtual environment", f"{done}: {venv}"),
    ]
    libraries = site_packages(venv, interpreter.minor)
    context.output.summary("Summary", rows + summary_rows(venv, libraries, reused=decision.reuse))
