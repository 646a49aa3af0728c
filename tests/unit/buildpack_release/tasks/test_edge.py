"""What all tasks share: a fault becomes one clear message and its exit code, whatever repository it is in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from buildpack_release.errors import CheckFailed, ExitCode
from buildpack_release.progress import say
from buildpack_release.tasks import collection
from buildpack_release.tasks.edge import (
    SETTINGS,
    explain_missing,
    one_clear_error,
    print_json,
    print_text,
    root_of,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def context(tmp_path: Path) -> Context:
    made = Context()
    made.config.load_collection(collection(tmp_path).configuration())
    return made


def raised(context: Context, error: BaseException) -> int:
    """Return the exit code of a task in which an error is raised."""

    @one_clear_error
    def body(context: Context) -> None:
        raise error

    with pytest.raises(Exit) as caught:
        body(context)
    return caught.value.code


def test_the_root_is_that_of_the_collection(context: Context, tmp_path: Path) -> None:
    """Not where the library lies, nor where the user is."""
    assert root_of(context) == tmp_path


def test_faults_are_messages(context: Context, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With the exit code of the table, and nothing secret."""
    assert raised(context, CheckFailed("see https://me:secret@host/x")) == ExitCode.CHECK
    assert raised(context, FileNotFoundError(2, "No such file", tmp_path / "x")) == ExitCode.FAILED
    assert raised(context, KeyboardInterrupt()) == ExitCode.INTERRUPTED
    assert raised(context, RecursionError("maximum recursion depth exceeded")) == ExitCode.FAILED
    printed = capsys.readouterr().err
    assert "secret" not in printed
    assert f"Error: {tmp_path / 'x'}: No such file" in printed
    assert "Error: interrupted" in printed
    assert "Error: something in this repository is nested too deeply" in printed


def test_a_library_that_is_missing_is_named(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """By the collection's own words, where it has some; a fault of this library stays a traceback."""
    assert raised(context, ModuleNotFoundError("x", name="tomlkit")) == ExitCode.MISSING_TOOL
    assert f"Install it: {sys.executable} -m pip install buildpack-release" in capsys.readouterr().err
    context.config.load_collection({SETTINGS: {"root": "/", "explain_missing": lambda _error: "Get it."}})
    assert raised(context, ModuleNotFoundError("x", name="tomlkit")) == ExitCode.MISSING_TOOL
    assert capsys.readouterr().err == "Error: Get it.\n"
    own = ModuleNotFoundError("x", name="buildpack_release.gone")
    with pytest.raises(ModuleNotFoundError):
        explain_missing(own)


def test_a_result_is_passed_on(context: Context) -> None:
    """Tasks call each other's bodies."""

    @one_clear_error
    def body(context: Context, number: int, *, more: int) -> int:
        return number + more

    assert body(context, 1, more=2) == 3


def test_what_is_printed_drives_nothing(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """Results, progress and errors; JSON has its own escapes."""
    text = "1.0\x1b[31m\n::error::x"
    print_text(text)
    print_text("")
    say(text)
    raised(context, CheckFailed(text))
    print_json({"version": text})
    out, err = capsys.readouterr()
    assert out == '1.0\\x1b[31m\n\\x3a:error::x\n{\n  "version": "1.0\\u001b[31m\\n::error::x"\n}\n'
    assert err == "1.0\\x1b[31m\n\\x3a:error::x\nError: 1.0\\x1b[31m\\n::error::x\n"
