"""Installing with pip into the virtual environment, and asking pip what it would install."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.environment.venv import site_packages
from app_venv.evidence.resolution import InstallationResolution
from app_venv.installers.pip.cache import FILES
from app_venv.installers.pip.config import without_index
from app_venv.installers.pip.installation_report import Origins, read_report
from app_venv.installers.tools import BUILD_EPOCH
from app_venv.settings import ONLY_BINARY, Settings
from buildpack_api.commands import run_with_tail
from buildpack_api.errors import BuildpackError, CommandFailed
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from app_venv.environment.installed import InstalledDistribution
    from app_venv.evidence.resolution import ResolvedDistribution
    from app_venv.inputs.pinning import PinnedInputs
    from app_venv.installers.tools import Tools
    from app_venv.unchanged.inventory import Inventory, ListedDistribution
    from app_venv.unchanged.moving import UnchangedParts
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.output import Output

_NO_BINARY = "PIP_NO_BINARY"
_RUNNER = "pip/__pip-runner__.py"
_OPTIONS = (
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
    # Byte code comes afterwards, with invalidation by hash instead of by time.
    "--no-compile",
    # Packages that do not fit together are found afterwards, in a tenth of the time.
    "--no-warn-conflicts",
    # What else the environment's Python may see (PYTHONPATH of an earlier buildpack) is not in the image.
    "--ignore-installed",
)
_UNKNOWN = (
    "Whether the restored environment is still right cannot be told without an answer. What is pinned by "
    "hash throughout, or in a lock file, needs no index for that."
)


@dataclass(frozen=True)
class Installer:
    """pip, acting on ``venv``; ``origins`` fills up while it installs."""

    tools: Tools
    venv: Path
    cache: Path
    app_dir: Path
    output: Output
    settings: Settings = field(default_factory=Settings)
    origins: Origins = field(default_factory=Origins)

    def install(
        self, inputs: PinnedInputs, interpreter: Interpreter, parts: UnchangedParts
    ) -> InstallationResolution:
        """Install the inputs, with byte code, and return what was installed.

        pip chooses everything; what it would then fetch and unpack is moved if it is offered.
        Raises CommandFailed with pip's failure explained, or BuildpackError if pip claims success and a
        package is missing: an environment is never silently empty. Raises NotAsOfferedError.
        """
        from app_venv.environment.checkouts import read_checkouts  # not for a reused environment
        from app_venv.environment.installed import installed_distributions
        from app_venv.installers.finishing import finish_environment

        if inputs.empty:
            return InstallationResolution()
        offered = _offer(parts.offered.values(), parts.root) if parts.root else ()
        resolution = self._run(inputs, offered=offered)
        packages = site_packages(self.venv, interpreter.minor)
        installed = {one.name for one in installed_distributions(packages)}
        left_out = (one.name for one in resolution.packages if _is_left_out(one, installed, parts))
        parts.announce(self.venv, left_out)
        self.origins.checkouts.extend(read_checkouts(self.venv / "src", self.tools.environment))
        environment = self.tools.environment
        distributions = finish_environment(
            self.venv, interpreter, None, parts=parts, environment=environment, output=self.output
        )
        _check_complete(resolution, distributions, packages)
        return resolution

    def identities(self, inputs: PinnedInputs, resolution: InstallationResolution) -> dict[str, str]:  # noqa: ARG002
        """Return the hashes of the wheels, which pip finds out again."""
        return {
            one.name: one.origin if one.origin.startswith("sha256:") and not one.built else ""
            for one in resolution.packages
        }

    def resolve(self, inputs: PinnedInputs, restored: Inventory | None) -> InstallationResolution:
        """Return what `install` would install now. Only metadata is fetched where the index offers it.

        Of what is in the ``restored`` environment not even that. Raises CommandFailed if it cannot be told,
        for instance since the index is down: an environment that may be out of date is not used on the quiet.
        """
        offered = _offer(restored.distributions, self.venv) if restored else ()
        try:
            return self._run(inputs, "--dry-run", "--quiet", offered=offered)
        except CommandFailed as error:
            error.detail += f" {_UNKNOWN}"
            raise

    def _run(self, inputs: PinnedInputs, *options: str, offered: Iterable[str]) -> InstallationResolution:
        import tempfile  # only when pip runs

        with tempfile.TemporaryDirectory(prefix="strata-pip-") as scratch:
            report = Path(scratch, "report.json")
            program = (
                *self._pip(inputs, offered, Path(scratch)),
                "install",
                *_OPTIONS,
                *policy_options(self.settings),
                *options,
            )
            command = (*program, f"--report={report}", *inputs.arguments_with(Path(scratch)))
            with self._pip_environment() as env:
                code, tail = run_with_tail(command, env=env, cwd=self.app_dir, watch=self.origins.see)
                if code != 0:
                    raise _failure(self, inputs, command, env=env, code=code, tail=tail)
            return read_report(report)

    def _pip(self, inputs: PinnedInputs, offered: Iterable[str], scratch: Path) -> tuple[str, ...]:
        """Return what runs pip on the environment, as pip does it for another Python (`inside_pip`).

        ``scratch`` is where the files are put that say which hashes the inputs allow, and what is offered.
        """
        runner = self.tools.program.site_packages / _RUNNER
        if not runner.is_file():
            return self.tools.program.command
        hashes, left = scratch / "hashes", scratch / "offered"
        hashes.write_text("\n".join(sorted(inputs.hashes)), "ascii")
        left.write_text("\n".join(offered), "utf-8", "surrogateescape")
        python, program = self.venv / "bin/python", Path(__file__).with_name("inside_pip.py")
        return (str(python), str(program), str(self.cache / FILES), str(hashes), str(left), str(runner))

    def _pip_environment(self) -> AbstractContextManager[dict[str, str]]:
        """Return pip's environment, whose files with secrets exist as long as it is entered."""
        environment = {
            "SOURCE_DATE_EPOCH": BUILD_EPOCH,
            **self.tools.environment,
            "PIP_PYTHON": str(self.venv),
            "PIP_CACHE_DIR": str(self.cache),
        }
        return self.tools.access.environment(environment, minor=self.tools.interpreter.minor)


