"""What is installed of a lock file that another tool than pip has made, and reads itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from app_venv.evidence.resolution import ResolvedDistribution
from app_venv.inputs.pinning import PinnedInputs, PinnedRequirement, Pinning
from app_venv.inputs.selection import Selection
from app_venv.settings import DEST_PATH, EXTRAS, GROUPS, PACKAGE_MANAGER, PROJECT, REQUIREMENT
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from app_venv.installers.locked_packages import LockedPackages
    from app_venv.settings import Settings
    from app_venv.unchanged.inventory import ListedDistribution
    from buildpack_api.interpreter import Interpreter
    from buildpack_common.environment_variables import Variable


@dataclass(frozen=True)
class LockFileInputs(PinnedInputs):
    """The inputs of such a tool; the lock is read when somebody has to know what is in it.

    A restored environment with the same inputs was proved right when it was made, but for what has no hash,
    which it notes.
    ``chosen_by`` are the tool's own settings in files that have a say in which wheel of a package it takes.
    """

    lock_name: str = ""
    app_dir: Path | None = None
    selection: Selection = field(default_factory=Selection)
    interpreter: Interpreter | None = None
    chosen_by: str = field(default="", repr=False)

    proved_when_kept: ClassVar[bool] = True

    def read_lock(self, app_dir: Path, environment: Mapping[str, str]) -> LockedPackages:
        """Return what is installed of the lock; ``environment`` are the values of markers."""
        raise NotImplementedError

    @cached_property
    def lock(self) -> LockedPackages:
        """What is installed of the lock."""
        from app_venv.inputs.markers import marker_environment  # only when something is installed

        if self.app_dir is None or self.interpreter is None:
            raise ValueError("inputs without an app")
        return self.read_lock(self.app_dir, marker_environment(self.interpreter))

    @cached_property
    def weighed(self) -> tuple[PinnedRequirement, ...]:
        """All that is installed, with what the lock determines of it."""
        return tuple(
            PinnedRequirement(
                self.lock_name, one.name, Pinning.UNPROVABLE if one.reason else Pinning.LOCKED, one.reason
            )
            for one in self.lock.packages
        )

    def identity(self, package: ResolvedDistribution) -> str:
        """Return a digest of what a wheel of the package is chosen from, and by; '' if it was built."""
        locked = None if package.built else self.lock.find(package.name, package.version)
        if locked is None or locked.reason:
            return ""
        return hashlib.sha256(f"{locked.choice}\n{self.chosen_by}".encode()).hexdigest()

    def unchanged(self, offered: Iterable[ListedDistribution]) -> Iterator[str]:
        """Yield the names of those that the tool would install once more from the same wheels."""
        for one in offered:
            same = self.identity(ResolvedDistribution(one.name, one.version, "")) == one.identity
            if same and one.requested is (one.name in self.lock.direct):
                yield one.name

    @property
    def unprovable(self) -> tuple[PinnedRequirement, ...]:
        """The packages for which no restored environment can be proved right."""
        return tuple(one for one in self.weighed if one.pinning is Pinning.UNPROVABLE)

    def require_hashes(self) -> None:
        """Raise ConfigurationError that lists all that the lock does not determine."""
        PinnedInputs(self.title, (), (), "", self.weighed).require_hashes()

    @property
    def locked(self) -> bool:
        """Nothing is left to an index: what has no hash is always installed anew."""
        return True


def refuse_variables_of_pip(
    settings: Settings, tool: str, lock: str, instead: Mapping[Variable, Variable]
) -> None:
    """Raise ConfigurationError for variables that choose what pip installs: they would be passed over.

    ``instead`` are those of ``tool`` for the same.
    """
    given = (
        (REQUIREMENT, settings.requirement), (PROJECT, settings.project), (EXTRAS, settings.extras),
        (GROUPS, settings.groups), (DEST_PATH, settings.dest_path),
    )  # fmt: skip
    found = [variable for variable, value in given if value]
    if found:
        better = [f"{instead[one].name} instead of {one.name}" for one in found if one in instead]
        raise ConfigurationError(
            f"{' and '.join(one.name for one in found)} cannot be used with {lock}",
            detail=f"pip would obey; {tool} installs the app.",
            advice=f"Set {' and '.join(better)}."
            if better
            else f"Remove it, or set {PACKAGE_MANAGER.name}=pip.",
        )


def missing_file(name: str, tool: str, command: str, environment: Mapping[str, str]) -> ConfigurationError:
    """Return the error for a file that ``tool`` installs from; ``command`` makes it, if one does."""
    chosen = PACKAGE_MANAGER.text(environment)
    why = f"{PACKAGE_MANAGER.name}={chosen} asks for {tool}. " if chosen else ""
    return ConfigurationError(
        f"The app has no {name}, which {tool} installs from",
        detail=f"{why}Looked for it in the top directory of the app.",
        advice=f"Make it with '{command}', and commit it." if command else "Is it committed, and uploaded?",
    )


def file_text(path: Path) -> str:
    """Return the text of a file of the app. Raises ConfigurationError for one that cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"Cannot read {path}: {error}") from error
