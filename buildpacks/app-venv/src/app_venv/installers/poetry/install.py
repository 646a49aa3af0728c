"""Installing with Poetry into the virtual environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.evidence.resolution import InstallationResolution
from app_venv.installers.poetry.inputs import PoetryInputs
from app_venv.installers.tools import BUILD_EPOCH
from buildpack_api.commands import run_with_tail
from buildpack_api.errors import BuildpackError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from app_venv.environment.checkouts import GitCheckout
    from app_venv.environment.installed import InstalledDistribution
    from app_venv.inputs.pinning import PinnedInputs
    from app_venv.installers.tools import Tools
    from app_venv.settings import Settings
    from app_venv.unchanged.inventory import Inventory
    from app_venv.unchanged.moving import UnchangedParts
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.output import Output

_OPTIONS = ("-v", "--no-ansi", "--no-interaction", "--no-plugins")
_ENVIRONMENT = {
    # Each of them counts before what a poetry.toml says.
    "POETRY_VIRTUALENVS_CREATE": "true",
    "POETRY_VIRTUALENVS_IN_PROJECT": "false",
    "POETRY_VIRTUALENVS_USE_POETRY_PYTHON": "false",
    "POETRY_KEYRING_ENABLED": "false",
    # Bindings give git its logins and keys; Poetry's own client knows nothing of them.
    "POETRY_SYSTEM_GIT_CLIENT": "true",
}


@dataclass(frozen=True)
class PoetryOrigins:
    """Names of projects that were built from source; Poetry does not say what it had in its cache."""

    built: list[str] = field(default_factory=list)
    checkouts: list[GitCheckout] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.built)} built from source" if self.built else ""


@dataclass(frozen=True)
class PoetryInstaller:
    """Poetry, acting on ``venv``; ``origins`` fills up while it installs."""

    tools: Tools
    venv: Path
    cache: Path
    app_dir: Path
    output: Output
    settings: Settings
    origins: PoetryOrigins = field(default_factory=PoetryOrigins)

    def install(
        self, inputs: PinnedInputs, interpreter: Interpreter, parts: UnchangedParts
    ) -> InstallationResolution:
        """Install the inputs, with byte code, and return what was installed.

        Raises CommandFailed with Poetry's failure explained.
        """
        if not isinstance(inputs, PoetryInputs):
            raise TypeError("Poetry installs from its own lock file")
        lock = inputs.lock  # what is wrong with it is said before anything is run
        parts.announce(self.venv, tuple(inputs.unchanged(parts.offered.values())))
        self._run("sync", *inputs.arguments)

        from app_venv.environment.checkouts import read_checkouts  # only when something is installed
        from app_venv.environment.installed import installed_distributions
        from app_venv.environment.venv import site_packages
        from app_venv.installers.finishing import finish_environment
        from app_venv.installers.locked_packages import resolved
        from app_venv.installers.poetry.options import without_wheels

        sources = self.venv / "src"
        _remove_sources(sources, installed_distributions(site_packages(self.venv, interpreter.minor)))
        self.origins.checkouts.extend(read_checkouts(sources, self.tools.environment))
        environment = self.tools.environment
        distributions = finish_environment(
            self.venv, interpreter, lock.direct, parts=parts, environment=environment, output=self.output
        )
        no_wheels = without_wheels(environment, self.app_dir)
        packages = (resolved(one, lock, built=no_wheels(one.name)) for one in distributions)
        resolution = InstallationResolution(tuple(packages))
        self.origins.built.extend(resolution.built)
        return resolution

    def identities(self, inputs: PinnedInputs, resolution: InstallationResolution) -> dict[str, str]:
        """Return digests of what the lock lets choose from."""
        if not isinstance(inputs, PoetryInputs):
            return {}
        return {one.name: inputs.identity(one) for one in resolution.packages}

    def resolve(self, inputs: PinnedInputs, restored: Inventory | None) -> InstallationResolution:  # noqa: ARG002
        """Nothing is ever left open to be asked for: a lock file determines it, or nothing does."""
        raise BuildpackError(f"{inputs.title} leaves nothing to be resolved")

    def _run(self, *arguments: str) -> None:
        command = (*self.tools.program.command, *arguments, *_OPTIONS)
        with self._environment() as env:
            if env.get("SSL_CERT_FILE"):
                env.setdefault("REQUESTS_CA_BUNDLE", env["SSL_CERT_FILE"])
            code, tail = run_with_tail(command, env=env, cwd=self.app_dir)
        if code != 0:
            from app_venv.failures.building import failed_installation  # only for a failure
            from app_venv.failures.poetry import explain

            raise failed_installation("Poetry", command, code, explain(code, tail))

    def _environment(self) -> AbstractContextManager[dict[str, str]]:
        """Return Poetry's environment, whose files with secrets exist as long as it is entered."""
        wheels_only = ",".join(self.settings.only_binary)
        environment = {
            "SOURCE_DATE_EPOCH": BUILD_EPOCH,
            **self.tools.environment,
            **_ENVIRONMENT,
            "VIRTUAL_ENV": str(self.venv),
            "POETRY_CACHE_DIR": str(self.cache),
            "POETRY_VIRTUALENVS_PATH": str(self.cache / "virtualenvs"),
            **({"POETRY_INSTALLER_ONLY_BINARY": wheels_only} if wheels_only else {}),
        }
        return self.tools.access.environment(environment, minor=self.tools.interpreter.minor)


def _remove_sources(sources: Path, distributions: Iterable[InstalledDistribution]) -> None:
    """Remove the clones that were only built from: Poetry leaves them all in the environment."""
    from buildpack_common.files import remove

    if not sources.is_dir():
        return
    linked = [Path(one.editable_directory()) for one in distributions if one.editable_directory()]
    for clone in sources.iterdir():
        if not any(one.is_relative_to(clone) for one in linked):
            remove(clone)
    if not any(sources.iterdir()):
        remove(sources)
