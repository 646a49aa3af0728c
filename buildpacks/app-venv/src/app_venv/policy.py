"""What the user allows to be installed: only what is pinned by hash, only wheels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.inputs.evidence import Pinning
from app_venv.resolution import is_name
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app_venv.inputs.evidence import Inputs

_HASHES, _WHEELS = "BP_PIP_REQUIRE_HASHES", "BP_PIP_ONLY_BINARY"
_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})
_SHOWN = 20


@dataclass(frozen=True)
class Policy:
    """``wheels_only``: names of projects, or ``:all:`` alone; empty: source distributions are built."""

    require_hashes: bool = False
    wheels_only: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """The options for pip; also what goes into the layer's key."""
        hashes = ("--require-hashes",) if self.require_hashes else ()
        wheels = (f"--only-binary={','.join(self.wheels_only)}",) if self.wheels_only else ()
        return hashes + wheels

    @property
    def advice(self) -> str:
        """What to think of when pip finds nothing to install."""
        if not self.wheels_only:
            return ""
        return f" {_WHEELS} ({' '.join(self.wheels_only)}) leaves out source distributions: is there a wheel?"

    def check(self, inputs: Inputs) -> None:
        """Raise ConfigurationError that lists all requirements without a hash, if they need one."""
        if not self.require_hashes:
            return
        found = [one for one in inputs.requirements if one.pinning is not Pinning.LOCKED]
        if found:
            more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
            raise ConfigurationError(
                f"{_HASHES} is set, and {len(found)} of the requirements are not pinned by hash",
                detail="\n".join([*map(str, found[:_SHOWN]), *more]),
                advice="Write name==version --hash=sha256:... for each, dependencies included, or use a lock "
                "file: pip-compile --generate-hashes, pip lock and uv export write them.",
            )


def read_policy(environment: Mapping[str, str]) -> Policy:
    """Read the variables. Raises ConfigurationError for a value that means nothing."""
    return Policy(_switch(environment.get(_HASHES, "")), _projects(environment.get(_WHEELS, "")))


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ConfigurationError(
            f"{_HASHES} is neither true nor false: {text!r}", advice="Write true, or leave it out."
        )
    return word in _YES


def _projects(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(text.replace(",", " ").split()))
    if ":all:" in words:
        return (":all:",)
    wrong = [word for word in words if not is_name(word)]
    if wrong:
        raise ConfigurationError(
            f"{_WHEELS} names what cannot be a project: {' '.join(wrong)}",
            advice="Write :all:, or names of projects with blanks or commas between them.",
        )
    return tuple(sorted(word.lower() for word in words))
