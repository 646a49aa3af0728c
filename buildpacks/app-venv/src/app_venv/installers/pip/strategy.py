"""pip, as one of the tools that install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.inputs.read import read_inputs
from app_venv.inputs.selection import Wanted
from app_venv.installers.pip.cache import open_cache
from app_venv.installers.pip.config import chooses_index, file_secrets, relevant_settings, unfilled_settings
from app_venv.installers.pip.install import Installer, policy_options
from app_venv.installers.pip.options import refuse_dangerous_variables
from app_venv.installers.pip.tools import find_tools
from buildpack_api.layer_env import EnvChange, Scope, override

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_venv.inputs.pinning import PinnedInputs, Unfilled
    from app_venv.installers.pip.cache import PipCache
    from app_venv.installers.tools import Tools
    from app_venv.settings import Kept, Settings
    from buildpack_api.context import BuildContext
    from buildpack_common.known_secrets import KnownSecret


class PipStrategy:
    """See `app_venv.installers.strategy.InstallStrategy`."""

    name = "pip"

    def refuse_variables(self, users: Mapping[str, str]) -> None:
        """Refuse those of pip and Python that would spoil the build."""
        refuse_dangerous_variables(users)

    def find_tools(self, context: BuildContext) -> Tools:
        """Find Python and pip."""
        return find_tools(context)

    def read_inputs(self, context: BuildContext, settings: Settings, tools: Tools) -> PinnedInputs:
        """Read requirements files, lock files (PEP 751) or the project."""
        variables = {**context.environment, **tools.access.variables}
        return read_inputs(
            Wanted(
                context.app_dir,
                context.environment,
                settings,
                tools.interpreter,
                tools.program,
                chooses_index(variables),
            )
        )

    def unfilled(self, variables: Mapping[str, str]) -> tuple[Unfilled, ...]:
        """Look into variables and configuration files of pip."""
        return unfilled_settings(variables)

    def file_secrets(self, variables: Mapping[str, str]) -> tuple[KnownSecret, ...]:
        """Look into configuration files of pip."""
        return file_secrets(variables)

    def relevant_settings(self, variables: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
        """Return variables and options in files."""
        return relevant_settings(variables, app_dir)

    def policy(self, settings: Settings) -> tuple[str, ...]:
        """Return options of pip."""
        return policy_options(settings)

    def open_cache(self, context: BuildContext, tools: Tools, venv: Path, kept: Kept) -> PipCache:  # noqa: ARG002
        """Open the layer ``pip-cache``."""
        return open_cache(context, tools.interpreter, tools.program, kept)

    def installer(
        self, context: BuildContext, settings: Settings, tools: Tools, venv: Path, cache: Path
    ) -> Installer:
        """Let pip act on the environment."""
        return Installer(tools, venv, cache, context.app_dir, context.output, settings)

    def finish(self, tools: Tools, venv: Path, site_packages: Path) -> None:
        """Offer pip, or the explanation of where it is."""
        from app_venv.installers.pip.hint import offer_pip  # not for a reused environment

        offer_pip(tools.program, venv, site_packages)

    def environment(self, venv: Path) -> tuple[EnvChange, ...]:
        """Let pip of later buildpacks act on it."""
        return (override("PIP_PYTHON", str(venv), scope=Scope.BUILD),)
