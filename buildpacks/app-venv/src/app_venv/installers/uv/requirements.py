"""uv in the place of pip (``BP_INSTALLER=uv``), for files that pin everything by hash.

What is installed is then the same, whichever of them does it. Anything else is refused by its line: there is
no pip that could install it.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution
from app_venv.inputs.pinning import Pinning, listed
from app_venv.inputs.read import read_inputs
from app_venv.inputs.requirement_files import is_lock
from app_venv.inputs.selection import Wanted
from app_venv.installers.pip import config
from app_venv.installers.pip.install import policy_options
from app_venv.installers.pip.options import refuse_dangerous_variables, variable, without_dangerous
from app_venv.installers.uv.install import UvInstaller
from app_venv.installers.uv.strategy import UvStrategy
from app_venv.settings import INSTALLER
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app_venv.environment.installed import InstalledDistribution
    from app_venv.inputs.pinning import PinnedInputs, Unfilled
    from app_venv.installers.tools import Tools
    from app_venv.settings import Settings
    from app_venv.unchanged.inventory import ListedDistribution
    from app_venv.unchanged.moving import UnchangedParts
    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter
    from buildpack_common.known_secrets import KnownSecret

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
# How uv is told what pip is told: by options of pip, variables of uv.
_DEFAULT_INDEX = "UV_DEFAULT_INDEX"
_INDEXES = {
    "index-url": _DEFAULT_INDEX, "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST", "cert": "SSL_CERT_FILE",
}  # fmt: skip
_LISTS = ("find-links", "trusted-host")
_NO_INDEX = "no-index"


class UvRequirementsStrategy(UvStrategy):
    """See `app_venv.installers.strategy.InstallStrategy`."""

    fetches_all = True  # lock files are installed as a whole

    def refuse_variables(self, users: Mapping[str, str]) -> None:
        """Refuse those of pip as well: its settings count."""
        refuse_dangerous_variables(users)
        super().refuse_variables(users)

    def find_tools(self, context: BuildContext) -> Tools:
        """Find Python and uv, which is given the indexes that pip is set up for."""
        tools = super().find_tools(context)
        variables = {**without_dangerous(context.environment), **tools.access.variables}
        config.refuse_dangerous_settings(variables)
        return replace(tools, environment={**tools.environment, **_index_variables(variables)})

    def read_inputs(self, context: BuildContext, settings: Settings, tools: Tools) -> PinnedInputs:
        """Read what pip would read, and refuse what is not pinned by hash."""
        variables = {**context.environment, **tools.access.variables, **tools.environment}
        wanted = Wanted(
            context.app_dir,
            context.environment,
            settings,
            tools.interpreter,
            None,
            bool(variables.get(_DEFAULT_INDEX)),
        )
        inputs = read_inputs(wanted)
        if inputs.unlocked:
            raise ConfigurationError(
                f"{INSTALLER.name}=uv is for files that pin everything by hash, and these lines do not",
                detail=listed(inputs.unlocked),
                advice="Write name==version --hash=sha256:... for each, dependencies included "
                f"(pip-compile --generate-hashes, uv export), or remove {INSTALLER.name}: pip installs it.",
            )
        if wanted.selection.wanted:
            raise ConfigurationError(
                f"{' and '.join(wanted.selection.variables)} cannot be used with {INSTALLER.name}=uv",
                detail="Extras and groups of a lock file are chosen by pip alone.",
                advice=f"Remove {INSTALLER.name}, or lock what the app needs and nothing else.",
            )
        return inputs

    def unfilled(self, variables: Mapping[str, str]) -> tuple[Unfilled, ...]:
        """Look into variables and configuration files of pip."""
        return config.unfilled_settings(variables)

    def file_secrets(self, variables: Mapping[str, str]) -> tuple[KnownSecret, ...]:
        """Look into files of pip as well."""
        return (*config.file_secrets(variables), *super().file_secrets(variables))

    def relevant_settings(self, variables: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
        """Return those of pip as well."""
        return (*config.relevant_settings(variables, app_dir), *super().relevant_settings(variables, app_dir))

    def policy(self, settings: Settings) -> tuple[str, ...]:
        """Return options of pip, which uv understands."""
        return policy_options(settings)

    def installer(
        self, context: BuildContext, settings: Settings, tools: Tools, venv: Path, cache: Path
    ) -> UvInstaller:
        """Let uv act on the environment."""
        return UvRequirementsInstaller(tools, venv, cache, context.app_dir, context.output, settings)


class UvRequirementsInstaller(UvInstaller):
    """uv, installing files that pin everything."""

    def install(
        self, inputs: PinnedInputs, interpreter: Interpreter, parts: UnchangedParts
    ) -> InstallationResolution:
        """Install the inputs, with byte code, and return what was installed.

        Raises CommandFailed with uv's failure explained.
        """
        if inputs.empty:
            return InstallationResolution()
        parts.announce(self.venv, tuple(_unchanged(inputs, parts.offered.values())))
        python = ("--python", str(self.venv / "bin" / "python"))
        # pip looks at all indexes; which file it is is told by its hash.
        options = ("--exact", "--require-hashes", "--index-strategy", "unsafe-best-match")
        wheels = [f"--only-binary={name}" for name in self.settings.only_binary]
        with tempfile.TemporaryDirectory(prefix="strata-uv-") as scratch:
            arguments = inputs.arguments_with(Path(scratch))
            self.run("pip", "install", *python, *options, *wheels, *arguments)
        distributions = self.finish(interpreter, _direct(inputs), parts)
        return InstallationResolution(tuple(self._resolved(distributions, inputs, parts)))

    def identity(self, inputs: PinnedInputs, package: ResolvedDistribution) -> str:
        """Return the hash of the wheel with the line that lets it be chosen."""
        line = _line_of(inputs, package.name) if package.published else ""
        return f"{package.origin} {line}" if line else ""

    def _resolved(
        self, distributions: tuple[InstalledDistribution, ...], inputs: PinnedInputs, parts: UnchangedParts
    ) -> Iterator[ResolvedDistribution]:
        """Yield what was installed, with the hash among those allowed that uv has noted of its file."""
        from app_venv.installers.uv.cache import linked_archives  # only when something is installed

        archives = {one.distribution: one for one in linked_archives(self.cache, self.venv, parts.moved)}
        allowed = {one.encode(): one for one in inputs.hashes}
        for one in distributions:
            if one.name in parts.moved:
                origin = parts.offered[one.name].identity.partition(" ")[0]
                yield ResolvedDistribution(one.name, one.version, origin, published=True)
                continue
            found = archives.get(one.name)
            hashes = [text for sha256, text in allowed.items() if found and sha256 in found.notes]
            origin = f"sha256:{hashes[0]}" if len(hashes) == 1 else "one of the files that are allowed"
            built = found is not None and found.built
            published = len(hashes) == 1 and not built
            yield ResolvedDistribution(one.name, one.version, origin, (), published, built)


def _index_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return pip's indexes and certificates as variables of uv, where it has none of its own."""
    in_files = {one.option: one.value for one in config.settings_in_files(environment)}
    if environment.get(variable(_NO_INDEX)) or in_files.get(_NO_INDEX):
        raise ConfigurationError(
            f"{variable(_NO_INDEX)} cannot be used with {INSTALLER.name}=uv",
            advice="BP_PIP_DEST_PATH names the app's own wheels; then no index is asked.",
        )
    found = {}
    for option, name in _INDEXES.items():
        value = environment.get(variable(option)) or in_files.get(option, "")
        if value and not environment.get(name):
            found[name] = ",".join(value.split()) if option in _LISTS else value
    return found


def _unchanged(inputs: PinnedInputs, offered: Iterable[ListedDistribution]) -> Iterator[str]:
    """Yield the names of those that uv would install once more from the same wheels."""
    direct = _direct(inputs)
    for one in offered:
        line = _line_of(inputs, one.name)
        same = line and one.identity.partition(" ")[2] == line
        if same and direct is not None and one.requested is (one.name in direct):
            yield one.name


def _line_of(inputs: PinnedInputs, name: str) -> str:
    """Return what the files say of a project, as a text to compare; '' unless that is one whole line."""
    found = [
        one
        for one in inputs.requirements
        if one.pinning is Pinning.LOCKED and (match := _NAME.match(one.text)) and normalise(match[0]) == name
    ]
    if len(found) != 1 or found[0].is_cut or not found[0].hashes:
        return ""
    return " ".join((found[0].text, *sorted(found[0].hashes)))


def _direct(inputs: PinnedInputs) -> frozenset[str] | None:
    """Return the names that the files ask for, as pip notes them; None for a lock file."""
    if any(map(is_lock, inputs.files)):
        return None
    names = [match[0] for one in inputs.requirements if (match := _NAME.match(one.text))]
    return frozenset(map(normalise, names))
