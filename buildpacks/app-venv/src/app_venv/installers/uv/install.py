"""Installing with uv into the virtual environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from app_venv.environment.venv import site_packages
from app_venv.evidence.resolution import UNPROVABLE, InstallationResolution, ResolvedDistribution
from app_venv.installers.uv.inputs import UvInputs
from buildpack_api.commands import run_with_tail
from buildpack_api.errors import BuildpackError, CommandFailed
from buildpack_api.interpreter import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from app_venv.environment.checkouts import GitCheckout
    from app_venv.environment.installed import InstalledDistribution
    from app_venv.inputs.pinning import PinnedInputs
    from app_venv.installers.tools import Tools
    from app_venv.installers.uv.lock import LockedFile, LockedPackage, UvLock
    from app_venv.settings import Settings
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.output import Output

_EPOCH = "315532801"  # 1980-01-01T00:00:01Z: the earliest time that a zip archive can hold, and a second
_ALL = ":all:"


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

    def install(self, inputs: PinnedInputs, interpreter: Interpreter) -> InstallationResolution:
        """Install the inputs, with byte code, and return what was installed.

        Raises CommandFailed with uv's failure explained.
        """
        if not isinstance(inputs, UvInputs):
            raise TypeError("uv installs from its own lock file")
        lock = inputs.lock  # what is wrong with it is said before anything is run
        # By the interpreter itself: a .python-version of the app would let uv look for another one.
        python = ("--python", str(self.tools.interpreter.executable))
        self.run("sync", *python, *inputs.arguments, *self._wheels_only(lock))
        distributions = self.finish(interpreter, lock.direct)
        return InstallationResolution(tuple(_resolved(one, lock) for one in distributions))

    def finish(
        self, interpreter: Interpreter, direct: Collection[str] | None
    ) -> tuple[InstalledDistribution, ...]:
        """Make what uv has installed reproducible, with byte code, and return it.

        ``direct`` are the names that were asked for.
        """
        from app_venv.environment.checkouts import leave_repositories  # only when something is installed
        from app_venv.environment.installed import installed_distributions
        from app_venv.environment.normalisation import normalise_environment
        from buildpack_api.bytecode import compile_tree

        distributions = installed_distributions(site_packages(self.venv, interpreter.minor))
        normalise_environment(self.venv, distributions, direct)
        leave_repositories(self.venv, self.output)
        env = isolated_environment(self.tools.environment)
        compile_tree(interpreter.executable, self.venv / "lib", env=env)
        return distributions

    def resolve(self, inputs: PinnedInputs) -> InstallationResolution:
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
            raise _failure(command, code, tail)

    def _wheels_only(self, lock: UvLock) -> Iterator[str]:
        """Yield options: the project and what comes from a directory or a repository is built in any case."""
        wanted = self.settings.only_binary
        for one in lock.packages:
            if one.kind in ("registry", "url") and (_ALL in wanted or one.name in wanted):
                yield from ("--no-build-package", one.name)

    def _environment(self) -> AbstractContextManager[dict[str, str]]:
        """Return uv's environment, whose files with secrets exist as long as it is entered."""
        environment = {
            "SOURCE_DATE_EPOCH": _EPOCH,
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


def _resolved(one: InstalledDistribution, lock: UvLock) -> ResolvedDistribution:
    """Return what the lock knows of what is installed."""
    package = lock.find(one.name, one.version)
    if package is None or package.reason:
        return ResolvedDistribution(one.name, one.version, UNPROVABLE)
    wheel = _wheel_of(one, package)
    if wheel is not None:
        published = package.kind == "registry"
        return ResolvedDistribution(one.name, one.version, wheel.hash, published=published)
    origin = package.sdist.hash if package.sdist else UNPROVABLE
    return ResolvedDistribution(one.name, one.version, origin, built=True)


def _wheel_of(one: InstalledDistribution, package: LockedPackage) -> LockedFile | None:
    """Return the wheel with the tags of the installed one; None if it was built here."""
    if one.directory is None:
        return None
    try:
        lines = (one.directory / "WHEEL").read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    tags = frozenset(line.partition(":")[2].strip() for line in lines if line.startswith("Tag:"))
    found = [wheel for wheel in package.wheels if tags & _tags(wheel.name)]
    exact = [wheel for wheel in found if tags == _tags(wheel.name)]
    return next(iter([*exact, *found]), None)


def _tags(name: str) -> frozenset[str]:
    """Return the tags of a wheel by its name (PyPA specification 'Binary distribution format')."""
    parts = name.removesuffix(".whl").split("-")[-3:]
    if len(parts) < 3:  # noqa: PLR2004  (python, abi, platform)
        return frozenset()
    pythons, abis, platforms = (part.split(".") for part in parts)
    return frozenset("-".join(tag) for tag in product(pythons, abis, platforms))


def _failure(command: tuple[str, ...], code: int, tail: str) -> CommandFailed:
    from app_venv.failures.uv import explain, was_killed  # only for a failure

    explanation = explain(code, tail)
    ended = "uv was killed" if was_killed(code) else f"uv ended with exit code {code}"
    return CommandFailed(
        f"The requirements could not be installed: {explanation.cause}",
        command=command,
        returncode=code,
        detail=f"{ended}; what it said is above.",
        advice=explanation.advice,
    )
