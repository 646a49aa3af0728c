"""What must not be is found by the harness, whatever it is; and a case can be made again."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fuzz.mutation import TOKENS, make_case
from support.fuzzing import run_fuzz

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = ({"a.txt": b"one\ntwo 2\n", "b/c.bin": b"\0\1"}, {"a.txt": b""})
# A target is run in a process of its own: the harness watches all that its process does.
PROGRAM = """
import os, random, sys
from pathlib import Path
from fuzz import harness

class Target:
    name, seeds, tokens, expected, starts_programs = "x", [{{"a": b"x"}}], (), (KeyError,), False
    answers = iter(range(9))
    def answer(self, files, place, rng):
        {body}

harness.SECONDS = 0.2
outcome = harness.run(Target(), 1)
print(outcome.refused, [one.what for one in outcome.violations])
"""


def outcome_of(body: str, tmp_path: Path) -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", PROGRAM.format(body=body)]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 1", "0 []"),
        ("raise KeyError", "1 []"),
        ("raise ValueError('oh')", "ValueError: oh"),
        ("(place / 'x').write_text('x'); return 1", "0 []"),
        ("(place.parent / 'x').write_text('x')", "open outside of the folder"),
        ("(place / '../x').mkdir()", "os.mkdir outside of the folder"),
        ("Path('/tmp/nothing-of-this-name').unlink(missing_ok=True)", "os.remove outside of the folder"),
        ("(place / 'x').symlink_to('/etc')", "leads out of the folder"),
        ("os.system('true')", "os.system"),
        ("return next(self.answers)", "two answers: 0 and 1"),
        ("return b'x' * (4 << 30)", "MemoryError"),
        ("while True: pass", "it takes more than"),
    ],
)
def test_what_must_not_be_is_found(tmp_path: Path, body: str, said: str) -> None:
    assert said in outcome_of(body, tmp_path)


def test_a_case_is_its_number() -> None:
    """The seeds come first, as they are; then no two are alike, and each can be made again."""
    cases = [make_case("x", number, SEEDS, ()) for number in range(200)]
    assert cases == [make_case("x", number, SEEDS, ()) for number in range(200)]
    assert cases[:2] == list(SEEDS)
    assert len({repr(one) for one in cases}) > 150
    assert make_case("y", 5, SEEDS, ()) != cases[5]
    assert all(isinstance(token, bytes) for token in TOKENS)


def test_an_unknown_target_is_named() -> None:
    done = run_fuzz("nonsense")
    assert done.returncode == 2
    assert "there is no target nonsense; there are: runtime-archives, " in done.stderr
