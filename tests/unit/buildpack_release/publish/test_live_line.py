"""Progress: alive on a terminal, sparse in a log, and without secrets in both."""

from __future__ import annotations

import io

import pytest

from buildpack_release.publish.live_line import Bytes, LiveLine

MIB = 1024 * 1024


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(line: LiveLine, now: list[float]) -> str:
    """Twelve seconds of sending 100 MiB, eight times a second."""
    counter = Bytes(line, "sent", 100 * MIB)
    for step in range(1, 101):
        now[0] = step / 8
        counter("a" if step % 2 else "b", (step // 2 + step % 2) * MIB, 50 * MIB)
    line.say("done at https://me:hunter2@x.io/?token=hunter2")
    assert isinstance(line.stream, io.StringIO)
    return line.stream.getvalue()


def test_on_a_terminal_one_line_is_rewritten() -> None:
    now = [0.0]
    text = run(LiveLine(io.StringIO(), clock=lambda: now[0], is_terminal=True), now)
    assert text.count("\n") == 1
    assert text.count("\r") > 50
    assert "sent 50.0 MiB of 100.0 MiB (50 %)" in text
    assert text.endswith("\r\x1b[Kdone at https://***@x.io/?token=***\n")


def test_in_a_log_there_are_few_whole_lines() -> None:
    now = [0.0]
    text = run(LiveLine(io.StringIO(), clock=lambda: now[0], is_terminal=False), now)
    assert "\r" not in text
    assert text.count("\n") == 1, "a short transfer needs none"
    now[0] = 0.0
    line = LiveLine(io.StringIO(), clock=lambda: now[0], is_terminal=False)
    for second in range(60):
        now[0] = float(second)
        line.show(f"second {second}")
    assert isinstance(line.stream, io.StringIO)
    assert line.stream.getvalue() == "second 15\nsecond 30\nsecond 45\n"


@pytest.mark.parametrize(("term", "live"), [("xterm", True), ("dumb", False), ("", False)])
def test_what_is_a_terminal(monkeypatch: pytest.MonkeyPatch, term: str, live: bool) -> None:
    monkeypatch.setenv("TERM", term)
    assert LiveLine(Terminal()).is_terminal is live
    assert LiveLine(io.StringIO()).is_terminal is False
