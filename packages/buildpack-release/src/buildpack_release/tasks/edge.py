"""What every task shares: the root of the repository, one clear error, data for programs."""

from __future__ import annotations

import functools
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import Exit

from buildpack_common.terminal_text import printable
from buildpack_release.errors import ExitCode, ReleaseError, exit_code_of, shown_path
from buildpack_release.progress import NobodyReadsError
from buildpack_release.terminal import Style, fitted, styled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Concatenate, ParamSpec, TypeVar

    from invoke.context import Context

    Arguments = ParamSpec("Arguments")
    Result = TypeVar("Result")
    Body = Callable[Concatenate[Context, Arguments], Result]

SETTINGS = "buildpack_release"
"""The key of this library in Invoke's configuration."""

_NESTED = (
    "something in this repository is nested too deeply to be worked with\n"
    "  Composites that contain each other, or folders in folders: keep them below a hundred levels."
)


def root_of(context: Context) -> Path:
    """Return the root of the repository that the collection of tasks was made for."""
    return Path(context[SETTINGS]["root"])


def print_json(data: object) -> None:
    """Print data for programs, in which nothing is escaped but as JSON has it."""
    import json

    sys.stdout.write(f"{json.dumps(data, indent=2, default=str)}\n")


def print_paths(paths: Iterable[Path], *, json: bool) -> None:
    """Print where results are, one a line or as data for programs."""
    shown = [shown_path(path) for path in paths]
    if json:
        print_json(shown)
    else:
        print_text("\n".join(shown))


def print_edit(written: Iterable[Path], diff: str, *, json: bool) -> None:
    """Print what an edit of the repository has written, or would change: paths, or the differences."""
    if json:
        print_json({"written": [shown_path(path) for path in written], "diff": diff})
    elif diff:
        print_text(diff)
    else:
        print_paths(written, json=False)


def print_text(text: str) -> None:
    """Print results for people on stdout: what drives terminals is escaped, whoever wrote it."""
    if text:
        shown = fitted(printable(text if text.endswith("\n") else f"{text}\n"), sys.stdout)
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(shown.encode(encoding, "backslashreplace").decode(encoding))


@contextmanager
def clear_errors(explain_missing: Callable[[ModuleNotFoundError], str]) -> Iterator[None]:
    """Turn an expected fault into a message on stderr and its exit code, as Invoke's Exit."""
    _hide_secrets_of_variables()
    try:
        yield
        sys.stdout.flush()
    except ReleaseError as error:
        raise _fail(str(error), exit_code_of(error)) from None
    except ModuleNotFoundError as error:
        raise _fail(explain_missing(error), ExitCode.MISSING_TOOL) from None
    except KeyboardInterrupt:
        raise _fail("interrupted", ExitCode.INTERRUPTED) from None
    except (BrokenPipeError, NobodyReadsError):
        # Nobody reads any more; the interpreter must not complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Exit(code=ExitCode.BROKEN_PIPE) from None
    except RecursionError:
        raise _fail(_NESTED, ExitCode.FAILED) from None
    except OSError as error:
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        raise _fail(f"{where}{error.strerror or error}", ExitCode.FAILED) from None


def one_clear_error(body: Body[Arguments, Result]) -> Body[Arguments, Result]:
    """Turn an expected fault in a task into a message on stderr and its exit code; for every task."""

    @functools.wraps(body)
    def guarded(context: Context, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with clear_errors(lambda error: str(context[SETTINGS]["explain_missing"](error))):
            return body(context, *args, **kwargs)

    return guarded


def _hide_secrets_of_variables() -> None:
    if any("://" in value or "@" in value for value in os.environ.values()):
        from buildpack_common.known_secrets import hide_environment

        hide_environment(os.environ)


def explain_missing(error: ModuleNotFoundError) -> str:
    """Report that a library is missing, and how to get it. Raises the error itself for one of our modules."""
    if not error.name or error.name.partition(".")[0] == __name__.partition(".")[0]:
        raise error
    return (
        f"this Python ({sys.executable}) lacks what the tasks need: {error.name}\n"
        f"Install it: {sys.executable} -m pip install buildpack-release"
    )


def _fail(message: str, code: ExitCode) -> Exit:
    from buildpack_common.redaction import redact

    with suppress(OSError):
        sys.stdout.flush()  # what was said before the fault
    title = "Error:"
    text = fitted(f"{title} {printable(redact(message))}", sys.stderr).removeprefix(title)
    with suppress(OSError):
        sys.stderr.write(f"{styled(title, Style.ERROR, sys.stderr)}{text}\n")
        sys.stderr.flush()
    return Exit(code=code)
