"""What Poetry says when it fails, and what we make of it. The texts are those of Poetry 2.5.1."""

from __future__ import annotations

import pytest

from app_venv.failures.poetry import explain

OUTPUTS = {
    "    |     | Host key for [127.0.0.1]:2222 has changed and you have requested strict checking.\n"
    "    |     | Host key verification failed.\n": "[127.0.0.1]:2222 is not the host that it was",
    "    |     | No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\n"
    "    |     | Host key verification failed.\n": "the host of a repository is not known",
    "pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix": (
        "poetry.lock is out of date"
    ),
    "This project requires Poetry >=9, but you are using Poetry 2.5.1": "requires Poetry >=9",
    "Current Python version (3.13.0) is not allowed by the project (>=3.99).": (
        "the project needs Python >=3.99, this is 3.13.0"
    ),
    "Path /workspace/my libs/outer for outer does not exist": "/workspace/my libs/outer does not exist",
    "Group(s) not found: nope (via --only)": "no dependency group nope",
    "Extra [nope] is not specified.": "no extra nope",
    "Error: The current project could not be installed: No file/folder found for package app": (
        "cannot install the project itself: No file/folder found for package app"
    ),
    "The Poetry configuration is invalid:\n  - tool.poetry.package-mode must be boolean\n": (
        "not as Poetry wants it: tool.poetry.package-mode must be boolean"
    ),
    "    | Downloaded distributions for left (1.0) did not match any known checksums in your lock file.": (
        "the file of left is not the one that poetry.lock has"
    ),
    "  Hash for left (1.0) from archive left-1.0.whl not found in known hashes (was: sha256:0)": (
        "the file of left is not the one"
    ),
    "Source (main): Authorization error accessing http://127.0.0.1/simple/left/\n\n"
    "    | Unable to find installation candidates for left (1.0)": "an index refused access",
    "    |     | fatal: Authentication failed for 'http://x/y.git/'": "a repository refused access",
    "    | Failed to clone http://x/y.git, check your git configuration": "could not be cloned",
    "    | All attempts to connect to 127.0.0.1:1 failed.": "an index cannot be reached",
    "  503 Server Error: Service Unavailable for url: http://x/simple/left/": "an index cannot be reached",
    "    | Unable to find installation candidates for source (1.0)\n    | \n"
    "    |   - 1 source distribution(s) were skipped due to your installer.only-binary policy": (
        "source has no wheel for this Python and processor"
    ),
    "    | Unable to find installation candidates for left (1.0)": "left has no file on its index",
    "    | Unable to find installation candidates for left (1.0)\n    | \n"
    "    |   - 1 wheel(s) were skipped due to your installer.no-binary policy": "left has only a wheel",
    "  404 Client Error: File not found for url: http://x/left-1.0.whl#sha256=c2\n\nCannot install left.": (
        "http://x/left-1.0.whl is no longer there"
    ),
    "  Invalid TOML file /workspace/poetry.toml: Empty table name at line 1 col 2\n": (
        "cannot be read: /workspace/poetry.toml: Empty table name at line 1 col 2"
    ),
    "  invalid literal for int() with base 10: 'a'\n\n  at config.py in int_normalizer": "is no number: 'a'",
    "Cannot install left.": "left could not be built or installed",
    "x.c:1:10: fatal error: Python.h: No such file or directory": "headers of Python are missing",
    "something else": "Poetry failed",
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_cause_and_a_next_step(output: str) -> None:
    found = explain(1, output)
    assert OUTPUTS[output] in found.cause
    assert found.advice.endswith((".", "?"))


@pytest.mark.parametrize("code", [-9, 137])
def test_a_poetry_that_was_killed(code: int) -> None:
    assert "memory" in explain(code, "").cause
