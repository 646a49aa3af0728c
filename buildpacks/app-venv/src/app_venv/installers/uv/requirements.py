"""uv in the place of pip (``BP_INSTALLER=uv``), for files that pin everything by hash.

What is installed is then the same, whichever of them does it. Anything else is refused by its line: there is
no pip that could install it.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from app_venv.environment.venv import site_packages
from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution
from app_venv.inputs.pinning import Pinning, listed
from app_venv.inputs.read import read_inputs
from app_venv.inputs.requirement_files import is_lock
from app_venv.inputs.selection import Wanted
from app_venv.installers.pip import config
from app_venv.installers.pip.install import policy_options
from app_venv.installers.pip.options import (
    is_on,
    option_of,
    refuse_dangerous_variables,
    variable,
    without_dangerous,
)
from app_venv.installers.tools import refuse
from app_venv.installers.uv.install import UvInstaller
from app_venv.installers.uv.pip_files import DEFAULT_INDEX, file_for_uv, project_of, trusted_hosts
from app_venv.installers.uv.strategy import UvStrategy
from app_venv.settings import INSTALLER
from buildpack_api.errors import ConfigurationError
from buildpack_common.files import write_atomically

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

_TRUSTED = "UV_INSECURE_HOST"
# How uv is told what pip is told: by options of pip, variables of uv.
_DEFAULT_INDEX = "UV_DEFAULT_INDEX"
_INDEXES = {
    "index-url": _DEFAULT_INDEX, "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
    "trusted-host": _TRUSTED, "cert": "SSL_CERT_FILE", "client-cert": "SSL_CLIENT_CERT",
}  # fmt: skip
_FILES = ("cert", "client-cert")  # as with pip, they come before what is for all programs
_REQUIREMENT = "--requirement"
_NO_INDEX, _FIND_LINKS, _PROXY = "no-index", "find-links", "proxy"
_KINDS = ("no-binary", "only-binary")
# What an index of a file replaces, as with pip.
_OF_USER = (_DEFAULT_INDEX, "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")
# uv's own settings, also those of the app for it, are none of pip's: they could name another environment.
_WITHOUT_SETTINGS = {"UV_NO_CONFIG": "1"}
_MORE = "what is installed would not be what the files say, and pip would install"
_REFUSED = dict.fromkeys(("UV_CONFIG_FILE", "UV_CONSTRAINT", "UV_EXCLUDE", "UV_OVERRIDE"), _MORE)
# Options of pip about which uv is not told, and which make a difference even if everything is pinned.
_UNTOLD = frozenset({
    "build-constraint", "config-settings", "ignore-requires-python", "no-build-isolation",
    "uploaded-prior-to",
})  # fmt: skip
_OF_FILES = "constraint"


class UvRequirementsStrategy(UvStrategy):
    """See `app_venv.installers.strategy.InstallStrategy`."""

    def refuse_variables(self, users: Mapping[str, str]) -> None:
        """Refuse those of pip as well, since its settings count, and those of uv that would say more."""
        refuse_dangerous_variables(users)
        super().refuse_variables(users)
        refuse({name: reason for name, reason in _REFUSED.items() if users.get(name)})

    def find_tools(self, context: BuildContext) -> Tools:
        """Find Python and uv, which is given the indexes that pip is set up for."""
        tools = super().find_tools(context)
        variables = {**without_dangerous(context.environment), **tools.access.variables}
        config.refuse_dangerous_settings(variables)
        config.refuse_malformed_addresses(variables)
        _refuse_untold(variables)
        return replace(
            tools, environment={**tools.environment, **_WITHOUT_SETTINGS, **told_by_pip(variables)}
        )

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
        if wanted.selection.wanted and any(map(is_lock, inputs.files)):
            raise ConfigurationError(
                f"{' and '.join(wanted.selection.variables)} cannot be used with {INSTALLER.name}=uv",
                detail="Extras and groups of a lock file are chosen by pip alone.",
                advice=f"Remove {INSTALLER.name}, or lock what the app needs and nothing else.",
            )
        return _told(inputs, tools.interpreter, context.app_dir)

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
        told = _settings({**without_dangerous(context.environment), **tools.access.variables})
        kinds = [f"--only-binary={name}" for name in settings.only_binary]
        kinds += [
            f"--{kind}={name}" for kind in _KINDS for name in told.get(kind, "").replace(",", " ").split()
        ]
        return UvRequirementsInstaller(
            tools, venv, cache, context.app_dir, context.output, settings, kinds=tuple(kinds)
        )


@dataclass(frozen=True)
class UvRequirementsInstaller(UvInstaller):
    """uv, installing files that pin everything; of ``kinds`` of files, as options say."""

    kinds: tuple[str, ...] = ()

    from_lock: ClassVar[bool] = False

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
        with tempfile.TemporaryDirectory(prefix="strata-uv-") as scratch:
            arguments = inputs.arguments_with(Path(scratch))
            told = replace(self, tools=replace(self.tools, environment=self._environment_for(inputs)))
            told.run("pip", "install", *python, *options, *self.kinds, *arguments)
        archives = self._archives(inputs, parts)
        self._note_hashes(interpreter, archives, parts)
        distributions = self.finish(interpreter, _direct(inputs), parts)
        return InstallationResolution(tuple(_resolved(distributions, archives, parts)))

    def _environment_for(self, inputs: PinnedInputs) -> dict[str, str]:
        """Return uv's environment: an index of a file comes in the place of those of the user (as in pip)."""
        environment = dict(self.tools.environment)
        if any(line.startswith(DEFAULT_INDEX) for line in inputs.listing.splitlines()):
            environment = {name: value for name, value in environment.items() if name not in _OF_USER}
        hosts = " ".join([*environment.get(_TRUSTED, "").split(), *trusted_hosts(inputs.lines)])
        return {**environment, **({_TRUSTED: hosts} if hosts else {})}

    def identities(self, inputs: PinnedInputs, resolution: InstallationResolution) -> dict[str, str]:
        """Return the hashes of wheels with the lines that let them be chosen; a lock file has no lines."""
        lines = {} if any(map(is_lock, inputs.files)) else _lines(inputs)
        return {
            one.name: f"{one.origin} {lines[one.name]}" if one.published and lines.get(one.name) else ""
            for one in resolution.packages
        }

    def _archives(self, inputs: PinnedInputs, parts: UnchangedParts) -> dict[str, tuple[str, bool]]:
        """Return the hash of each file that was installed, '' if it cannot be told, and if it was built."""
        from app_venv.installers.uv.cache import linked_archives  # only when something is installed

        found = {}
        for one in linked_archives(self.cache, self.venv, parts.moved):
            hashes = [sha256 for sha256 in inputs.hashes if sha256.encode() in one.notes]
            found[one.distribution] = (hashes[0] if len(hashes) == 1 else "", one.built)
        return found

    def _note_hashes(
        self, interpreter: Interpreter, archives: Mapping[str, tuple[str, bool]], parts: UnchangedParts
    ) -> None:
        """Add the hash to what is noted of an address (direct_url.json), in the form of pip."""
        from app_venv.environment.installed import installed_distributions
        from app_venv.environment.records import correct_record

        for one in installed_distributions(site_packages(self.venv, interpreter.minor)):
            if one.name in parts.moved or one.direct_url().get("archive_info") != {}:
                continue
            sha256, _ = archives.get(one.name, ("", False))
            if sha256 and one.directory is not None:
                info = {"hash": f"sha256={sha256}", "hashes": {"sha256": sha256}}
                text = json.dumps({**one.direct_url(), "archive_info": info}, sort_keys=True)
                path = one.directory / "direct_url.json"
                write_atomically(path, text.encode())
                correct_record(one, {path: text.encode()})


