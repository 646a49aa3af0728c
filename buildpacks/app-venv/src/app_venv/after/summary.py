"""The summary of a build: what was installed or reused, and what takes the space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.sizes import readable_size, tree_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app_venv.environment.installed import Distribution
    from app_venv.installers.pip.report import Origins

_LARGEST = 5


@dataclass(frozen=True)
class Room:
    """What the environment takes, in words.

    It is measured when the environment is made and kept in the layer's key: measuring walks through
    thousands of files. In words, since the lifecycle gives numbers back as something else.
    """

    packages: str
    size: str
    largest: str

    @property
    def record(self) -> tuple[str, ...]:
        """The form that is kept in a layer key."""
        return (self.packages, self.size, self.largest)


def read_room(record: tuple[str, ...]) -> Room | None:
    """Read what `Room.record` wrote; None for anything else."""
    return Room(*record) if len(record) == len(Room.__match_args__) else None


def measure(venv: Path, distributions: Sequence[Distribution]) -> Room:
    """Measure an environment, byte code included, in which these distributions are."""
    size = readable_size(tree_size(venv))
    return Room(str(len(distributions)), size, ", ".join(map(_shown, _largest(distributions))))


def summary_rows(room: Room, origins: Origins, *, reused: bool) -> list[tuple[str, str]]:
    """Return the rows about the environment; ``origins`` are those of its files if it is new."""
    done = "reused" if reused else f"installed ({origins})" if str(origins) else "installed"
    rows = [("packages", f"{room.packages} {done}, {room.size} with byte code")]
    return [*rows, ("largest", room.largest)] if room.largest else rows


def _largest(distributions: Sequence[Distribution]) -> list[Distribution]:
    return sorted(distributions, key=lambda one: (-one.size, one.name))[:_LARGEST]


def _shown(distribution: Distribution) -> str:
    return f"{distribution.name} {distribution.version} ({readable_size(distribution.size)})"
