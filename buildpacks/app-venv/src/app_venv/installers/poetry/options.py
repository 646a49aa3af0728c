"""Poetry's variables and files (Poetry documentation, 'Configuration'): what each does to a build.

Every setting may be a variable, and that counts before all files. So what a ``poetry.toml`` says of where
environments are (``virtualenvs.in-project``, ``virtualenvs.create = false``) is overruled, while a user who
sets such a variable for the build wants something that will not happen: that is refused. What is left, also
of a Poetry that is newer than this list, takes part in the decision what is installed.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.evidence.key import public_digest, public_file_digest
from app_venv.installers.tools import OF_PYTHON, OWN, refuse
from buildpack_api import toml
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PLACE = "packages would be installed somewhere else than in the virtual environment of the image"

REFUSED: Mapping[str, str] = {
    "POETRY_CACHE_DIR": OWN,
    "POETRY_VIRTUALENVS_CREATE": _PLACE,
    "POETRY_VIRTUALENVS_IN_PROJECT": _PLACE,
    "POETRY_VIRTUALENVS_PATH": _PLACE,
    "POETRY_VIRTUALENVS_USE_POETRY_PYTHON": "the app gets the Python of an earlier buildpack, and no other",
    **OF_PYTHON,
}
"""Why each of them is refused."""

# What has no say in what is installed: how Poetry talks, waits, connects and stores, who is asked for
# passwords, what is for other commands, and what images have for people who install Poetry (POETRY_VERSION).
_HARMLESS = re.compile(
    r"POETRY_(ACTIVE|CERTIFICATES_\w+|CONFIG_DIR|DATA_DIR|HOME|HTTP_BASIC_\w+|INSTALLER_(BUILTIN_UNINSTALL|"
    r"MAX_WORKERS|PARALLEL|RE_RESOLVE)|KEYRING_\w+|NO_INTERACTION|PUBLISH_\w+|PYPI_TOKEN_\w+|PYTHON_\w+|"
    r"REPOSITORIES_\w+|REQUESTS_\w+|SOLVER_\w+|SYSTEM_GIT_CLIENT|VERSION|VIRTUALENVS_\w+|WARNINGS_\w+)"
)
_FOLDER = "POETRY_CONFIG_DIR"
_NO_BINARY, _ALL = "POETRY_INSTALLER_NO_BINARY", frozenset({":all:", "true", "1"})
_OWN_FILE, _SETTINGS, _LOGINS = "poetry.toml", "config.toml", "auth.toml"


def refuse_variables(users: Mapping[str, str]) -> None:
    """Raise ConfigurationError for those of the user that would spoil the build."""
    refuse({name: reason for name, reason in REFUSED.items() if users.get(name)})


def poetry_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of Poetry that it is given."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith("POETRY_") and name not in REFUSED
    }


def relevant_settings(environment: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
    """Return the variables that matter, and Poetry's settings in files, each with a digest of its value.

    Digests, because a layer key is public and addresses may hold secrets. Logins are not settings.
    """
    names = sorted(
        name
        for name, value in poetry_variables(environment).items()
        if value and _HARMLESS.fullmatch(name) is None
    )
    values = [f"{name} {public_digest(environment[name])}" for name in names]
    own = app_dir / _OWN_FILE
    files = [(_OWN_FILE, own), *((str(path), path) for path in configuration_files(environment)[:1])]
    return (*values, *(f"{name} {public_file_digest(path)}" for name, path in files if path.is_file()))


def without_wheels(environment: Mapping[str, str], app_dir: Path) -> Callable[[str], bool]:
    """Return what says of a normalised name whether Poetry may be told to build that in any case.

    Each place counts that says so, although Poetry goes by one of them.
    """
    named = {normalise(name.strip()) for name in environment.get(_NO_BINARY, "").split(",")}
    for path in (app_dir / _OWN_FILE, *configuration_files(environment)[:1]):
        with suppress(toml.TomlError):
            installer = toml.load(path).get("installer")
            value = installer.get("no-binary") if isinstance(installer, dict) else None
            listed = value if isinstance(value, list) else str(value).split(",")
            named |= {normalise(str(name).strip()) for name in listed}
    is_all = not named.isdisjoint(_ALL)
    return lambda name: is_all or name in named


def configuration_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the places of the user's own settings, and of the user's logins; none without a home."""
    home = environment.get("HOME", "")
    config = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    folder = environment.get(_FOLDER) or (f"{config}/pypoetry" if config else "")
    return tuple(Path(folder, name) for name in (_SETTINGS, _LOGINS)) if folder else ()
