"""The credit of an exchange: what uses it up, what fills it, and that nothing else ends an exchange."""

from __future__ import annotations

import pytest

from buildpack_common.http_pace import EndlessAnswerError, Pace, PaceLimit, TooSlowError

LIMIT = PaceLimit(seconds=10.0, rate=100.0)


class Line:
    """An exchange whose time passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pace = Pace(LIMIT, lambda: self.now)

    def receive(self, seconds: float, count: int) -> float:
        """Wait so long for so many bytes, and return how long that would have been allowed to take."""
        allowed = self.pace.begin(idle=None)
        self.now += seconds
        self.pace.end(received=count)
        return allowed

    def pause(self, seconds: float) -> None:
        """Let the reader do something else."""
        self.now += seconds


def test_a_byte_now_and_then_uses_the_credit_up() -> None:
    """Each wait is allowed what is left, and the last one nothing."""
    line = Line()
    allowed = [line.receive(1.0, 1) for _ in range(10)]
    assert allowed == pytest.approx([10 - 0.99 * number for number in range(10)])
    line.receive(1.0, 1)
    with pytest.raises(TooSlowError, match=r"only 11 bytes came in 11 s"):
        line.receive(1.0, 1)


def test_who_keeps_the_rate_goes_on_for_ever() -> None:
    """Just above the minimum, whatever the size."""
    line = Line()
    for _ in range(10_000):
        line.receive(1.0, 101)
        line.pace.consumed(101)
    assert line.receive(0.0, 0) == pytest.approx(10.0)


def test_haste_at_the_beginning_buys_no_idleness_later() -> None:
    """A gigabyte at once would be credit for months."""
    line = Line()
    line.receive(1.0, 1 << 20)
    line.pace.consumed(1 << 20)
    assert line.receive(9.9, 0) == 10.0
    assert line.receive(0.2, 0) == pytest.approx(0.1)
    with pytest.raises(TooSlowError):
        line.receive(0.0, 0)


def test_a_reader_may_take_its_time() -> None:
    """Whoever writes to a slow disk meanwhile is not the server's fault; the time to connect counts."""
    line = Line()
    line.receive(0.0, 1000)
    line.pace.consumed(1000)
    line.pause(1_000.0)
    assert line.receive(0.0, 1) == 10.0
    connecting = Line()
    connecting.pause(4.0)
    assert connecting.receive(0.0, 0) == 6.0


def test_silence_is_a_time_out_like_any_other() -> None:
    """It is told apart from slowness: nothing has come."""
    line = Line()
    line.pace.begin(idle=None)
    line.pause(10.0)
    with pytest.raises(TimeoutError) as caught:
        line.pace.timed_out()
    assert not isinstance(caught.value, TooSlowError)


def test_the_time_out_of_a_receive_stays() -> None:
    """Whichever is less."""
    assert Line().pace.begin(idle=3.0) == 3.0
    assert Line().pace.begin(idle=30.0) == 10.0


def test_what_nobody_asked_for_has_an_end() -> None:
    """Headers and trailers, as fast as they come; but not what belongs to a body in small chunks."""
    line = Line()
    for _ in range(200):
        line.receive(0.0, 7 << 20)
        line.pace.consumed(1 << 20)
    line.receive(0.0, 10 << 20)
    with pytest.raises(EndlessAnswerError, match="more than 16 MiB came before or around"):
        line.receive(0.0, 10 << 20)
