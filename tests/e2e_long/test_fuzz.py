"""Very many cases of each fuzzing target: what SECURITY.md says has been run.

STRATA_TEST_CASES asks for another number than the usual one.
"""

from __future__ import annotations

import os

import pytest

from fuzz.targets import TARGETS
from support.fuzzing import run_fuzz
from support.needs import need
from support.variables_of_tests import FUZZ_CASES

CASES = int(os.environ.get(FUZZ_CASES.name, "100000"))
# A case of these starts programs, or opens connections.
SLOW = {"detection": 10, "registry-answers": 10}


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_must_hold_is_violated(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    if target == "detection":
        need("busybox")
    done = run_fuzz(target, "--cases", str(CASES // SLOW.get(target, 1)))
    with capsys.disabled():
        print(f"\n{done.stdout}", end="")  # noqa: T201
    assert done.returncode == 0, done.stdout + done.stderr
