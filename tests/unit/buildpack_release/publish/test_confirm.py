"""Asking before publishing."""

from __future__ import annotations

import io

import pytest

from buildpack_release.errors import ExitCode, ReleaseError, UsageError, exit_code_of
from buildpack_release.publish.confirm import confirm


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["y\n", "Yes\n", " yes \n"])
def test_yes(answer: str) -> None:
    said: list[str] = []
    confirm("Publish?", terminal=Terminal(answer), say=said.append)
    assert said == ["Publish? [y/N]"]


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n", "yesterday\n"])
def test_anything_else_is_no(answer: str) -> None:
    """Also the end of the input."""
    with pytest.raises(ReleaseError, match="nothing was written") as caught:
        confirm("Publish?", terminal=Terminal(answer), say=lambda _: None)
    assert exit_code_of(caught.value) is ExitCode.FAILED


def test_without_a_terminal_nobody_is_asked() -> None:
    """Not even if somebody pipes a yes: that may have been for another question."""
    with pytest.raises(UsageError) as caught:
        confirm("Publish?", terminal=io.StringIO("y\n"), say=lambda _: None)
    assert "--yes" in caught.value.advice
