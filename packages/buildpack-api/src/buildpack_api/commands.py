"""Running programs: output goes straight through, a failure becomes one clear error."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from buildpack_api.errors import CommandFailed
from buildpack_api.output import Output
from buildpack_common.redaction import redact, redact_beginning
from buildpack_common.terminal_text import printable

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import IO

_Result = TypeVar("_Result")

_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
_KEPT_LINES = 400
_LONGEST_LINE = 1 << 15  # bytes; so that what a program writes in one line is not all kept in memory
_PATIENCE = 10.0  # seconds a child gets to end after SIGTERM


def run(
    command: Sequence[str | os.PathLike[str]], *, env: Mapping[str, str], cwd: Path | None = None
) -> None:
    """Run ``command`` with exactly this environment; it inherits stdout and stderr and reads from /dev/null.

    The program is looked up on the PATH of ``env``. Raises CommandFailed if it cannot be started or fails.
    """
    _execute(command, env=env, cwd=cwd, stdout=None)


def capture(
    command: Sequence[str | os.PathLike[str]], *, env: Mapping[str, str], cwd: Path | None = None
) -> str:
    """Run like `run` and return what the program wrote to stdout, undecodable bytes as surrogates."""
    from subprocess import PIPE  # 5 ms with all it imports: only for those who start a program

    return os.fsdecode(_execute(command, env=env, cwd=cwd, stdout=PIPE))


def run_with_tail(
    command: Sequence[str | os.PathLike[str]],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    watch: Callable[[str], object] = lambda _line: None,
    echo: bool = True,
    time_limit: float | None = None,
) -> tuple[int, str]:
    """Run like `run`, both streams to stdout (none without ``echo``), and return exit code and last lines.

    The code is negative for a signal; secrets are replaced, and what is longer than 32 KiB in a line is left
    out with a note. ``watch`` sees every line. What is shown drives no terminal.
    Raises CommandFailed if the program cannot be started, or has not ended after ``time_limit`` seconds.
    """

    def pass_on(process: subprocess.Popen[bytes]) -> tuple[int, str]:
        tail: deque[str] = deque(maxlen=_KEPT_LINES)
        with process, _ended_after(time_limit, process, command):
            for text in _redacted_lines(process.stdout) if process.stdout else ():
                if echo:
                    sys.stdout.write(printable(text))
                    sys.stdout.flush()
                tail.append(text)
                watch(text)
        return process.returncode, "".join(tail)

    from subprocess import PIPE, STDOUT

    return _supervise(command, pass_on, env=env, cwd=cwd, stdout=PIPE, stderr=STDOUT)


def run_unseen(
    command: Sequence[str | os.PathLike[str]], *, env: Mapping[str, str], cwd: Path | None = None
) -> int:
    """Run like `run`, but show nothing, and return the exit code, negative for a signal.

    Raises CommandFailed if the program cannot be started.
    """
    from subprocess import DEVNULL, Popen

    return _supervise(command, Popen.wait, env=env, cwd=cwd, stdout=DEVNULL, stderr=DEVNULL)


def display(command: Sequence[str]) -> str:
    """Return the command as it would be typed, without credentials."""
    import shlex  # only for errors

    return redact(shlex.join(command))


def _redacted_lines(stream: IO[bytes]) -> Iterator[str]:
    while line := stream.readline(_LONGEST_LINE):
        left_out = 0 if line.endswith(b"\n") else _pass_over_line(stream)
        text = line.decode("utf-8", "replace")
        if left_out:
            yield f"{redact_beginning(text)} [... this line has {len(line) + left_out} bytes]\n"
        else:
            yield redact(text)


def _pass_over_line(stream: IO[bytes]) -> int:
    """Read the rest of a line and return how many bytes it has."""
    size = 0
    while piece := stream.readline(_LONGEST_LINE):
        size += len(piece)
        if piece.endswith(b"\n"):
            break
    return size


@contextmanager
def _ended_after(
    seconds: float | None, process: subprocess.Popen[bytes], command: Sequence[str | os.PathLike[str]]
) -> Iterator[None]:
    """End the child after some time. Raises CommandFailed then, once it has ended."""
    if seconds is None:
        yield
        return
    import threading

    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
        process.wait()
    finally:
        timer.cancel()
    if late.is_set():
        arguments = tuple(os.fspath(argument) for argument in command)
        raise CommandFailed(
            f"{Path(arguments[0]).name} did not end within {seconds:g} s",
            command=arguments,
            returncode=process.returncode,
            detail=f"Command: {display(arguments)}",
        )


def _execute(
    command: Sequence[str | os.PathLike[str]], *, env: Mapping[str, str], cwd: Path | None, stdout: int | None
) -> bytes:

    def collect(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
        output, _ = process.communicate()
        return process.returncode, output or b""

    code, output = _supervise(command, collect, env=env, cwd=cwd, stdout=stdout)
    if code != 0:
        raise _failed(tuple(os.fspath(argument) for argument in command), code)
    return output


def _supervise(
    command: Sequence[str | os.PathLike[str]],
    use: Callable[[subprocess.Popen[bytes]], _Result],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    stdout: int | None,
    stderr: int | None = None,
) -> _Result:
    """Start a child, hand it to ``use``, and end it, politely first, if anything interrupts us."""
    from subprocess import DEVNULL, Popen

    arguments = tuple(os.fspath(argument) for argument in command)
    Output().flush()
    let_signals_act = _hold_signals_back()
    try:
        process = Popen(arguments, env=dict(env), cwd=cwd, stdin=DEVNULL, stdout=stdout, stderr=stderr)
    except OSError as error:
        let_signals_act()
        raise _not_started(arguments, cwd, error) from error
    try:
        let_signals_act()
        return use(process)
    except BaseException:
        _end(process)
        raise


def _hold_signals_back() -> Callable[[], None]:
    """Let SIGINT and SIGTERM wait until the returned function is called.

    While a child is being started it exists before we know it: an exception from a handler at that moment
    would leave it behind, writing into our layers. Ignored signals stay ignored, by the child as well.
    """
    import threading

    arrived: list[int] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    if threading.current_thread() is not threading.main_thread():
        ours = {}  # only the main thread gets signals, and may say who handles them
    for held in ours:
        signal.signal(held, lambda number, _frame: arrived.append(number))

    def let_them_act() -> None:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for late in arrived:
            signal.raise_signal(late)

    return let_them_act


def _end(process: subprocess.Popen[bytes]) -> None:
    from subprocess import TimeoutExpired

    process.terminate()
    try:
        process.wait(_PATIENCE)
    except TimeoutExpired:
        process.kill()
        process.wait()


def _not_started(arguments: tuple[str, ...], cwd: Path | None, error: OSError) -> CommandFailed:
    program = arguments[0]
    code = _NOT_EXECUTABLE
    if cwd is not None and not cwd.is_dir():
        reason = f"the directory {cwd} does not exist"
    elif not isinstance(error, FileNotFoundError):
        reason = error.strerror or str(error)
    elif Path(program).is_file():
        reason = "the interpreter named in its first line, or the loader it is linked to, does not exist"
    else:
        code, reason = _NOT_FOUND, "no such program" if "/" in program else "there is no such program on PATH"
    return CommandFailed(
        f"Cannot run {program}: {reason}",
        command=arguments,
        returncode=code,
        detail=f"Command: {display(arguments)}",
    )


def _failed(arguments: tuple[str, ...], code: int) -> CommandFailed:
    program = Path(arguments[0]).name
    title = (
        f"{program} failed with exit code {code}" if code > 0 else f"{program} was ended by {_signal(-code)}"
    )
    advice = ""
    if -code == signal.SIGKILL or code == 128 + signal.SIGKILL:
        advice = "The machine probably ran out of memory: give the build more, or let it do less at a time."
    return CommandFailed(
        title, command=arguments, returncode=code, detail=f"Command: {display(arguments)}", advice=advice
    )


def _signal(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"
