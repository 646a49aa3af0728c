"""Variables of the user that would make a build quietly produce something else than the app's files say.

The user's variables reach every program of the build and override those of earlier buildpacks, which is how
an index or a proxy is configured. These few must not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.pip_options import OWN, REFUSED, option_of, spoils, variable
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_PYTHON = "Python would not find its standard library"
_INTERNAL = "pip sets it for programs that it starts itself"

DANGEROUS: Mapping[str, str] = {
    **{variable(option): reason for option, reason in REFUSED.items()},
    "PIP_AUTO_COMPLETE": "pip would only complete a command line",
    "PYTHONHOME": _NO_PYTHON,
    "PYTHONINSPECT": "programs of the build would wait for input instead of ending",
    "PYTHONNOUSERSITE": "pip, which is a user package of its own layer, would not be found",
    "PYTHONPLATLIBDIR": _NO_PYTHON,
    "PYTHONPYCACHEPREFIX": "byte code would be written outside the image, and start-up be slow",
    "PYTHONUSERBASE": OWN,
    "VIRTUAL_ENV": OWN,
    "_PIP_IN_BUILD_IGNORE_CONSTRAINTS": _INTERNAL,
    "_PIP_RUNNING_IN_SUBPROCESS": _INTERNAL,
}
"""Why each of them is refused. pip also knows its variables in lower case and with dashes."""

# Empty means unset to pip and Python. But an empty value of the user replaces one that a buildpack has set.
_EVEN_IF_EMPTY = frozenset(name for name, reason in DANGEROUS.items() if reason == OWN)


def refuse_dangerous_variables(user_variables: Mapping[str, str]) -> None:
    """Raise ConfigurationError that lists all dangerous ones, with reasons; values are not shown."""
    found = sorted(name for name, value in user_variables.items() if is_dangerous(name, value))
    if not found:
        return
    raise ConfigurationError(
        "These variables would spoil the build: " + ", ".join(found),
        detail="\n".join(f"{name}: {DANGEROUS[option_name(name)]}." for name in found),
        advice="Remove them from the build's environment (pack build --env, project.toml, the platform).",
    )


def is_dangerous(name: str, value: str) -> bool:
    """Whether the variable is refused with this value."""
    known = option_name(name)
    if known in _EVEN_IF_EMPTY:
        return True
    option = option_of(name)
    return spoils(option, value) if option in REFUSED else known in DANGEROUS and bool(value)


def without_dangerous(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what is refused of the user, whoever set it."""
    return {name: value for name, value in environment.items() if not is_dangerous(name, value)}


def option_name(name: str) -> str:
    """Return ``PIP_dry-run`` as ``PIP_DRY_RUN``, as pip reads it; other names as they are."""
    return name.upper().replace("-", "_") if name.startswith("PIP_") else name
