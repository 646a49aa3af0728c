"""The summary of a build: what was installed or reused, and what takes the space."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.sizes import readable_size, tree_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app_venv.environment.installed import InstalledDistribution
    from app_venv.installers.strategy import FileOrigins
    from buildpack_api.output import Output

_LARGEST = 5
_DEEPEST = 3  # directories below the app's own in which a virtual environment is looked for
_NEVER = frozenset({".git", ".hg", ".svn", "__pycache__", "node_modules"})


@dataclass(frozen=True)
class DiskUsage:
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


def read_disk_usage(record: tuple[str, ...]) -> DiskUsage | None:
    """Read what `DiskUsage.record` wrote; None for anything else."""
    return DiskUsage(*record) if len(record) == len(DiskUsage.__match_args__) else None


def measure(venv: Path, distributions: Sequence[InstalledDistribution], *, elsewhere: int = 0) -> DiskUsage:
    """Measure an environment, byte code included, in which these distributions are.

    So many bytes more are ``elsewhere``, with links in their place.
    """
    size = readable_size(tree_size(venv) + elsewhere)
    return DiskUsage(str(len(distributions)), size, ", ".join(map(_shown, _largest(distributions))))


def summary_rows(room: DiskUsage, origins: FileOrigins, *, reused: bool) -> list[tuple[str, str]]:
    """Return the rows about the environment; ``origins`` are those of its files if it is new."""
    done = "reused" if reused else f"installed ({origins})" if str(origins) else "installed"
    rows = [("packages", f"{room.packages} {done}, {room.size} with bytecode")]
    return [*rows, ("largest", room.largest)] if room.largest else rows


def warn_of_environments(app_dir: Path, output: Output) -> None:
    """Warn of virtual environments in the app: they go into the image, and nobody uses them there."""
    found = sorted(_environments(app_dir))
    if found:
        shown = (f"{os.path.relpath(one, app_dir)} ({readable_size(tree_size(one))})" for one in found)
        output.warning(
            f"The app has a virtual environment of its own: {', '.join(shown)}",
            "It goes into the image and is used by nothing there: what the app needs is in a layer. Keep it "
            "out of what is uploaded (exclude in project.toml; .gitignore if a repository is built).",
        )


def _environments(app_dir: Path) -> Iterator[Path]:
    """Yield the directories with a pyvenv.cfg (PEP 405); what is in them is not looked at."""
    folders = [(app_dir, 0)]
    while folders:
        folder, depth = folders.pop()
        with suppress(OSError), os.scandir(folder) as scanned:
            entries = [entry for entry in scanned if not entry.is_symlink()]
            if depth and any(entry.name == "pyvenv.cfg" for entry in entries):
                yield folder
            elif depth < _DEEPEST:
                below = (entry for entry in entries if entry.name not in _NEVER and entry.is_dir())
                folders += [(folder / entry.name, depth + 1) for entry in below]


def _largest(distributions: Sequence[InstalledDistribution]) -> list[InstalledDistribution]:
    return sorted(distributions, key=lambda one: (-one.size, one.name))[:_LARGEST]


def _shown(distribution: InstalledDistribution) -> str:
    return f"{distribution.name} {distribution.version} ({readable_size(distribution.size)})"
