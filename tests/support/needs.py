"""What a test needs beyond what the README asks for: named when it is missing, and an error under CI.

A test says it with ``@pytest.mark.needs("skopeo")``, a fixture by calling ``need("skopeo")``. Nothing else
skips a test for want of something on the machine.
"""

from __future__ import annotations

import os
from typing import NoReturn

from buildpack_testing import needs


def need(*names: str) -> None:
    """Skip the test, or under CI=true fail it, unless the machine has what is named in NEEDS."""
    lacking = needs.missing(names)
    if lacking:
        lack(needs.describe(lacking))


def lack(message: str) -> NoReturn:
    """Skip the test, or under CI=true fail it, for want of what the message names."""
    import pytest  # which benchmarks, whose helpers these are as well, do not have

    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)  # noqa: TID251 (this is the one place)
