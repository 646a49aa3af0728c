"""The frame of ``bin/build``: reads the inputs, calls the build, turns every end into an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from buildpack_api.context import BuildContext
from buildpack_api.errors import INTERNAL_ERROR, BuildpackError, ConfigurationError, from_os_error
from buildpack_api.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_UMASK = 0o022


class _Terminated(BaseException):
    """SIGTERM arrived."""


def main(build: Callable[[BuildContext], None]) -> NoReturn:
    """Run ``build`` and exit: 0, the `BuildpackError`'s code, 2 for a bug, 130 or 143 for SIGINT or SIGTERM.

    Prints the buildpack's name and version first. Sets the umask to 022: equal modes everywhere.
    """
    os.umask(_UMASK)
    signal.signal(signal.SIGTERM, _terminate)
    _tolerate_any_character()
    output = Output()
    code = _run(build, output)
    output.flush()
    gc.freeze()  # what is loaded ends with the process: it need not be searched for garbage first
    sys.exit(code)


def _run(build: Callable[[BuildContext], None], output: Output) -> int:
    identity = "this buildpack"
    try:
        context = BuildContext.from_environment(os.environ, sys.argv, Path.cwd())
        identity = f"{context.descriptor.id} {context.descriptor.version}"
        _hide_secrets(context)
        context.output.heading(f"{context.descriptor.name} {context.descriptor.version}")
        build(context)
    except BuildpackError as error:
        output.error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return _stopped(output, signal.SIGINT)
    except _Terminated:
        return _stopped(output, signal.SIGTERM)
    except Exception as error:  # noqa: BLE001  (the edge of the program)
        return _unexpected(error, identity, output)
    return 0


def _hide_secrets(context: BuildContext) -> None:
    for environment in (context.environment, context.platform_env):
        if any("://" in value or "@" in value for value in environment.values()):
            from buildpack_common.known_secrets import hide_environment  # few builds need it

            hide_environment(environment)


def _unexpected(error: Exception, identity: str, output: Output) -> int:
    known = from_os_error(error) if isinstance(error, OSError) else None
    if isinstance(error, RecursionError):
        known = ConfigurationError(
            "Something in the app, or in what it installs, is nested too deeply to be worked with",
            detail="It goes down so many levels that Python gives up, which no tool does on its own.",
            advice="Look for files that include each other, and for folders in folders.",
        )
    if known is not None:
        output.error(known)
        return known.exit_code
    import traceback  # only for a bug

    output.traceback("".join(traceback.format_exception(error)))
    output.error(
        BuildpackError(f"this is a bug in {identity}", advice="Please report it with the text above.")
    )
    return INTERNAL_ERROR


def _stopped(output: Output, number: signal.Signals) -> int:
    output.error(BuildpackError(f"stopped by {number.name}"))
    return 128 + number


def _terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  (the signature of a handler)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Terminated


def _tolerate_any_character() -> None:
    """Escape what the locale of the build image cannot encode, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
