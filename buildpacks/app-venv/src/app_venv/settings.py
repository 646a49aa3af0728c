"""The variables by which a user changes what this buildpack does: described as data, read once, in one place.

The table in the README is made of them; a test holds them together. pip's own variables (``PIP_*``) are in
`installers.pip.options`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from buildpack_api.variables import read_word
from buildpack_common.environment_variables import Variable
from buildpack_common.names import is_name, normalise
from buildpack_common.parsing import parse_count

if TYPE_CHECKING:
    from collections.abc import Mapping

PIP_VERSION = "BP_PIP_VERSION"
"""Not of this buildpack: strata/pip-tool chooses pip by it."""

_HEAVY = 16
_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})


class PackageManager(Enum):
    """What installs the app."""

    PIP = "pip"
    UV = "uv"
    POETRY = "poetry"


class RequirementsInstaller(Enum):
    """What installs requirements files and lock files (PEP 751)."""

    PIP = "pip"
    UV = "uv"


class ProjectMode(Enum):
    """How much of a project is installed."""

    DEPENDENCIES = "dependencies"
    """What it depends on; its own modules are found in the app directory."""
    EDITABLE = "editable"
    """The project too, as a link to the app directory."""
    WHEEL = "wheel"
    """The project too, built and copied."""


class CheckMode(Enum):
    """What happens if packages do not fit together."""

    WARN = "warn"
    ERROR = "error"
    OFF = "off"


class StaticMode(Enum):
    """When Django's static files are collected."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class BuiltFor(Enum):
    """Which Pythons what was built from source is for."""

    ABI = "abi"
    """All that load it: the patches of a minor."""
    PATCH = "patch"
    """The one that built it."""


class Kept(Enum):
    """What of pip's cache is kept for the next build."""

    ALL = "all"
    BUILT = "built"
    NONE = "none"


PACKAGE_MANAGER = Variable(
    "BP_PACKAGE_MANAGER",
    "what installs the app, where its files are for several tools",
    PackageManager,
)
HEAVY = Variable(
    "BP_VENV_HEAVY",
    "a wheel with at least so many MiB of big binary files has a layer of its own for them (default: 16);"
    " `off`: none has",
    form="`off`, or a number",
)
INSTALLER = Variable(
    "BP_INSTALLER",
    "what installs requirements files and lock files; `uv` takes what is pinned by hash throughout",
    RequirementsInstaller,
    RequirementsInstaller.PIP.value,
)
POETRY_EXTRAS = Variable("BP_POETRY_EXTRAS", "extras of the project that `poetry.lock` is of", form="names")
POETRY_GROUPS = Variable(
    "BP_POETRY_GROUPS",
    "dependency groups beside `main`; without it no other group is installed",
    form="names",
)
POETRY_NO_ROOT = Variable(
    "BP_POETRY_NO_ROOT", "the project itself is not installed (`poetry sync --no-root`)", form="`true`"
)
UV_EXTRAS = Variable("BP_UV_EXTRAS", "extras of the project that `uv.lock` is of", form="names")
UV_FROZEN = Variable(
    "BP_UV_FROZEN", "`uv.lock` is not compared with the project (`uv sync --frozen`)", form="`true`"
)
UV_GROUPS = Variable(
    "BP_UV_GROUPS",
    "dependency groups (PEP 735); without it none is installed, also no default group",
    form="names",
)
UV_PACKAGE = Variable("BP_UV_PACKAGE", "the package of a workspace that is the app", form="a name")
COLLECTSTATIC = Variable(
    "BP_DJANGO_COLLECTSTATIC",
    "whether Django's static files are collected; with `on`, nothing to collect is an error",
    StaticMode,
    StaticMode.AUTO.value,
)
DISABLE_COLLECTSTATIC = Variable(
    "DISABLE_COLLECTSTATIC", "the same as `BP_DJANGO_COLLECTSTATIC=off`, which comes first", form="`1`"
)
BUILD_IGNORE = Variable(
    "BP_PIP_BUILD_IGNORE",
    "variables that make no difference to what is built from source, beside "
    "[those that never do](#when-the-environment-is-reused); `*` stands for any characters",
    form="names",
)
BUILT_FOR = Variable(
    "BP_VENV_BUILT_FOR",
    "what was built from source stays for all patches of a Python (`abi`), or each builds it again (`patch`)",
    BuiltFor,
    BuiltFor.ABI.value,
)
CACHE = Variable(
    "BP_PIP_CACHE",
    "what of pip's cache is kept for the next build; `built`: the wheels that were built here",
    Kept,
    Kept.ALL.value,
)
CHECK = Variable(
    "BP_PIP_CHECK", "what happens if packages do not fit together", CheckMode, CheckMode.WARN.value
)
DEST_PATH = Variable(
    "BP_PIP_DEST_PATH",
    "the app's own wheels, relative to the app (default: `vendor`, if there are wheels in it)",
    form="a directory",
)
EXTRAS = Variable("BP_PIP_EXTRAS", "extras of the project or the lock file", form="names")
GROUPS = Variable(
    "BP_PIP_GROUPS", "dependency groups (PEP 735) of the project or the lock file", form="names"
)
ONLY_BINARY = Variable(
    "BP_PIP_ONLY_BINARY", "of these projects wheels only, nothing is built", form="`:all:`, or names"
)
PROJECT = Variable("BP_PIP_PROJECT", "install from `pyproject.toml`, and how", ProjectMode)
REQUIRE_HASHES = Variable(
    "BP_PIP_REQUIRE_HASHES",
    "nothing is installed that is not pinned by hash; all that is not is listed",
    form="`true`",
)
REQUIREMENT = Variable(
    "BP_PIP_REQUIREMENT",
    "requirements files and lock files, relative to the app",
    form="files, with blanks between",
)

