"""What a tool that installs has to be able to do: inputs, key, installation, evidence for reuse.

All the rest is the same for every tool: the virtual environment, the decision, byte code, checks, bills of
materials, the search for secrets, the summary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app_venv.environment.checkouts import GitCheckout
    from app_venv.evidence.resolution import InstallationResolution
    from app_venv.inputs.pinning import PinnedInputs, Unfilled
    from app_venv.installers.tools import Tools
    from app_venv.settings import Kept, Settings
    from app_venv.unchanged.inventory import Inventory
    from app_venv.unchanged.moving import UnchangedParts
    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.layer_env import EnvChange
    from buildpack_api.layers import Layer
    from buildpack_common.known_secrets import KnownSecret


class InstallerCache(Protocol):
    """The layer that keeps a tool's downloads, and what it has built, from one build to the next."""

    @property
    def layer(self) -> Layer:
        """The layer."""

    @property
    def path(self) -> Path:
        """The directory that the tool works in."""

    def use(self, build_environment: tuple[str, ...]) -> tuple[str, ...]:
        """Call it before the tool runs: what is damaged is removed.

        So is what was built in another environment than this; returns how it differs.
        """

    def settle(self, resolution: InstallationResolution, *, reused: bool) -> None:
        """Leave only what an installation of ``resolution`` needs; for a reused one that is there already."""

    def save(self) -> None:
        """Offer it to later buildpacks as well, never to the app image."""


class FileOrigins(Protocol):
    """Where the files of an installation are from; as a text, for the summary.

    ``checkouts`` are what was cloned to stay in the environment.
    """

    @property
    def checkouts(self) -> Sequence[GitCheckout]:
        """The checkouts."""


class EnvironmentInstaller(Protocol):
    """A tool, acting on one virtual environment; ``origins`` fills up while it installs."""

    @property
    def venv(self) -> Path:
        """The virtual environment."""

    @property
    def origins(self) -> FileOrigins:
        """Where files are from, as far as it is known."""

    def install(
        self, inputs: PinnedInputs, interpreter: Interpreter, parts: UnchangedParts
    ) -> InstallationResolution:
        """Install the inputs, with byte code, and return what was installed.

        What is offered in ``parts`` is moved instead of installed, if it is what would be installed. Raises
        NotAsOfferedError if that turns out not to be possible; CommandFailed with the failure explained,
        BuildpackError if something is missing afterwards.
        """

    def identities(self, inputs: PinnedInputs, resolution: InstallationResolution) -> dict[str, str]:
        """Return what tells a later build that it would install the same wheels, by their distributions.

        '' if nothing does.
        """

    def resolve(self, inputs: PinnedInputs, restored: Inventory | None) -> InstallationResolution:
        """Return what `install` would install now; what is in the ``restored`` environment is not fetched.

        Raises CommandFailed if that cannot be told.
        """


class InstallStrategy(Protocol):
    """One tool. ``name`` is that of its plan entry and of its program."""

    @property
    def name(self) -> str:
        """The name."""

    def refuse_variables(self, users: Mapping[str, str]) -> None:
        """Raise ConfigurationError that lists what would spoil the build of the user's variables."""

    def find_tools(self, context: BuildContext) -> Tools:
        """Find Python and the program. Raises PlatformError if one is missing or too old.

        Raises ConfigurationError for bindings that cannot be used, and for files of the tool's own that
        would spoil the build.
        """

    def read_inputs(self, context: BuildContext, settings: Settings, tools: Tools) -> PinnedInputs:
        """Read what is to be installed. Raises ConfigurationError, which names the file or the variable."""

    def unfilled(self, variables: Mapping[str, str]) -> tuple[Unfilled, ...]:
        """Return the ``${VARIABLES}`` in the tool's own settings that it will not fill in."""

    def file_secrets(self, variables: Mapping[str, str]) -> tuple[KnownSecret, ...]:
        """Return the secrets in the tool's own files."""

    def relevant_settings(self, variables: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
        """Return the settings of the tool that decide what is installed, with digests: part of the key."""

    def policy(self, settings: Settings) -> tuple[str, ...]:
        """Return what the user allows to be installed: part of the key."""

    def open_cache(self, context: BuildContext, tools: Tools, venv: Path, kept: Kept) -> InstallerCache:
        """Return the restored cache, or an empty one; ``venv`` is the environment that it is for."""

    def installer(
        self, context: BuildContext, settings: Settings, tools: Tools, venv: Path, cache: Path
    ) -> EnvironmentInstaller:
        """Return the tool acting on ``venv``."""

    def finish(self, tools: Tools, venv: Path, site_packages: Path) -> None:
        """Leave in a new environment what later buildpacks, or people in a container, need of the tool."""

    def environment(self, venv: Path) -> tuple[EnvChange, ...]:
        """Return what makes the tool of a later buildpack act on ``venv``."""
