"""Installing with uv into the virtual environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from app_venv.evidence.resolution import InstallationResolution
from app_venv.installers.tools import BUILD_EPOCH
from app_venv.installers.uv.inputs import UvInputs
from buildpack_api.commands import run_with_tail
from buildpack_api.errors import BuildpackError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from app_venv.environment.checkouts import GitCheckout
    from app_venv.environment.installed import InstalledDistribution
    from app_venv.inputs.pinning import PinnedInputs
    from app_venv.installers.locked_packages import LockedPackages
    from app_venv.installers.tools import Tools
    from app_venv.settings import Settings
    from app_venv.unchanged.inventory import Inventory
    from app_venv.unchanged.moving import UnchangedParts
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.output import Output

_ALL = ":all:"
_SHARED = "UV_NO_BUILD_ISOLATION"


@dataclass(frozen=True)
class UvOrigins:
    """Names of projects that were built from source; uv does not say what it had in its cache."""

    built: set[str] = field(default_factory=set)
    checkouts: list[GitCheckout] = field(default_factory=list)

    def see(self, line: str) -> None:
        """Take note of a line of uv's output."""
        words = line.split()
        if words[:1] == ["Built"] and len(words) > 1:
            self.built.add(words[1].partition("==")[0])

    def __str__(self) -> str:
        return f"{len(self.built)} built from source" if self.built else ""


@dataclass(frozen=True)
class UvInstaller:
    """uv, acting on ``venv``; ``origins`` fills up while it installs."""

    tools: Tools
    venv: Path
    cache: Path
    app_dir: Path
    output: Output
    settings: Settings
    origins: UvOrigins = field(default_factory=UvOrigins)

    from_lock: ClassVar[bool] = True
    """Whether it installs from uv.lock."""

    def install(
        self, inputs: PinnedInputs, interpreter: Interpreter, parts: UnchangedParts
    ) -> InstallationResolution:
        """Install the inputs, with byte code, and return what was installed.

        Raises CommandFailed with uv's failure explained.
        """
        if not isinstance(inputs, UvInputs):
            raise TypeError("uv installs from its own lock file")
        from app_venv.installers.locked_packages import resolved  # only when something is installed
        from app_venv.installers.uv.cache import linked_archives

        lock = inputs.lock  # what is wrong with it is said before anything is run
        if not self._builds_in_it(inputs):
            parts.announce(self.venv, tuple(inputs.unchanged(parts.offered.values())))
        # By the interpreter itself: a .python-version of the app would let uv look for another one.
        python = ("--python", str(self.tools.interpreter.executable))
        self.run("sync", *python, *inputs.arguments, *self._wheels_only(lock))
        distributions = self.finish(interpreter, lock.direct, parts)
        # Settings may forbid wheels that the lock has (no-binary).
        archives = linked_archives(self.cache, self.venv, parts.moved)
        built = {one.distribution for one in archives if one.built}
        packages = (resolved(one, lock, built=one.name in built) for one in distributions)
        return InstallationResolution(tuple(packages))

    def finish(
        self, interpreter: Interpreter, direct: Collection[str] | None, parts: UnchangedParts
    ) -> tuple[InstalledDistribution, ...]:
        """See `finish_environment`."""
        from app_venv.installers.finishing import finish_environment  # only when something is installed

        environment = self.tools.environment
        return finish_environment(
            self.venv, interpreter, direct, parts=parts, environment=environment, output=self.output
        )

    def identities(self, inputs: PinnedInputs, resolution: InstallationResolution) -> dict[str, str]:
        """Return digests of what the lock lets choose from."""
        if not isinstance(inputs, UvInputs):
            return {}
        return {one.name: inputs.identity(one) for one in resolution.packages}

    def resolve(self, inputs: PinnedInputs, restored: Inventory | None) -> InstallationResolution:  # noqa: ARG002
        """Nothing is ever left open to be asked for: a lock file determines it, or nothing does."""
        raise BuildpackError(f"{inputs.title} leaves nothing to be resolved")

    def run(self, *arguments: str) -> None:
        """Run uv on the environment. Raises CommandFailed with the failure explained."""
        command = (*self.tools.program.command, *arguments)
        with self._environment() as env:
            if env.get("PIP_CERT") and self.tools.access.certificates:
                env["SSL_CERT_FILE"] = env["PIP_CERT"]
            code, tail = run_with_tail(command, env=env, cwd=self.app_dir, watch=self.origins.see)
        if code != 0:
            from app_venv.failures.building import failed_installation  # only for a failure
            from app_venv.failures.uv import explain

            raise failed_installation("uv", command, code, explain(code, tail, locked=self.from_lock))

    def _builds_in_it(self, inputs: UvInputs) -> bool:
        """Whether uv may build packages with what is in the environment: then that has to be whole."""
        return bool(self.tools.environment.get(_SHARED)) or "no-build-isolation" in inputs.chosen_by

    def _wheels_only(self, lock: LockedPackages) -> Iterator[str]:
        """Yield options: the project and what comes from a directory or a repository is built in any case."""
        wanted = self.settings.only_binary
        for one in lock.packages:
            if one.kind in ("registry", "url") and (_ALL in wanted or one.name in wanted):
                yield from ("--no-build-package", one.name)

    def _environment(self) -> AbstractContextManager[dict[str, str]]:
        """Return uv's environment, whose files with secrets exist as long as it is entered."""
        environment = {
            "SOURCE_DATE_EPOCH": BUILD_EPOCH,
            **self.tools.environment,
            "UV_PROJECT_ENVIRONMENT": str(self.venv),
            "UV_CACHE_DIR": str(self.cache),
            # Both are on the file system of the layers.
            "UV_LINK_MODE": "hardlink",
            "UV_NO_MANAGED_PYTHON": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
        }
        return self.tools.access.environment(environment, minor=self.tools.interpreter.minor)
