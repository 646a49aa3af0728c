"""Which extras and dependency groups are installed, and what else the readers of files need to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_venv.settings import EXTRAS, GROUPS
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from app_venv.program import Program
    from app_venv.settings import Settings
    from buildpack_api.interpreter import Interpreter


@dataclass(frozen=True)
class Selection:
    """Normalised names, in the order given."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def wanted(self) -> bool:
        """Whether anything is selected."""
        return bool(self.extras or self.groups)

    @property
    def shown(self) -> str:
        """Both for people."""
        kinds = (("extras", self.extras), ("groups", self.groups))
        return " and ".join(f"{kind} {', '.join(names)}" for kind, names in kinds if names)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that were set."""
        return tuple(one.name for one, value in ((EXTRAS, self.extras), (GROUPS, self.groups)) if value)

    def check(self, file: str, extras: Iterable[str], groups: Iterable[str], *, add: str = "") -> None:
        """Raise ConfigurationError for what ``file`` does not have; pip passes over some of it in silence.

        ``add`` is the command that puts all that the project has into the file.
        """
        there = [sorted(map(normalise, names)) for names in (extras, groups)]
        _check(file, "extra", EXTRAS.name, self.extras, there[0], add=add)
        _check(file, "dependency group", GROUPS.name, self.groups, there[1], add=add)


@dataclass(frozen=True)
class Wanted:
    """``variables`` may hold secrets; the environment is for ``interpreter``.

    ``pip`` installs into it; None if another tool does, which reads the same files. ``index_chosen``: the
    user has set up an index in the place of the usual one.
    """

    app_dir: Path
    variables: Mapping[str, str] = field(repr=False)
    settings: Settings
    interpreter: Interpreter
    pip: Program | None
    index_chosen: bool = False

    @property
    def selection(self) -> Selection:
        """The extras and groups that the user wants."""
        return Selection(self.settings.extras, self.settings.groups)


def _check(
    file: str, kind: str, variable: str, wanted: Iterable[str], there: Collection[str], *, add: str
) -> None:
    missing = [name for name in wanted if name not in there]
    if missing:
        raise ConfigurationError(
            f"{file} has no {kind} {', '.join(missing)}",
            detail=f"It has: {', '.join(there)}." if there else f"It has no {kind} at all.",
            advice=f"Correct {variable}."
            + (f" If the project has it, commit what this gives:\n  {add}" if add else ""),
        )
