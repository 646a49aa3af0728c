"""What uv says when it fails, and what we make of it. The texts are those of uv 0.13.9."""

from __future__ import annotations

import pytest

from app_venv.failures.uv import explain

OUTPUTS = {
    "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.": "is out of date",
    "error: Required uv version `==0.1.0` does not match the running version `0.13.9`. Update `uv` by": (
        "requires uv ==0.1.0"
    ),
    "error: The project is marked as unmanaged: /workspace": "none of uv's",
    "error: The requested interpreter resolved to Python 3.13.0, which is incompatible with the project's "
    "Python requirement: `>=3.14` (from `project.requires-python`)": (
        "the project needs Python >=3.14, this is 3.13.0"
    ),
    "error: Group `nope` is not defined in the project's `dependency-groups` table": "no dependency group",
    "error: Extra `nope` is not defined in the `optional-dependencies` table for `app`": "no extra nope",
    "  cause: Hash mismatch for `blinker==1.9.0`\n": "the file of blinker is not the one",
    "  cause: tcp connect error\n  cause: Connection refused (os error 111)": "cannot be reached",
    "x.c:1:10: fatal error: Python.h: No such file or directory": "headers of Python are missing",
    "something else": "uv failed",
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_cause_and_a_next_step(output: str) -> None:
    found = explain(1, output)
    assert OUTPUTS[output] in found.cause
    assert found.advice.endswith(".")


@pytest.mark.parametrize("code", [-9, 137])
def test_a_uv_that_was_killed(code: int) -> None:
    assert "memory" in explain(code, "").cause