VARIABLES = (
    BUILD_IGNORE, CACHE, CHECK, DEST_PATH, EXTRAS, GROUPS, ONLY_BINARY, PROJECT, REQUIREMENT, REQUIRE_HASHES,
    BUILT_FOR, HEAVY, INSTALLER, PACKAGE_MANAGER, POETRY_EXTRAS, POETRY_GROUPS, POETRY_NO_ROOT,
    UV_EXTRAS, UV_FROZEN, UV_GROUPS, UV_PACKAGE, COLLECTSTATIC, DISABLE_COLLECTSTATIC,
)  # fmt: skip
"""All of them, in the order of the documentation."""


@dataclass(frozen=True)
class Settings:
    """What the variables say, read before anything is done, so that a wrong value costs no installation.

    ``project`` is None if the user did not choose. ``extras`` and ``groups`` are normalised, in the order
    given. ``heavy`` is in MiB, 0 for off. ``only_binary`` has names of projects, or ``:all:`` alone; empty:
    source distributions are built.
    """

    requirement: tuple[str, ...] = ()
    project: ProjectMode | None = None
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    dest_path: str = ""
    require_hashes: bool = False
    only_binary: tuple[str, ...] = ()
    build_ignore: tuple[str, ...] = ()
    built_for: BuiltFor = BuiltFor.ABI
    heavy: int = _HEAVY
    cache: Kept = Kept.ALL
    check: CheckMode = CheckMode.WARN
    static: StaticMode = StaticMode.AUTO
    uv_extras: tuple[str, ...] = ()
    uv_groups: tuple[str, ...] = ()
    uv_package: str = ""
    uv_frozen: bool = False
    poetry_extras: tuple[str, ...] = ()
    poetry_groups: tuple[str, ...] = ()
    poetry_no_root: bool = False


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read all variables. Raises ConfigurationError for a value that means nothing."""
    return Settings(
        requirement=tuple(environment.get(REQUIREMENT.name, "").split()),
        project=read_word(PROJECT, ProjectMode, environment),
        extras=_names(EXTRAS, environment),
        groups=_names(GROUPS, environment),
        dest_path=DEST_PATH.text(environment),
        require_hashes=_switch(REQUIRE_HASHES, environment),
        only_binary=_projects(ONLY_BINARY, environment),
        build_ignore=BUILD_IGNORE.words(environment),
        built_for=read_word(BUILT_FOR, BuiltFor, environment) or BuiltFor.ABI,
        heavy=_mebibytes(HEAVY, _HEAVY, environment),
        cache=read_word(CACHE, Kept, environment) or Kept.ALL,
        check=read_word(CHECK, CheckMode, environment) or CheckMode.WARN,
        static=_static(environment),
        uv_extras=_names(UV_EXTRAS, environment),
        uv_groups=_names(UV_GROUPS, environment),
        uv_package=_one_name(UV_PACKAGE, environment),
        uv_frozen=_switch(UV_FROZEN, environment),
        poetry_extras=_names(POETRY_EXTRAS, environment),
        poetry_groups=_names(POETRY_GROUPS, environment),
        poetry_no_root=_switch(POETRY_NO_ROOT, environment),
    )


def read_package_manager(environment: Mapping[str, str]) -> PackageManager | None:
    """Read the choice of a tool; None if the user made none. Raises ConfigurationError for another word."""
    return read_word(PACKAGE_MANAGER, PackageManager, environment)


def read_requirements_installer(environment: Mapping[str, str]) -> RequirementsInstaller:
    """Read what installs files of pip. Raises ConfigurationError for another word."""
    return read_word(INSTALLER, RequirementsInstaller, environment) or RequirementsInstaller.PIP


def _static(environment: Mapping[str, str]) -> StaticMode:
    """Read the variable, else the one that Heroku has for it."""
    if not COLLECTSTATIC.text(environment):
        word = DISABLE_COLLECTSTATIC.text(environment).lower()
        return StaticMode.AUTO if word in ("", "0", "false", "no") else StaticMode.OFF
    return read_word(COLLECTSTATIC, StaticMode, environment) or StaticMode.AUTO


def _switch(variable: Variable, environment: Mapping[str, str]) -> bool:
    text = environment.get(variable.name, "")
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ConfigurationError(
            f"{variable.name} is neither true nor false: {text!r}", advice="Write true, or leave it out."
        )
    return word in _YES


def _names(variable: Variable, environment: Mapping[str, str]) -> tuple[str, ...]:
    names = variable.words(environment)
    wrong = [name for name in names if not is_name(name)]
    if wrong:
        raise ConfigurationError(
            f"{variable.name} has something that is not a name: {wrong[0]}",
            advice="Write names with blanks between, such as: web postgres",
        )
    return tuple(dict.fromkeys(normalise(name) for name in names))


def _mebibytes(variable: Variable, default: int, environment: Mapping[str, str]) -> int:
    """Read a number, or off, which is 0."""
    text = variable.text(environment).lower()
    number = 0 if text == "off" else parse_count(text or str(default))
    if number is None or (number == 0 and text != "off"):
        raise ConfigurationError(
            f"{variable.name} is {text!r}",
            detail=f"Its meaning: {variable.meaning}.",
            advice="Set it to off or to a number of MiB, such as 16, or remove it.",
        )
    return number


def _one_name(variable: Variable, environment: Mapping[str, str]) -> str:
    names = _names(variable, environment)
    if len(names) > 1:
        raise ConfigurationError(
            f"{variable.name} has several names: {' '.join(names)}", advice="One package is the app."
        )
    return "".join(names)


def _projects(variable: Variable, environment: Mapping[str, str]) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(variable.words(environment)))
    if ":all:" in words:
        return (":all:",)
    wrong = [word for word in words if not is_name(word)]
    if wrong:
        raise ConfigurationError(
            f"{variable.name} names what cannot be a project: {' '.join(wrong)}",
            advice="Write :all:, or names of projects with blanks or commas between them.",
        )
    return tuple(sorted(word.lower() for word in words))
