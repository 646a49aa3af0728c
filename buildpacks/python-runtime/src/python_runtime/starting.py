"""The first start of an unpacked interpreter: which version it says it is, or why it does not start."""

from __future__ import annotations

import errno
import os
import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api import commands, elf
from buildpack_api.errors import BuildpackError, CommandFailed, DownloadError, PlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import Runtime

_QUESTION = "import sys; print('version', '%d.%d.%d' % sys.version_info[:3])"
_ANSWER = re.compile(r"^version (\d+\.\d+\.\d+)$", re.MULTILINE)

_SHOWN_LINES, _SHOWN_WIDTH = 8, 300
_SHELLS_SIGNALS = 128  # a shell's exit code for a program that a signal ended, less the signal

_OLD_GLIBC = "The archives need Linux with glibc 2.17 or newer. Use another build image."
_BROKEN = "If the catalogue is your own, make the archive anew; otherwise please report this."
_LACKING = (
    "Use a build image and a run image that have it. If the archive is your own, you may put the library "
    "into it."
)
_NO_LIBCRYPT = (
    "Ask for a newer patch of this Python, which does not need it, or use a build image and a run image that "
    "have it (Debian's package libcrypt1, Fedora's and RHEL's libxcrypt-compat)."
)
_NO_EXECUTION = (
    "Let programs be run from the layers directory: mount its file system without noexec, and let the "
    "security policy of this machine (SELinux, AppArmor, fapolicyd) allow it."
)
_UNKNOWN = (
    "Try another patch of this Python, or another build image. If the catalogue is your own, see whether its "
    "archive runs elsewhere."
)
_MEMORY = "The machine probably ran out of memory: give the build more."
_CRASH = (
    "It may not fit this machine's kernel, or its emulator. Try another patch of this Python, or build on "
    "another machine; if it crashes there, too, please report this."
)
_OTHER_PROCESSOR = (
    "Use an archive for older processors (in python-build-standalone's names those without _v2, _v3 or _v4), "
    "or a newer machine."
)

# The libraries of glibc, whatever their version.
_OF_GLIBC = re.compile(
    r"(ld-linux[\w.-]*|lib(c|m|dl|rt|pthread|util|resolv|anl|mvec|nss_\w+|BrokenLocale|thread_db))\.so\.\d+"
)


@dataclass(frozen=True)
class _Cause:
    """Why it does not start; ``archive``: it would not anywhere."""

    reason: str
    advice: str
    archive: bool = False


def check(python: Path, runtime: Runtime, env: Mapping[str, str]) -> None:
    """Start ``python`` and hold its version against the runtime's.

    Raises PlatformError if it does not start because of this machine, DownloadError if the archive is wrong.
    """
    try:
        code, words = _start(python, env)
    except CommandFailed as error:
        raise _failure(runtime, _cause_of_refusal(python, error), "") from error
    answer = _ANSWER.search(words)
    if code or answer is None:
        raise _failure(runtime, _cause_of_end(code, words), words)
    if answer[1] != runtime.version:
        raise DownloadError(
            f"The archive of Python {runtime.version} holds Python {answer[1]}",
            advice="Correct the catalogue of runtimes.",
        )


def runs(python: Path, env: Mapping[str, str]) -> bool:
    """Whether ``python``, which is for another architecture, starts here all the same, by emulation."""
    try:
        code, words = _start(python, env)
    except CommandFailed:
        return False
    return code == 0 and _ANSWER.search(words) is not None


