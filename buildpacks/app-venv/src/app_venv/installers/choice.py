"""Which tool installs: the one that the user names, else the one that the app's files are for.

An app that pip has installed before other tools were known here is still installed by pip: a lock file of uv
or Poetry beside its requirements changes nothing by itself. Detection says the same in its markers; a test
holds both together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.settings import (
    INSTALLER,
    PACKAGE_MANAGER,
    PROJECT,
    REQUIREMENT,
    PackageManager,
    RequirementsInstaller,
    read_package_manager,
    read_requirements_installer,
)
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_venv.installers.strategy import InstallStrategy

_LOCKS = {"uv.lock": PackageManager.UV, "poetry.lock": PackageManager.POETRY}
_OTHERS = ("requirements.txt", "pylock.toml", "pdm.lock", "Pipfile.lock", "Pipfile")


def choose_strategy(app_dir: Path, environment: Mapping[str, str]) -> InstallStrategy:
    """Return the tool. Raises ConfigurationError if the variable names none."""
    manager = choose_manager(app_dir, environment)
    if manager is PackageManager.POETRY:
        from app_venv.installers.poetry.strategy import PoetryStrategy

        return PoetryStrategy()
    if manager is PackageManager.UV:
        from app_venv.installers.uv.strategy import UvStrategy  # one of them in each build

        return UvStrategy()
    if read_requirements_installer(environment) is RequirementsInstaller.UV:
        from app_venv.installers.uv.requirements import UvRequirementsStrategy

        return UvRequirementsStrategy()
    from app_venv.installers.pip.strategy import PipStrategy

    return PipStrategy()


def choose_manager(app_dir: Path, environment: Mapping[str, str]) -> PackageManager:
    """Return which tool it is. Raises ConfigurationError if variables and files contradict each other."""
    installer = read_requirements_installer(environment)  # whoever sets it to something else is told so
    named = read_package_manager(environment)
    if named is not None:
        return named
    if REQUIREMENT.text(environment) or PROJECT.text(environment):
        return PackageManager.PIP
    there = [name for name in (*_LOCKS, *_OTHERS) if (app_dir / name).is_file()]
    if len(there) != 1 or any(app_dir.glob("pylock.*.toml")):
        return PackageManager.PIP
    found = _LOCKS.get(there[0], PackageManager.PIP)
    if found is PackageManager.POETRY and installer is RequirementsInstaller.UV:
        raise ConfigurationError(
            f"{INSTALLER.name}=uv cannot be used with {there[0]}",
            detail="It is for requirements files and lock files of pip. Poetry installs from this one.",
            advice=f"Remove it, or set {PACKAGE_MANAGER.name}=poetry as well.",
        )
    return found
