"""uv's variables (uv documentation, 'Environment variables'): what each does to a build if a user sets it.

A few would make a build quietly produce something else than the app's files say: they are refused. Others
make no difference, or are overruled. All that are left, also those of a uv that is newer than this list, take
part in the decision what is installed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.evidence.key import public_digest, public_file_digest
from app_venv.installers.tools import OF_PYTHON, OWN, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

_ELSEWHERE = "another directory than the app's would be installed from"
_LESS = "packages that are required would not be installed"
_PYTHON = "the app gets the Python of an earlier buildpack, and no other"

REFUSED: Mapping[str, str] = {
    "UV_CACHE_DIR": OWN,
    "UV_FROZEN": "the lock file would not be compared with the project; BP_UV_FROZEN=true says so",
    "UV_ISOLATED": "packages would be installed somewhere else than in the virtual environment",
    "UV_MANAGED_PYTHON": _PYTHON,
    "UV_NO_CACHE": OWN,
    "UV_NO_GROUP": _LESS,
    "UV_NO_INSTALL_LOCAL": _LESS,
    "UV_NO_INSTALL_PACKAGE": _LESS,
    "UV_NO_INSTALL_PROJECT": _LESS,
    "UV_NO_INSTALL_WORKSPACE": _LESS,
    "UV_NO_SYNC": "nothing would be installed",
    "UV_NO_VERIFY_HASHES": "files would not be compared with the hashes of the lock file",
    "UV_PROJECT": _ELSEWHERE,
    "UV_PROJECT_ENVIRONMENT": OWN,
    "UV_PYTHON": _PYTHON,
    "UV_PYTHON_PREFERENCE": _PYTHON,
    "UV_WORKING_DIR": _ELSEWHERE,
    "UV_WORKING_DIRECTORY": _ELSEWHERE,
    **OF_PYTHON,
}
"""Why each of them is refused."""

# What has no say in what is installed: how uv talks, waits, connects and stores, and what is for other
# commands of it. What a buildpack or this one sets itself is overruled.
_HARMLESS = re.compile(
    r"UV_(COMPILE_BYTECODE|CONCURRENT_\w+|CREDENTIALS_DIR|GITHUB_TOKEN|HIDE_BUILD_OUTPUT|HTTP_\w+|INDEX_\w+_"
    r"(PASSWORD|USERNAME)|INIT_\w+|INSTALL\w*|INSTALLER_\w+|KEYRING_PROVIDER|LINK_MODE|LOCK_TIMEOUT|LOCKED|"
    r"LOG_CONTEXT|NATIVE_TLS|NO_DEFAULT_GROUPS|NO_DEV|DEV|NO_INSTALLER_METADATA|NO_MANAGED_PYTHON|"
    r"NO_MODIFY_PATH|NO_PROGRESS|NO_WRAP|OFFLINE|PUBLISH_\w+|PYTHON_\w+|REQUEST_TIMEOUT|RUN_\w+|SHOW_\w+|"
    r"STACK_SIZE|SYSTEM_CERTS|SYSTEM_PYTHON|BREAK_SYSTEM_PACKAGES|TOOL_\w+|UPLOAD_\w+|VENV_\w+)"
)
_OVERRULED = frozenset({
    "UV_COMPILE_BYTECODE", "UV_DEV", "UV_LINK_MODE", "UV_LOCKED", "UV_NO_DEFAULT_GROUPS", "UV_NO_DEV",
    "UV_NO_INSTALLER_METADATA", "UV_NO_MANAGED_PYTHON", "UV_PYTHON_DOWNLOADS",
})  # fmt: skip
# Files whose content decides, not their names: files of requirements, and of uv's own settings.
_FILES = ("UV_BUILD_CONSTRAINT", "UV_CONFIG_FILE", "UV_CONSTRAINT", "UV_EXCLUDE", "UV_OVERRIDE")
_CONFIG = "uv/uv.toml"


def refuse_variables(users: Mapping[str, str]) -> None:
    """Raise ConfigurationError for those of the user that would spoil the build."""
    refuse({name: reason for name, reason in REFUSED.items() if users.get(name)})


def uv_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of uv that it is given."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith("UV_") and name not in REFUSED and name not in _OVERRULED
    }


def relevant_settings(environment: Mapping[str, str], app_dir: Path) -> tuple[str, ...]:
    """Return the variables that matter, and uv's files outside the app, each with a digest of its value.

    Digests, because a layer key is public and index addresses may hold secrets. User information of URLs is
    left out first: a new password for the same index is no reason to install again.
    """
    names = sorted(name for name in uv_variables(environment) if _matters(name) and environment[name])
    values = [f"{name} {public_digest(environment[name])}" for name in names]
    named = [app_dir / name for variable in _FILES for name in environment.get(variable, "").split()]
    files = [path for path in (*named, *configuration_files(environment)) if path.is_file()]
    return (*values, *(f"{path} {public_file_digest(path)}" for path in dict.fromkeys(files)))


def configuration_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the places of uv's own settings (uv documentation, 'Configuration files')."""
    if environment.get("UV_NO_CONFIG"):
        return ()
    home = environment.get("HOME", "")
    user = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    machine = [f"{one}/{_CONFIG}" for one in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    return tuple(Path(one) for one in (*([f"{user}/{_CONFIG}"] if user else []), *machine, f"/etc/{_CONFIG}"))


def _matters(name: str) -> bool:
    return _HARMLESS.fullmatch(name) is None and name not in _FILES