def _start(python: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """Return the exit code, negative for a signal, and all that was written. Raises CommandFailed."""
    command: list[str | Path] = [python, "-I", "-S", "-B", "-c", _QUESTION]
    return commands.run_with_tail(command, env={**env, "LC_ALL": "C"}, echo=False)


def _failure(runtime: Runtime, cause: _Cause, words: str) -> BuildpackError:
    shown = _shown(words)
    detail = f"{cause.reason}\nIt says:\n{shown}" if shown else cause.reason
    if cause.archive:
        title = f"The archive of Python {runtime.version} holds an interpreter that does not start"
        return DownloadError(title, detail=detail, advice=cause.advice)
    title = f"Python {runtime.version} does not run on this build image"
    return PlatformError(title, detail=detail, advice=cause.advice)


def _shown(words: str) -> str:
    """Return the last lines, indented, each of a bearable length and without what a terminal would act on."""
    lines = [line.strip() for line in words.splitlines() if line.strip()][-_SHOWN_LINES:]
    harmless = (
        "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) for line in lines
    )
    return "\n".join(
        f"  {line}" if len(line) <= _SHOWN_WIDTH else f"  {line[:_SHOWN_WIDTH]}..." for line in harmless
    )


def _cause_of_refusal(python: Path, error: CommandFailed) -> _Cause:
    """Return why the kernel does not even start it."""
    number = error.__cause__.errno if isinstance(error.__cause__, OSError) else None
    if number == errno.ENOENT:
        return _missing_loader(python)
    if number == errno.ENOEXEC:
        return _Cause("It is not a program for this machine (Exec format error).", _BROKEN, archive=True)
    if number in (errno.EACCES, errno.EPERM):
        flags = os.statvfs(python).f_flag
        noexec = " Its file system is mounted noexec." if flags & os.ST_NOEXEC else ""
        return _Cause(f"The system does not let it be run: {error.title}.{noexec}", _NO_EXECUTION)
    if number == errno.ENOMEM:
        return _Cause(f"{error.title}.", _MEMORY)
    if number == errno.E2BIG:
        return _Cause(f"{error.title}.", "Give the build fewer or shorter environment variables.")
    return _Cause(f"{error.title}.", _UNKNOWN)


def _missing_loader(python: Path) -> _Cause:
    try:
        loader = elf.loader(python)
    except elf.NotElfError:
        return _Cause("It is a script, and the program in its first line is not here.", _BROKEN, archive=True)
    return _Cause(f"Its loader is not on this build image: {loader or 'it names none'}.", _OLD_GLIBC)


def _cause_of_end(code: int, words: str) -> _Cause:
    number = -code if code < 0 else code - _SHELLS_SIGNALS
    if number in signal.valid_signals() and "Fatal Python error" not in words:  # which aborts, and says more
        return _cause_of_signal(number)
    for pattern, cause in _SAYINGS:
        if re.search(pattern, words):
            return cause
    missing = re.search(r"(\S+): cannot open shared object file: No such file", words)
    if missing:
        return _missing_library(missing[1])
    if code == 0:
        return _Cause("It does not say which version it is.", _BROKEN, archive=True)
    return _Cause(f"It ends with exit code {code}.", _UNKNOWN)


def _cause_of_signal(number: int) -> _Cause:
    name = signal.Signals(number).name if number in set(signal.Signals) else ""
    reason = f"It was ended by signal {number}{f' ({name})' if name else ''}."
    if number == signal.SIGKILL:
        return _Cause(reason, _MEMORY)
    if number == signal.SIGILL:
        return _Cause(f"{reason} The processor does not know one of its instructions.", _OTHER_PROCESSOR)
    if number == signal.SIGSYS:
        return _Cause(
            f"{reason} A system call is forbidden here.", "Allow it in the container's seccomp profile."
        )
    return _Cause(f"{reason} That is a crash, not a library that is missing.", _CRASH)


def _missing_library(name: str) -> _Cause:
    base = name.rpartition("/")[2]
    if _OF_GLIBC.fullmatch(base):
        return _Cause(f"The build image has no {base}, which is part of glibc.", _OLD_GLIBC)
    if "/" in name or base.startswith("libpython"):
        return _Cause(
            f"It needs {base}, which is not in the archive where it looks for it.", _BROKEN, archive=True
        )
    advice = _NO_LIBCRYPT if base.startswith("libcrypt.") else _LACKING
    return _Cause(f"It needs {base}, which is neither in the archive nor on this build image.", advice)


# What loaders and interpreters say before they give up (glibc's rtld.c, dl-load.c, dl-version.c; musl's
# dynlink.c; CPython's pylifecycle.c), the more telling ones first.
_SAYINGS = (
    (r"version `GLIBC_\S+' not found", _Cause("The build image's glibc is too old for it.", _OLD_GLIBC)),
    (r"Error (loading|relocating)\b", _Cause("The build image's C library is not glibc.", _OLD_GLIBC)),
    (
        r"kernel too old",
        _Cause("The kernel of this machine is too old.", "Use a newer machine, or build image."),
    ),
    (
        r"CPU does not support|CPU ISA level is lower",
        _Cause("The processor lacks what the program, or the build image's glibc, needs.", _OTHER_PROCESSOR),
    ),
    (
        r"failed to map segment|cannot (enable executable stack|make segment writable|change memory prot)",
        _Cause("The system does not let its libraries be loaded.", _NO_EXECUTION),
    ),
    (r"[Cc]annot (allocate|create) .*memory|MemoryError", _Cause("There is too little memory.", _MEMORY)),
    (
        r"wrong ELF class|invalid ELF header|file too short|ELF file|cannot read file data|ELF load command",
        _Cause("A library of it is damaged, or for another machine.", _BROKEN, archive=True),
    ),
    (
        r"symbol lookup error|undefined symbol|version `\S+' not found",
        _Cause("Its libraries do not fit together.", _BROKEN, archive=True),
    ),
    (
        r"Fatal Python error|No module named 'encodings'|Could not find platform",
        _Cause("It does not get along with the standard library beside it.", _BROKEN, archive=True),
    ),
)
