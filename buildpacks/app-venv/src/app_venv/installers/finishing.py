"""What is done with an environment once a tool has installed into it, whichever tool it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.environment.checkouts import leave_repositories
from app_venv.environment.installed import installed_distributions
from app_venv.environment.normalisation import normalise_environment
from app_venv.environment.venv import site_packages
from buildpack_api.bytecode import compile_tree
from buildpack_api.interpreter import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from app_venv.environment.installed import InstalledDistribution
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.output import Output


def finish_environment(
    venv: Path,
    interpreter: Interpreter,
    direct: Collection[str] | None,
    *,
    environment: Mapping[str, str],
    output: Output,
) -> tuple[InstalledDistribution, ...]:
    """Make what a tool has installed reproducible, with byte code, and return it.

    ``direct`` are the names that were asked for; None if the tool has noted them rightly.
    """
    distributions = installed_distributions(site_packages(venv, interpreter.minor))
    normalise_environment(venv, distributions, direct)
    leave_repositories(venv, output)
    compile_tree(interpreter.executable, venv / "lib", env=isolated_environment(environment))
    return distributions
