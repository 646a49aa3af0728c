from __future__ import annotations

import pytest

from buildpack_release.progress import Progress, say


def test_steps_are_counted_and_timed() -> None:
    """The counter says how far it is, the second line what came of it."""
    said: list[str] = []
    ticks = iter([0.0, 1.5, 2.0, 70.0])
    progress = Progress(2, said.append, lambda: next(ticks))
    with progress.step("one") as results:
        results += ["5 B", "new"]
    with progress.step("two"):
        pass
    assert said == ["[1/2] one", "      5 B, new in 1.5 s", "[2/2] two", "      done in 1 min 08 s"]


def test_steps_at_the_same_time_are_told_when_they_are_over() -> None:
    """Each in one line, counted in the order of their ends."""
    said: list[str] = []
    ticks = iter([0.0, 1.0, 2.5, 4.0])
    progress = Progress(2, said.append, lambda: next(ticks))
    with progress.one_of_several("one") as results:
        results.append("5 B")
        with progress.one_of_several("two"):
            pass
    assert said == ["[1/2] two: done in 1.5 s", "[2/2] one: 5 B in 4.0 s"]


def test_a_failed_step_is_not_called_done() -> None:
    """The error speaks for itself."""
    said: list[str] = []
    with pytest.raises(ValueError, match="no"), Progress(1, said.append).step("one"):
        raise ValueError("no")
    assert said == ["[1/1] one"]


def test_progress_goes_to_stderr_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """Stdout stays free for data."""
    say("fetch https://me:secret@host/")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "fetch https://***@host/\n"
