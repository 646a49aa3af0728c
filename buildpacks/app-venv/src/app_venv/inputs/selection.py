"""Which extras and dependency groups are installed: ``BP_PIP_EXTRAS`` and ``BP_PIP_GROUPS``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_venv.resolution import is_name
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from app_venv.tools import Tools

EXTRAS, GROUPS = "BP_PIP_EXTRAS", "BP_PIP_GROUPS"


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
        return tuple(name for name, value in ((EXTRAS, self.extras), (GROUPS, self.groups)) if value)

    def check(self, file: str, extras: Iterable[str], groups: Iterable[str]) -> None:
        """Raise ConfigurationError for what ``file`` does not have; pip passes over some of it in silence."""
        _check(file, "extra", EXTRAS, self.extras, sorted(normalise(name) for name in extras))
        _check(file, "dependency group", GROUPS, self.groups, sorted(normalise(name) for name in groups))


@dataclass(frozen=True)
class Wanted:
    """What the readers of files need to know; ``variables`` may hold secrets."""

    app_dir: Path
    variables: Mapping[str, str] = field(repr=False)
    selection: Selection
    tools: Tools


def read_selection(variables: Mapping[str, str]) -> Selection:
    """Read both variables; names are separated by blanks or commas. Raises ConfigurationError for no name."""
    return Selection(_names(EXTRAS, variables), _names(GROUPS, variables))


def _names(variable: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    names = variables.get(variable, "").replace(",", " ").split()
    wrong = [name for name in names if not is_name(name)]
    if wrong:
        raise ConfigurationError(
            f"{variable} has something that is not a name: {wrong[0]}",
            advice="Write names with blanks between, such as: web postgres",
        )
    return tuple(dict.fromkeys(normalise(name) for name in names))


def _check(file: str, kind: str, variable: str, wanted: Iterable[str], there: Collection[str]) -> None:
    missing = [name for name in wanted if name not in there]
    if missing:
        raise ConfigurationError(
            f"{file} has no {kind} {', '.join(missing)}",
            detail=f"It has: {', '.join(there)}." if there else f"It has no {kind} at all.",
            advice=f"Correct {variable}.",
        )
