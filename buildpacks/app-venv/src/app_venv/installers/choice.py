"""Which tool installs: the one that the user names, else the one that the app's files are for.

An app that pip has installed before uv was known here is still installed by pip: a lock file of uv beside
its requirements changes nothing by itself. Detection says the same in its markers; a test holds both
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app_venv.settings import (
    PROJECT,
    REQUIREMENT,
    PackageManager,
    RequirementsInstaller,
    read_package_manager,
    read_requirements_installer,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_venv.installers.strategy import InstallStrategy

_OTHERS = ("requirements.txt", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "Pipfile")


def choose_strategy(app_dir: Path, environment: Mapping[str, str]) -> InstallStrategy:
    """Return the tool. Raises ConfigurationError if the variable names none."""
    if choose_manager(app_dir, environment) is PackageManager.UV:
        from app_venv.installers.uv.strategy import UvStrategy  # one of them in each build

        return UvStrategy()
    if read_requirements_installer(environment) is RequirementsInstaller.UV:
        from app_venv.installers.uv.requirements import UvRequirementsStrategy

        return UvRequirementsStrategy()
    from app_venv.installers.pip.strategy import PipStrategy

    return PipStrategy()


def choose_manager(app_dir: Path, environment: Mapping[str, str]) -> PackageManager:
    """Return which tool it is."""
    named = read_package_manager(environment)
    if named is not None:
        return named
    if REQUIREMENT.text(environment) or PROJECT.text(environment) or not (app_dir / "uv.lock").is_file():
        return PackageManager.PIP
    there = any((app_dir / name).is_file() for name in _OTHERS)
    return PackageManager.PIP if there or any(app_dir.glob("pylock.*.toml")) else PackageManager.UV
