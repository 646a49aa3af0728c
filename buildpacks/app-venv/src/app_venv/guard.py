"""Variables of the user that would make a build quietly produce something else than the app's files say.

The user's variables reach every program of the build and override those of earlier buildpacks, which is how
an index or a proxy is configured. These few must not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ELSEWHERE = "packages would be installed somewhere else than in the virtual environment"
_MORE = "what is installed would not be what the requirements files say"
_LESS = "packages that are required would not be installed"
_OTHER = "packages would be chosen for another Python or machine"
_OWN = "the buildpacks set it"
_NO_PYTHON = "Python would not find its standard library"

DANGEROUS: Mapping[str, str] = {
    "PIP_ABI": _OTHER,
    "PIP_CACHE_DIR": _OWN,
    "PIP_DRY_RUN": "pip would install nothing and report success",
    "PIP_EDITABLE": _MORE,
    "PIP_GROUP": _MORE,
    "PIP_IMPLEMENTATION": _OTHER,
    "PIP_NO_DEPENDENCIES": _LESS,
    "PIP_NO_DEPS": _LESS,
    "PIP_ONLY_DEPENDENCIES": _LESS,
    "PIP_ONLY_DEPS": _LESS,
    "PIP_PLATFORM": _OTHER,
    "PIP_PREFIX": _ELSEWHERE,
    "PIP_PYTHON": _OWN,
    "PIP_PYTHON_VERSION": _OTHER,
    "PIP_REPORT": "the report of pip is used by the buildpack",
    "PIP_REQUIREMENT": f"{_MORE}; BP_PIP_REQUIREMENT names other files",
    "PIP_REQUIREMENTS_FROM_SCRIPT": _MORE,
    "PIP_ROOT": _ELSEWHERE,
    "PIP_SOURCE": _ELSEWHERE,
    "PIP_SOURCE_DIR": _ELSEWHERE,
    "PIP_SOURCE_DIRECTORY": _ELSEWHERE,
    "PIP_SRC": _ELSEWHERE,
    "PIP_TARGET": _ELSEWHERE,
    "PIP_USER": _ELSEWHERE,
    "PYTHONHOME": _NO_PYTHON,
    "PYTHONINSPECT": "programs of the build would wait for input instead of ending",
    "PYTHONNOUSERSITE": "pip, which is a user package of its own layer, would not be found",
    "PYTHONPLATLIBDIR": _NO_PYTHON,
    "PYTHONPYCACHEPREFIX": "byte code would be written outside the image, and start-up be slow",
    "PYTHONUSERBASE": _OWN,
    "VIRTUAL_ENV": _OWN,
}
"""Why each of them is refused. pip also knows its variables in lower case and with dashes."""

# Empty means unset to pip and Python. But an empty value of the user replaces one that a buildpack has set.
_EVEN_IF_EMPTY = frozenset(name for name, reason in DANGEROUS.items() if reason == _OWN)


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
    return known in DANGEROUS and (bool(value) or known in _EVEN_IF_EMPTY)


def without_dangerous(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without all of them, whoever set them."""
    return {name: value for name, value in environment.items() if option_name(name) not in DANGEROUS}


def option_name(name: str) -> str:
    """Return ``PIP_dry-run`` as ``PIP_DRY_RUN``, as pip reads it; other names as they are."""
    return name.upper().replace("-", "_") if name.startswith("PIP_") else name
