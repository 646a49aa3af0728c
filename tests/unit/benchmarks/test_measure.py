"""The measuring core: what is counted, and that sides take turns."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.measure import RunFailed, Sample, Side, alternate, peak_memory, run, total

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_counts_descendants(tmp_path: Path) -> None:
    """Work in a grandchild is the command's work, or a shell around a program would hide all of it."""
    busy = "import time\nend = time.process_time() + 0.1\nwhile time.process_time() < end: pass"
    script = '"$1" -I -S -c "$2"; exit 0'
    sample = run(["/bin/sh", "-c", script, "sh", sys.executable, busy], cwd=tmp_path)
    assert sample.cpu >= 0.1
    assert sample.wall >= 0.1


def test_a_run_counts_orphans() -> None:
    """Workers of compileall belong to a server that outlives the command by a moment; their work counts."""
    busy = "import time\nend = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
    sample = run(["/bin/sh", "-c", '"$1" -I -S -c "$2" & exit 0', "sh", sys.executable, busy])
    assert sample.cpu >= 0.2


def test_a_run_gets_its_environment_and_directory(tmp_path: Path) -> None:
    """Nothing of the caller's environment reaches a peer that is given one."""
    run(["/bin/sh", "-c", 'echo "$A-$HOME" > out'], env={"A": "b"}, cwd=tmp_path)
    assert (tmp_path / "out").read_text() == "b-\n"


def test_a_failed_run_is_no_figure() -> None:
    """The time of a command that failed must never become a result; its output says why it failed."""
    with pytest.raises(RunFailed) as caught:
        run(["/bin/sh", "-c", "echo the reason >&2; exit 3"])
    assert "ended with 3" in caught.value.title
    assert caught.value.detail == "the reason"


@pytest.mark.parametrize("size", [0, 64])
def test_peak_memory_is_of_the_command_alone(size: int) -> None:
    """The memory of the measuring process, which the kernel would count, does not show."""
    held = bytearray(200_000_000)
    held[::4096] = b"x" * len(held[::4096])
    peak = peak_memory([sys.executable, "-I", "-S", "-c", f"bytearray({size} << 20).replace(b'a', b'b')"])
    assert size << 20 < peak < (size * 2 << 20) + 60_000_000


def test_peak_memory_of_a_failure_is_no_figure() -> None:
    """As with times."""
    with pytest.raises(RunFailed, match="ended with 4"):
        peak_memory(["/bin/sh", "-c", "exit 4"])


def test_sides_take_turns() -> None:
    """Every side runs once in a round, prepared just before, and none is always the first."""
    log: list[str] = []

    def side(name: str) -> Side:
        def act() -> Sample:
            log.append(name)
            return Sample(1.0, float(len(log)))

        return Side(act, lambda: log.append(f"({name}"))

    found = alternate({"a": side("a"), "b": side("b")}, 2)
    assert log == ["(a", "a", "(b", "b", "(b", "b", "(a", "a"]
    assert [len(samples) for samples in found.values()] == [2, 2]


def test_the_warm_up_does_not_count() -> None:
    """The first access to files is slower, and would be one of few figures."""
    times = iter([9.0, 1.0, 2.0])
    found = alternate({"a": Side(lambda: Sample(next(times), 0.0))}, 2, warm_up=True)
    assert [sample.wall for sample in found["a"]] == [1.0, 2.0]


def test_total_adds_up() -> None:
    """A peer that needs several commands is charged for all of them."""
    assert total(Sample(1.0, 2.0), Sample(3.0, 4.0)) == Sample(4.0, 6.0)
