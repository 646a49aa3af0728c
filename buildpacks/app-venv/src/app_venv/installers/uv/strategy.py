"""uv, as one of the tools that install."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.installers.uv import options
from app_venv.installers.uv.cache import open_cache
from app_venv.installers.uv.inputs import read_uv_inputs
from app_venv.installers.uv.install import UvInstaller
from app_venv.installers.uv.tools import find_tools
from buildpack_api.layer_env import EnvChange, Scope, override
from buildpack_common.known_secrets import address_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_venv.inputs.pinning import PinnedInputs, Unfilled
    from app_venv.installers.tools import Tools
    from app_venv.installers.uv.cache import UvCache
    from app_venv.settings import Kept, Settings
    from buildpack_api.context import BuildContext
    from buildpack_common.known_secrets import KnownSecret


class UvStrategy:
    """See `app_venv.installers.strategy.InstallStrategy`."""

    name = "uv"

    def refuse_variables(self, users: Mapping[str, str]) -> None:
        """Refuse those of uv and Python that would spoil the build."""
        options.refuse_variables(users)

    def find_tools(self, context: BuildContext) -> Tools:
        """Find Python and uv."""
        return find_tools(context)

    def read_inputs(self, context: BuildContext, settings: Settings, tools: Tools) -> PinnedInputs:
        """Read uv.lock, and the project that it is of."""
        return read_uv_inputs(context.app_dir, context.environment, settings, tools.interpreter)

    def unfilled(self, variables: Mapping[str, str]) -> tuple[Unfilled, ...]:  # noqa: ARG002
        """Return nothing: nobody expects uv to fill in variables."""
        return ()

    def file_secrets(self, variables: Mapping[str, str]) -> tuple[KnownSecret, ...]:
        """Look into uv's files of a user and of a machine."""
        return tuple(
            secret
            for path in options.configuration_files(variables)
            if path.is_file()
            for secret in address_secrets(path.read_text("utf-8", "replace"), str(path))
        )

    def relevant_settings(self, variables: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
        """Return variables and files."""
        return options.relevant_settings(variables, app_dir)

    def policy(self, settings: Settings) -> tuple[str, ...]:
        """Return what may be built."""
        return (f"only-binary={','.join(settings.only_binary)}",) if settings.only_binary else ()

    def open_cache(self, context: BuildContext, tools: Tools, venv: Path, kept: Kept) -> UvCache:  # noqa: ARG002
        """Open the layer ``uv-cache``."""
        return open_cache(context, venv, kept)

    def installer(
        self, context: BuildContext, settings: Settings, tools: Tools, venv: Path, cache: Path
    ) -> UvInstaller:
        """Let uv act on the environment."""
        return UvInstaller(tools, venv, cache, context.app_dir, context.output, settings)

    def finish(self, tools: Tools, venv: Path, site_packages: Path) -> None:
        """Let uv stand in for pip as long as it is there, and explain it afterwards."""
        from app_venv.installers.uv.hint import offer_uv  # not for a reused environment

        offer_uv(tools.program, venv, site_packages)

    def environment(self, venv: Path) -> tuple[EnvChange, ...]:
        """Let uv of later buildpacks act on it."""
        return (override("UV_PROJECT_ENVIRONMENT", str(venv), scope=Scope.BUILD),)
