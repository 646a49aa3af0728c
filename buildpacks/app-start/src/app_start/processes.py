"""What the image will start: processes with the reason for each, as data until `launch.toml` is written."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_api.launch import Launch, Process

if TYPE_CHECKING:
    from pathlib import Path

WEB = "web"
_SERVERS = frozenset({"gunicorn", "uvicorn"})
"""Those that read WEB_CONCURRENCY themselves, and mean it whatever the app is."""


@dataclass(frozen=True)
class AppProcess:
    """A process type, how it starts, and how it is known to be right.

    ``shown`` is the command for people; ``directory`` is where it runs, None: in the app's top directory.
    ``programs`` are the names of what it starts that nobody has looked for yet.
    """

    type: str
    command: tuple[str, ...]
    evidence: str
    shown: str = ""
    directory: Path | None = None
    programs: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The command for people."""
        return self.shown or shlex.join(self.command)

    @property
    def servers(self) -> frozenset[str]:
        """The servers that it starts by name, which read their number of workers from a variable."""
        words = re.split(r"[\s;&|()\"']+", self.text)
        return frozenset(word.rpartition("/")[2] for word in words) & _SERVERS


@dataclass(frozen=True)
class StartPlan:
    """All processes; ``default`` is the type of one of them, or empty: none starts by itself.

    ``remarks`` deserve a look, each a title and a text. ``advice`` says what to do where nothing starts.
    """

    processes: tuple[AppProcess, ...] = ()
    default: str = ""
    remarks: tuple[tuple[str, str], ...] = ()
    advice: str = ""
    source: str = field(default="", compare=False)

    def launch(self) -> Launch:
        """Return what `launch.toml` says."""
        return Launch(
            tuple(
                Process(
                    one.type,
                    one.command,
                    default=one.type == self.default,
                    working_dir=str(one.directory) if one.directory else None,
                )
                for one in self.processes
            )
        )
