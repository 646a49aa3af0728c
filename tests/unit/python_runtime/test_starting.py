"""What an interpreter, its loader or the kernel says is in the message, and the advice fits it."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import BuildpackError, DownloadError, PlatformError
from python_runtime import starting
from support.elf_files import AARCH64, EXECUTABLE, X86_64, elf_file

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue

ENV = {"PATH": os.defpath}
IS_ARM = os.uname().machine == "aarch64"
LOADER = "/lib/ld-linux-aarch64.so.1" if IS_ARM else "/lib64/ld-linux-x86-64.so.2"
HERE, NOWHERE = AARCH64 if IS_ARM else X86_64, 0x1234
LOADING = "python3.14: error while loading shared libraries"


@pytest.fixture
def runtime(catalogue: RuntimesCatalogue) -> Runtime:
    return next(runtime for runtime in catalogue.runtimes if runtime.version == "3.14.2")


def program(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "python3.14"
    path.write_bytes(content if isinstance(content, bytes) else f"#!/bin/sh\n{content}\n".encode())
    path.chmod(0o755)
    return path


def failure(python: Path, runtime: Runtime) -> BuildpackError:
    with pytest.raises(BuildpackError) as caught:
        starting.check(python, runtime, ENV)
    return caught.value


def saying(words: str, code: int, tmp_path: Path, runtime: Runtime) -> BuildpackError:
    python = program(tmp_path, f"printf '%s\\n' {shlex.quote(words)} >&2\nexit {code}")
    return failure(python, runtime)


def test_one_that_starts_and_is_what_it_should_be(tmp_path: Path, runtime: Runtime) -> None:
    starting.check(program(tmp_path, "echo ld.so: noise >&2; echo version 3.14.2"), runtime, ENV)


def test_another_version_is_named(tmp_path: Path, runtime: Runtime) -> None:
    error = failure(program(tmp_path, "echo version 3.14.1"), runtime)

    assert isinstance(error, DownloadError)
    assert error.title == "The archive of Python 3.14.2 holds Python 3.14.1"


def test_the_loaders_words_on_a_library_of_the_archive(tmp_path: Path, runtime: Runtime) -> None:
    """As it was when pruning removed libpython: it is no fault of the build image."""
    content = elf_file(["$ORIGIN/../lib/libpython3.14.so.1.0"], kind=EXECUTABLE, machine=HERE, loader=LOADER)
    error = failure(program(tmp_path, content), runtime)

    assert isinstance(error, DownloadError)
    assert error.title == "The archive of Python 3.14.2 holds an interpreter that does not start"
    assert "It needs libpython3.14.so.1.0, which is not in the archive" in error.detail
    assert "error while loading shared libraries" in error.detail
    assert "glibc" not in error.advice


def test_the_loaders_words_on_a_library_of_the_image(tmp_path: Path, runtime: Runtime) -> None:
    content = elf_file(["libfoo-of-nobody.so.3"], kind=EXECUTABLE, machine=HERE, loader=LOADER)
    error = failure(program(tmp_path, content), runtime)

    assert isinstance(error, PlatformError)
    assert (
        "It needs libfoo-of-nobody.so.3, which is neither in the archive nor on this build image"
        in error.detail
    )


def test_a_loader_that_is_missing_is_a_matter_of_glibc(tmp_path: Path, runtime: Runtime) -> None:
    content = elf_file(["libc.so.6"], kind=EXECUTABLE, machine=HERE, loader="/lib/ld-of-nobody.so.1")
    error = failure(program(tmp_path, content), runtime)

    assert isinstance(error, PlatformError)
    assert "Its loader is not on this build image: /lib/ld-of-nobody.so.1" in error.detail
    assert "glibc 2.17" in error.advice


def test_a_program_for_another_machine(tmp_path: Path, runtime: Runtime) -> None:
    error = failure(program(tmp_path, elf_file(kind=EXECUTABLE, machine=NOWHERE)), runtime)

    assert isinstance(error, DownloadError)
    assert "Exec format error" in error.detail
    assert "glibc" not in str(error)


@pytest.mark.parametrize("content", [b"", b"no program"])
def test_no_program_at_all(content: bytes, tmp_path: Path, runtime: Runtime) -> None:
    assert isinstance(failure(program(tmp_path, content), runtime), DownloadError)


def test_a_script_of_something_that_is_not_there(tmp_path: Path, runtime: Runtime) -> None:
    error = failure(program(tmp_path, b"#!/nowhere/at/all\n"), runtime)

    assert "It is a script" in error.detail
    assert "glibc" not in str(error)


def test_a_file_that_may_not_be_executed(tmp_path: Path, runtime: Runtime) -> None:
    python = program(tmp_path, "echo version 3.14.2")
    python.chmod(0o644)
    error = failure(python, runtime)

    assert isinstance(error, PlatformError)
    assert "Permission denied" in error.detail
    assert "noexec" in error.advice


@pytest.mark.parametrize(
    ("number", "name", "advice"),
    [
        (9, "SIGKILL", "out of memory"),
        (11, "SIGSEGV", "if it crashes there, too"),
        (7, "SIGBUS", "if it crashes there, too"),
        (4, "SIGILL", "older processors"),
        (31, "SIGSYS", "seccomp"),
    ],
)
def test_a_signal_is_no_matter_of_libraries(
    number: int, name: str, advice: str, tmp_path: Path, runtime: Runtime
) -> None:
    for end in (f"kill -{number} $$", f"exit {128 + number}"):
        error = failure(program(tmp_path, end), runtime)

        assert isinstance(error, PlatformError)
        assert f"signal {number} ({name})" in error.detail
        assert advice in error.advice
        assert "glibc" not in str(error)


def test_a_program_that_crashes_by_itself(tmp_path: Path, runtime: Runtime) -> None:
    error = failure(program(tmp_path, elf_file(kind=EXECUTABLE, machine=HERE)), runtime)

    assert "SIGSEGV" in error.detail


# From glibc's and musl's loaders and CPython, as they print them.
@pytest.mark.parametrize(
    ("words", "reason", "advice"),
    [
        (
            "p: /lib64/libc.so.6: version `GLIBC_2.38' not found (required by p)",
            "glibc is too old",
            "glibc 2.17",
        ),
        (
            f"{LOADING}: libm.so.6: cannot open shared object file: No such file or directory",
            "no libm.so.6, which is part of glibc",
            "glibc 2.17",
        ),
        (
            f"{LOADING}: libcrypt.so.1: cannot open shared object file: No such file or directory",
            "It needs libcrypt.so.1, which is neither in the archive nor on this build image",
            "libxcrypt-compat",
        ),
        (
            "Error loading shared library libpthread.so.0: No such file or directory (needed by python3.14)",
            "C library is not glibc",
            "glibc 2.17",
        ),
        ("Error relocating python3.14: __strdup: symbol not found", "C library is not glibc", "glibc 2.17"),
        ("FATAL: kernel too old", "kernel of this machine is too old", "newer machine"),
        (
            "Fatal glibc error: CPU does not support x86-64-v2",
            "processor lacks",
            "older processors",
        ),
        (
            f"{LOADING}: libpython3.14.so.1.0: failed to map segment from shared object",
            "does not let its libraries be loaded",
            "noexec",
        ),
        (
            f"{LOADING}: /layers/x/libpython3.14.so.1.0: file too short",
            "damaged",
            "make the archive anew",
        ),
        (
            "python3.14: symbol lookup error: python3.14: undefined symbol: Py_BytesMain",
            "do not fit together",
            "make the archive anew",
        ),
        (
            "Fatal Python error: init_fs_encoding\nModuleNotFoundError: No module named 'encodings'",
            "standard library beside it",
            "make the archive anew",
        ),
    ],
)
def test_words_that_tell_the_cause(
    words: str, reason: str, advice: str, tmp_path: Path, runtime: Runtime
) -> None:
    error = saying(words, 1, tmp_path, runtime)

    assert reason in error.detail
    assert words.splitlines()[-1] in error.detail
    assert advice in error.advice
    assert ("glibc 2.17" in error.advice) is ("glibc 2.17" in advice)


def test_words_that_tell_nothing_known_are_shown_without_wrong_advice(
    tmp_path: Path, runtime: Runtime
) -> None:
    error = saying("something quite new", 3, tmp_path, runtime)

    assert error.detail == "It ends with exit code 3.\nIt says:\n  something quite new"
    assert "glibc" not in error.advice


def test_what_is_shown_is_short_harmless_and_without_secrets(tmp_path: Path, runtime: Runtime) -> None:
    lines = [
        *(f"line {number}" for number in range(100)),
        "\x1b[31mred",
        "https://me:secret@host/x",
        "x" * 5000,
    ]
    error = saying("\n".join(lines), 1, tmp_path, runtime)

    shown = error.detail.partition("It says:\n")[2].splitlines()
    assert (len(shown), max(map(len, shown))) == (8, 305)
    assert shown[0] == "  line 95"
    assert "\x1b" not in error.detail
    assert "secret" not in error.detail


def test_one_that_says_nothing_of_its_version(tmp_path: Path, runtime: Runtime) -> None:
    assert "does not say which version" in failure(program(tmp_path, "echo hello"), runtime).detail


@pytest.mark.parametrize(
    ("content", "runs"),
    [
        ("echo version 3.14.2", True),
        ("echo version 3.14.2; exit 1", False),
        ("echo", False),
        ("kill -11 $$", False),
        (b"\x7fELF", False),
        (b"", False),
    ],
)
def test_whether_one_for_another_machine_runs(content: bytes | str, runs: object, tmp_path: Path) -> None:
    assert starting.runs(program(tmp_path, content), ENV) is runs