def _failure(
    installer: Installer,
    inputs: PinnedInputs,
    command: tuple[str, ...],
    *,
    env: Mapping[str, str],
    code: int,
    tail: str,
) -> CommandFailed:
    """Explain a failure; pip and the index are asked for what the output does not tell."""
    from app_venv.failures.building import failed_installation, was_killed  # only for a failure
    from app_venv.failures.pip import explain
    from app_venv.installers.pip.index_answers import refusals
    from app_venv.installers.pip.other_pythons import (
        Question,
        uncovered,
        wheel_elsewhere,
    )

    answers = refusals(tail, command, env=env, cwd=installer.app_dir)
    for answer in answers:
        installer.output.detail(f"The index answered: {answer}")
    explanation, more = explain(code, "\n".join([*answers, tail])), ""
    if not was_killed(code):
        question = Question(
            installer.tools.program.command, env, installer.app_dir, installer.tools.interpreter.minor
        )
        files = (installer.app_dir / name for name in inputs.files)
        explanation = uncovered(tail, files, question) or explanation
        more = wheel_elsewhere(tail, installer.origins.downloaded | installer.origins.cached, question)
    no_index = without_index(env)
    more += f" No index was asked: {no_index} says so." if no_index else ""
    more += f" {_NO_BINARY} leaves out wheels: is there a source distribution?" if env.get(_NO_BINARY) else ""
    more += _wheels_only(installer.settings) + inputs.advice
    return failed_installation("pip install", command, code, explanation, more=more)


def policy_options(settings: Settings) -> tuple[str, ...]:
    """Return the options for what the user allows to be installed; they are also part of the layer's key."""
    hashes = ("--require-hashes",) if settings.require_hashes else ()
    wheels = (f"--only-binary={','.join(settings.only_binary)}",) if settings.only_binary else ()
    return hashes + wheels


def _wheels_only(settings: Settings) -> str:
    """Return what to think of when pip finds nothing to install."""
    if not settings.only_binary:
        return ""
    names = " ".join(settings.only_binary)
    return f" {ONLY_BINARY.name} ({names}) leaves out source distributions: is there a wheel?"


def _offer(distributions: Iterable[ListedDistribution], environment: Path) -> Iterator[str]:
    """Yield the lines by which what is in an environment is offered to pip (`leave_out`)."""
    for one in distributions:
        if one.has_metadata(environment):
            yield f"{one.identity} {one.requested} {environment / one.metadata}"


def _is_left_out(package: ResolvedDistribution, installed: Collection[str], parts: UnchangedParts) -> bool:
    """Whether pip has left out the package, since it is offered."""
    offered = parts.offered.get(package.name)
    return package.name not in installed and offered is not None and offered.identity == package.origin


def _check_complete(
    resolution: InstallationResolution, distributions: Iterable[InstalledDistribution], libraries: Path
) -> None:
    """Raise BuildpackError if anything of the resolution is not installed."""
    present = {found.name for found in distributions}
    # What an old setuptools leaves of an editable installation.
    present |= {normalise(link.stem) for link in libraries.glob("*.egg-link")}
    missing = [package for package in resolution.packages if package.name not in present]
    if missing:
        raise BuildpackError(
            "pip reported success, but packages are missing from the virtual environment",
            detail="Missing: " + ", ".join(f"{package.name} {package.version}" for package in missing),
            advice="Does a pip configuration file (PIP_CONFIG_FILE, pip.conf) set dry-run, target or prefix?",
        )
