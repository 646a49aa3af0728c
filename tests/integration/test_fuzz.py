"""Some cases of each fuzzing target; the session `fuzz` runs any number, `e2e_long` very many."""

from __future__ import annotations

import re

import pytest

from fuzz.targets import TARGETS
from support.fuzzing import run_fuzz
from support.needs import need

CASES = 150


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_must_hold_is_violated(target: str) -> None:
    if target == "detection":
        need("busybox")
    done = run_fuzz(target, "--cases", str(CASES))
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.match(rf"{target}: {CASES} cases, (\d+) refused, ", done.stdout)
    assert counted is not None
    assert int(counted[1]) < CASES, "whatever comes is refused: not even a seed is right"
