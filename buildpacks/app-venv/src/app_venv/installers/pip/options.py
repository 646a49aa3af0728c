"""Every option of ``pip install`` 26.3, and what it would do to a build if the user sets it.

The user's variables reach every program of the build and override those of earlier buildpacks, which is how
an index or a proxy is configured. A few, of pip and of Python, would make a build quietly produce something
else than the app's files say: they are refused.

Each was tried with that pip as a variable ``PIP_...``; in a configuration file it does the same. A test holds
the table against the options of the real pip, so that a new one is noticed. What is not in it, of another
pip, counts as an input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.installers.tools import OF_PYTHON, OWN, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

_ELSEWHERE = "packages would be installed somewhere else than in the virtual environment"
_MORE = "what is installed would not be what the requirements files say"
_LESS = "packages that are required would not be installed"
_OTHER = "packages would be chosen for another Python or machine"

REFUSED: Mapping[str, str] = {
    "abi": _OTHER,
    "cache-dir": OWN,
    "dry-run": "pip would install nothing and report success",
    "editable": _MORE,
    "group": _MORE,
    "implementation": _OTHER,
    "no-dependencies": _LESS,
    "no-deps": _LESS,
    "no-require-hashes": "what has no hash would be installed beside what has one, so nothing is proved",
    "no-user": "in pip it means the same as user, and packages would be installed somewhere else",
    "only-dependencies": _LESS,
    "only-deps": _LESS,
    "platform": _OTHER,
    "prefix": _ELSEWHERE,
    "python": OWN,
    "python-version": _OTHER,
    "report": "the report of pip is used by the buildpack",
    "requirement": f"{_MORE}; BP_PIP_REQUIREMENT names other files",
    "requirements-from-script": _MORE,
    "root": _ELSEWHERE,
    "source": _ELSEWHERE,
    "source-dir": _ELSEWHERE,
    "source-directory": _ELSEWHERE,
    "src": _ELSEWHERE,
    "target": _ELSEWHERE,
    "user": _ELSEWHERE,
}
"""Options that would make something else of the build, with the reason."""

SWITCHES = frozenset({
    "dry-run", "no-dependencies", "no-deps", "no-require-hashes", "no-user", "only-dependencies", "only-deps",
    "user",
})  # fmt: skip
"""Those of them that are off if their value says no."""

OVERRULED = frozenset({"cache-dir", "python", "report", "user"})
"""Those of them that do nothing in a configuration file: the buildpack's own variable or argument wins."""

INPUTS = frozenset({
    "all-releases", "build-constraint", "check-build-dependencies", "config-settings", "constraint",
    "extra-index-url", "find-links", "ignore-requires-python", "index-url", "no-binary", "no-build-isolation",
    "no-index", "only-binary", "only-final", "pre", "prefer-binary", "pypi-url", "require-hashes",
    "trusted-host", "uploaded-prior-to", "use-deprecated", "use-feature", "use-pep517",
})  # fmt: skip
"""Options that take part in the decision what is installed, or how it is built: part of the layer's key."""

HARMLESS = frozenset({
    # They change how pip talks, waits, connects and stores ...
    "cert", "client-cert", "debug", "default-timeout", "disable-pip-version-check", "exists-action", "help",
    "isolated", "keyring-provider", "local-log", "log", "log-file", "no-cache-dir", "no-clean", "no-color",
    "no-input", "no-proxy-env", "no-python-version-warning", "no-warn-conflicts", "no-warn-script-location",
    "progress-bar", "proxy", "quiet", "refresh-package", "require-venv", "require-virtualenv",
    "resume-retries", "retries", "root-user-action", "timeout", "verbose",
    # ... or they are about an environment in which something is installed already, or about byte code.
    "break-system-packages", "compile", "force-reinstall", "ignore-installed", "no-compile", "upgrade",
    "upgrade-strategy",
})  # fmt: skip
"""Options that make no difference to what is installed."""

_NO = frozenset({"0", "f", "false", "n", "no", "off"})


def spoils(option: str, value: str) -> bool:
    """Whether pip with this setting would do something else than the buildpack expects. Empty means unset."""
    off = option in SWITCHES and not is_on(value)
    return option in REFUSED and bool(value) and not off


def is_on(value: str) -> bool:
    """Whether a switch with this value is on."""
    return value.strip().lower() not in _NO


def variable(option: str) -> str:
    """Return the variable for an option: ``PIP_DRY_RUN`` for ``dry-run``."""
    return f"PIP_{option.upper().replace('-', '_')}"


def option_of(name: str) -> str:
    """Return the option that a variable sets: ``dry-run`` for ``PIP_Dry_run``; empty for other variables."""
    return name[4:].lower().replace("_", "-") if name.startswith("PIP_") else ""


_INTERNAL = "pip sets it for programs that it starts itself"

DANGEROUS: Mapping[str, str] = {
    **{variable(option): reason for option, reason in REFUSED.items()},
    "PIP_AUTO_COMPLETE": "pip would only complete a command line",
    **OF_PYTHON,
    "PYTHONINSPECT": "programs of the build would wait for input instead of ending",
    "PYTHONNOUSERSITE": "pip, which is a user package of its own layer, would not be found",
    "PYTHONUSERBASE": OWN,
    "_PIP_IN_BUILD_IGNORE_CONSTRAINTS": _INTERNAL,
    "_PIP_RUNNING_IN_SUBPROCESS": _INTERNAL,
}
"""Why each of them is refused. pip also knows its variables in lower case and with dashes."""

# Empty means unset to pip and Python. But an empty value of the user replaces one that a buildpack has set.
_EVEN_IF_EMPTY = frozenset(name for name, reason in DANGEROUS.items() if reason == OWN)


def refuse_dangerous_variables(user_variables: Mapping[str, str]) -> None:
    """Raise ConfigurationError that lists all dangerous ones, with reasons; values are not shown."""
    dangerous = (name for name, value in user_variables.items() if is_dangerous(name, value))
    refuse({name: DANGEROUS[option_name(name)] for name in dangerous})


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