def _resolved(
    distributions: tuple[InstalledDistribution, ...],
    archives: Mapping[str, tuple[str, bool]],
    parts: UnchangedParts,
) -> Iterator[ResolvedDistribution]:
    """Yield what was installed, with the hash among those allowed that uv has noted of its file."""
    for one in distributions:
        if one.name in parts.moved:
            origin = parts.offered[one.name].identity.partition(" ")[0]
            yield ResolvedDistribution(one.name, one.version, origin, published=True)
            continue
        sha256, built = archives.get(one.name, ("", False))
        origin = f"sha256:{sha256}" if sha256 else "one of the files that are allowed"
        published = bool(sha256) and not built
        yield ResolvedDistribution(one.name, one.version, origin, (), published, built)


def told_by_pip(environment: Mapping[str, str]) -> dict[str, str]:
    """Return pip's indexes, hosts, certificates and proxy as variables of uv; its own come first."""
    settings = _settings(environment)
    if is_on(settings.get(_NO_INDEX, "no")):
        raise ConfigurationError(
            f"{variable(_NO_INDEX)} cannot be used with {INSTALLER.name}=uv",
            advice="BP_PIP_DEST_PATH names the app's own wheels; then no index is asked.",
        )
    found = {}
    for option, name in _INDEXES.items():
        value = settings.get(option, "")
        if option == _FIND_LINKS:  # pip passes over a directory that is not there
            value = ",".join(one for one in value.split() if "://" in one or Path(one).exists())
        if value and (option in _FILES or not environment.get(name)):
            found[name] = value if option in _FILES else " ".join(value.split())
    proxy = settings.get(_PROXY)
    if proxy:  # it comes before those of the environment
        found |= dict.fromkeys(("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy)
    return found


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the options of pip that are set, and not empty."""
    in_files = {one.option: one.value for one in config.settings_in_files(environment)}
    return in_files | {
        option_of(name): value for name, value in environment.items() if option_of(name) and value
    }


def _refuse_untold(environment: Mapping[str, str]) -> None:
    """Refuse options that would be passed over; values are not shown."""
    places = {one.option: f"{one.option} in {one.file}" for one in config.settings_in_files(environment)}
    refused = [place for option, place in places.items() if option in (*_UNTOLD, _OF_FILES)]
    refused += [name for name, value in environment.items() if value and option_of(name) in _UNTOLD]
    addresses = environment.get(variable(_OF_FILES), "")
    refused += [variable(_OF_FILES)] if "://" in addresses else []
    if refused:
        raise _cannot_be_used(refused)


def _cannot_be_used(settings: Iterable[str]) -> ConfigurationError:
    return ConfigurationError(
        f"{' and '.join(sorted(settings))} cannot be used with {INSTALLER.name}=uv",
        detail="It is a setting of pip about which uv is not told, and makes a difference.",
        advice=f"Remove it, or remove {INSTALLER.name}: then pip installs the app. Constraints of a "
        f"requirements file can be in files that {variable(_OF_FILES)} or a line -c names.",
    )


def _told(inputs: PinnedInputs, interpreter: Interpreter, app_dir: Path) -> PinnedInputs:
    """Return the inputs with one file for uv in the place of those that pip would read."""
    if inputs.missing:
        raise ConfigurationError(
            f"{', '.join(inputs.missing)} does not exist",
            detail=f"A requirements file includes it with -r or -c, or {variable(_OF_FILES)} names it.",
            advice="Names count from the file that includes them. Is it committed, and uploaded?",
        )
    is_locked = any(map(is_lock, inputs.files))
    if is_locked and any(one.constraint for one in inputs.lines):
        raise _cannot_be_used([variable(_OF_FILES)])
    if is_locked or inputs.empty:
        return inputs
    listing = file_for_uv(inputs.lines, interpreter, app_dir)
    arguments = list(inputs.arguments)
    while _REQUIREMENT in arguments:
        place = arguments.index(_REQUIREMENT)
        del arguments[place : place + 2]
    return replace(inputs, listing=listing, arguments=tuple(arguments))


def _unchanged(inputs: PinnedInputs, offered: Iterable[ListedDistribution]) -> Iterator[str]:
    """Yield the names of those that uv would install once more from the same wheels."""
    direct, lines = _direct(inputs), _lines(inputs)
    for one in offered:
        line = lines.get(one.name, "")
        same = line and one.identity.partition(" ")[2] == line
        if same and direct is not None and one.requested is (one.name in direct):
            yield one.name


def _lines(inputs: PinnedInputs) -> dict[str, str]:
    """Return what the files say of each project, as a text to compare; '' unless that is one whole line."""
    found = dict[str, str]()
    for one in inputs.requirements:
        if one.pinning is Pinning.LOCKED:
            name, is_whole = project_of(one.text), one.hashes and not one.is_cut
            text = " ".join((one.text, *sorted(one.hashes))) if is_whole else ""
            found[name] = "" if name in found else text
    return found


def _direct(inputs: PinnedInputs) -> frozenset[str] | None:
    """Return the names that the files ask for, as pip notes them; None for a lock file."""
    if any(map(is_lock, inputs.files)):
        return None
    names = (project_of(one.line.requirement) for one in inputs.lines if not one.constraint)
    return frozenset(filter(None, names))
