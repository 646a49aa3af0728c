"""Poetry, as one of the tools that install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.installers.poetry import options
from app_venv.installers.poetry.cache import open_cache
from app_venv.installers.poetry.inputs import read_poetry_inputs
from app_venv.installers.poetry.install import PoetryInstaller
from app_venv.installers.poetry.tools import find_tools
from buildpack_common.known_secrets import address_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_venv.inputs.pinning import PinnedInputs, Unfilled
    from app_venv.installers.poetry.cache import PoetryCache
    from app_venv.installers.tools import Tools
    from app_venv.settings import Kept, Settings
    from buildpack_api.context import BuildContext
    from buildpack_api.layer_env import EnvChange
    from buildpack_common.known_secrets import KnownSecret


class PoetryStrategy:
    """See `app_venv.installers.strategy.InstallStrategy`."""

    name = "poetry"

    def refuse_variables(self, users: Mapping[str, str]) -> None:
        """Refuse those of Poetry and Python that would spoil the build."""
        options.refuse_variables(users)

    def find_tools(self, context: BuildContext) -> Tools:
        """Find Python and Poetry."""
        return find_tools(context)

    def read_inputs(self, context: BuildContext, settings: Settings, tools: Tools) -> PinnedInputs:
        """Read poetry.lock, and the project that it is of."""
        return read_poetry_inputs(context.app_dir, context.environment, settings, tools.interpreter)

    def unfilled(self, variables: Mapping[str, str]) -> tuple[Unfilled, ...]:  # noqa: ARG002
        """Return nothing: nobody expects Poetry to fill in variables."""
        return ()

    def file_secrets(self, variables: Mapping[str, str]) -> tuple[KnownSecret, ...]:
        """Look into Poetry's files of a user."""
        from app_venv.installers.poetry.logins import login_file_secrets  # few builds have such files

        files = [path for path in options.configuration_files(variables) if path.is_file()]
        found = [one for path in files for one in login_file_secrets(path)]
        for path in files:
            found += address_secrets(path.read_text("utf-8", "replace"), str(path))
        return tuple(found)

    def relevant_settings(self, variables: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
        """Return variables and files."""
        return options.relevant_settings(variables, app_dir)

    def policy(self, settings: Settings) -> tuple[str, ...]:
        """Return what may be built."""
        return (f"only-binary={','.join(settings.only_binary)}",) if settings.only_binary else ()

    def open_cache(self, context: BuildContext, tools: Tools, venv: Path, kept: Kept) -> PoetryCache:  # noqa: ARG002
        """Open the layer ``poetry-cache``."""
        return open_cache(context, kept)

    def installer(
        self, context: BuildContext, settings: Settings, tools: Tools, venv: Path, cache: Path
    ) -> PoetryInstaller:
        """Let Poetry act on the environment."""
        return PoetryInstaller(tools, venv, cache, context.app_dir, context.output, settings)

    def finish(self, tools: Tools, venv: Path, site_packages: Path) -> None:  # noqa: ARG002
        """Explain that there is no pip."""
        from app_venv.installers.stand_in import write_stand_in  # not for a reused environment

        write_stand_in(venv, site_packages, tool="Poetry", lock="poetry lock")

    def environment(self, venv: Path) -> tuple[EnvChange, ...]:  # noqa: ARG002
        """Return nothing: Poetry of later buildpacks acts on ``VIRTUAL_ENV``."""
        return ()
