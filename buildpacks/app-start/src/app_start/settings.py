"""The variables by which a user says what is started, and how: described as data, read once, in one place.

The table in the README is made of them; a test holds them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from buildpack_api.variables import read_word
from buildpack_common.environment_variables import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping


class Switch(Enum):
    """Whether something is done."""

    ON = "true"
    OFF = "false"


class WorkersMode(Enum):
    """Whether the number of a server's workers follows the limits of the container."""

    AUTO = "auto"
    OFF = "off"


START_COMMAND = Variable(
    "BP_START_COMMAND", "what the image starts, as process `web`, whatever else there is", form="a command"
)
GOOGLE_ENTRYPOINT = Variable(
    "GOOGLE_ENTRYPOINT", "the same, as Google's buildpacks call it", form="a command"
)
PAKETO_DEFAULT_PROCESS = Variable(
    "BP_PROCFILE_DEFAULT_PROCESS", "the same, as Paketo's call it", form="a command"
)
WORKERS = Variable(
    "BP_WEB_CONCURRENCY",
    "with `auto`, servers get `WEB_CONCURRENCY` at start from the container's limits",
    WorkersMode,
    WorkersMode.AUTO.value,
)
LIVE_RELOAD = Variable(
    "BP_LIVE_RELOAD_ENABLED",
    "there is a process `reload-web` too, the default, which follows changes of the app's files",
    Switch,
    Switch.OFF.value,
)
DEBUG = Variable(
    "BP_DEBUG_ENABLED",
    "there is a process `debug-web` too, which a debugger can reach",
    Switch,
    Switch.OFF.value,
)

COMMANDS = (START_COMMAND, PAKETO_DEFAULT_PROCESS, GOOGLE_ENTRYPOINT)
"""The variables that say what is started; the first that is set counts."""
VARIABLES = (*COMMANDS, WORKERS, LIVE_RELOAD, DEBUG)
"""All of them, in the order of the documentation."""

DEBUG_PORT = Variable(
    "BPL_DEBUG_PORT", "where the debugger of `debug-web` listens (default: 5678)", form="a port"
)
CONTAINER_VARIABLES = (
    Variable("PORT", "where servers listen (default: 8080)", form="a port"),
    Variable(
        "WEB_CONCURRENCY",
        "how many workers gunicorn and uvicorn start (default: what the container's limits allow)",
        form="a number",
    ),
    DEBUG_PORT,
)
"""What a running container reads."""


@dataclass(frozen=True)
class Settings:
    """What the variables say. ``command`` is what to start, and ``source`` who says so; or both are empty."""

    command: str = ""
    source: str = ""
    workers: WorkersMode = WorkersMode.AUTO
    live_reload: bool = False
    debug: bool = False


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read all variables. Raises ConfigurationError for a value that means nothing."""
    said = [(one.name, text) for one in COMMANDS if (text := one.text(environment))]
    if len({text for _, text in said}) > 1:
        raise ConfigurationError(
            f"{' and '.join(name for name, _ in said)} say different things",
            advice=f"Set only one of them, {START_COMMAND.name} at best.",
        )
    source, command = said[0] if said else ("", "")
    return Settings(
        command=command,
        source=source,
        workers=read_word(WORKERS, WorkersMode, environment) or WorkersMode.AUTO,
        live_reload=read_word(LIVE_RELOAD, Switch, environment) is Switch.ON,
        debug=read_word(DEBUG, Switch, environment) is Switch.ON,
    )
