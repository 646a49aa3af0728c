"""What is done with an environment once a tool has installed into it, whichever tool it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.environment.checkouts import leave_repositories
from app_venv.environment.installed import installed_distributions
from app_venv.environment.normalisation import normalise_environment, normalise_shared_files
from app_venv.environment.venv import site_packages
from buildpack_api.bytecode import compile_tree
from buildpack_api.interpreter import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from app_venv.environment.installed import InstalledDistribution
    from app_venv.unchanged.moving import UnchangedParts
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.output import Output


def finish_environment(
    venv: Path,
    interpreter: Interpreter,
    direct: Collection[str] | None,
    *,
    parts: UnchangedParts,
    environment: Mapping[str, str],
    output: Output,
) -> tuple[InstalledDistribution, ...]:
    """Make what a tool has installed reproducible, with byte code, and return all that is installed then.

    ``direct`` are the names that were asked for; None if the tool has noted them rightly. What was announced
    of ``parts`` joins it. Raises NotAsOfferedError.
    """
    packages = site_packages(venv, interpreter.minor)
    installed = [one for one in installed_distributions(packages) if one.name not in parts.moved]
    normalise_environment(venv, installed, direct)
    leave_repositories(venv, output)
    if not parts.with_bytecode:
        parts.complete(venv)
    for tree in (venv / "lib", venv / "src"):
        if tree.is_dir():
            compile_tree(interpreter.executable, tree, env=isolated_environment(environment))
    if parts.with_bytecode:
        parts.complete(venv)
    distributions = installed_distributions(packages)
    normalise_shared_files(venv, distributions)
    return distributions
