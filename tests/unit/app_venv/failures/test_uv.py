"""What uv says when it fails, and what we make of it. The texts are those of uv 0.13.9."""

from __future__ import annotations

import pytest

from app_venv.failures.uv import explain

OUTPUTS = {
    "         Host key for [127.0.0.1]:2222 has changed and you have requested strict checking.\n"
    "         Host key verification failed.\n": "[127.0.0.1]:2222 is not the host that it was",
    "         No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\n"
    "         Host key verification failed.\n": "the host of a repository is not known",
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
    "warning: Failed to parse `pyproject.toml` during settings discovery:\n  TOML parse error at line 6\n"
    "  unknown field `frobnicate`\n\n"
    "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.": (
        "does not understand its settings in pyproject.toml"
    ),
    "Resolving despite existing lockfile due to addition of global exclude newer 2020-01-02T00:00:00Z\n"
    "error: No solution found when resolving dependencies\n": (
        "out of date: addition of global exclude newer 2020-01-02T00:00:00Z"
    ),
    "error: Failed to parse environment variable `UV_HTTP_TIMEOUT` with invalid value `x`: invalid digit": (
        "UV_HTTP_TIMEOUT has a value that uv does not understand: invalid digit"
    ),
    "error: Failed to parse: uv.toml\n  cause: TOML parse error at line 1": "uv cannot read uv.toml",
    "error: Failed to read `--find-links` directory: /x\n  cause: No such file": "/x does not exist",
    "error: failed to open file `/nope`: No such file or directory (os error 2)": "/nope does not exist",
    "error: The current Python platform is not compatible with the lockfile's supported environments: "
    "`sys_platform == 'win32'`": "only for other systems: `sys_platform == 'win32'`",
    "error: Failed to download `left==1.0`\n  cause: HTTP status client error (404 File not found) for url "
    "(http://index/left.whl)": "http://index/left.whl is no longer there",
    "error: Distribution `left==1.0 @ registry+http://index/simple/` can't be installed because it is marked "
    "as `--no-binary` but has no source distribution": "left may not be installed of the only kind of file",
    "error: Distribution `win==1.0 @ registry+http://x/simple/` can't be installed because it doesn't have "
    "a source distribution or wheel for the current platform": "win has no file for this Python",
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


PINNED = {
    "error: Hash-checking is required, but no trusted hash was provided for: `left`": (
        "left is required by one of the packages, and no line pins it by hash"
    ),
    "  cause: Size mismatch for `left==1.0`: expected 3 bytes, but downloaded 1201 bytes": (
        "none of the hashes that are allowed"
    ),
    "  cause: Hash mismatch for `left==1.0`\n": (
        "none of the hashes that are allowed is that of the file of left==1.0"
    ),
    "  cause: Because left was not found in the package registry and you require left==1.0, we": (
        "no index has left, or none"
    ),
    "  cause: Because there is no version of left==1.0 and you require left==1.0, we": (
        "no index has left==1.0"
    ),
    "  cause: Because left==1.0 has no source distribution and you require left==1.0, we": (
        "left==1.0 has no file that may be used"
    ),
    "  cause: HTTP status client error (404 Not Found) for url (http://index/left.whl)": (
        "http://index/left.whl is not there"
    ),
    "  cause: tcp connect error\n  cause: Connection refused (os error 111)": "cannot be reached",
}


@pytest.mark.parametrize("output", PINNED)
def test_without_a_lock_file_no_advice_is_about_one(output: str) -> None:
    """``uv pip install`` is told of a requirements file."""
    found = explain(1, output, locked=False)
    assert PINNED[output] in found.cause
    assert "uv.lock" not in f"{found.cause} {found.advice}"
