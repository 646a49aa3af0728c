"""launch.toml: processes, labels and slices of the app image (Buildpack API 0.10, 'launch.toml (TOML)')."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_api import toml
from buildpack_api.names import check_process_type
from buildpack_common.files import remove

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process type. ``command`` is fixed; ``args`` are defaults that the user of the container may replace.

    Raises ValueError for a forbidden type or an empty command (which would fail only in the container).
    """

    type: str
    command: tuple[str, ...]
    args: tuple[str, ...] = ()
    default: bool = False
    working_dir: str | None = None

    def __post_init__(self) -> None:
        check_process_type(self.type)
        if not self.command or not self.command[0]:
            raise ValueError(f"process {self.type!r} has no command")

    def to_toml(self) -> dict[str, Any]:
        """Return the ``[[processes]]`` table."""
        table: dict[str, Any] = {"type": self.type, "command": list(self.command)}
        if self.args:
            table["args"] = list(self.args)
        if self.default:
            table["default"] = True
        if self.working_dir is not None:
            table["working-dir"] = self.working_dir
        return table


@dataclass(frozen=True)
class Label:
    """A label of the app image."""

    key: str
    value: str


@dataclass(frozen=True)
class Slice:
    """App files that become a layer of their own: Go glob patterns, in which ``**`` is not special."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Launch:
    """The whole document. Raises ValueError if a process type or the default is given twice."""

    processes: tuple[Process, ...] = ()
    labels: tuple[Label, ...] = ()
    slices: tuple[Slice, ...] = ()

    def __post_init__(self) -> None:
        types = [process.type for process in self.processes]
        if len(set(types)) < len(types):
            raise ValueError(f"a process type is given twice: {', '.join(types)}")
        if sum(process.default for process in self.processes) > 1:
            raise ValueError("more than one process is the default")

    def write(self, layers: Path) -> None:
        """Write ``launch.toml`` into the layers directory, or remove it if there is nothing to say."""
        document = {
            "labels": [{"key": label.key, "value": label.value} for label in self.labels],
            "processes": [process.to_toml() for process in self.processes],
            "slices": [{"paths": list(piece.paths)} for piece in self.slices],
        }
        document = {name: tables for name, tables in document.items() if tables}
        if document:
            toml.write(layers / "launch.toml", document)
        else:
            remove(layers / "launch.toml")
