"""Settings of all tests."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from buildpack_common import redaction
from support.needs import need
from support.ordinary_rights import ordinary_rights
from support.variables_of_tests import HYPOTHESIS_PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says more about the machine than about the code. The ordinary profile tries the
# same examples every time, so that a run says something about the change and not about luck; `explore` looks
# for new ones (STRATA_HYPOTHESIS_PROFILE=explore).
_common = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", _common, max_examples=50, derandomize=True, database=None)
settings.register_profile("explore", _common, max_examples=2000)
settings.load_profile(os.environ.get(HYPOTHESIS_PROFILE.name, "repeatable"))

# A shell starts background jobs with SIGINT ignored; what our tests start would ignore it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked with ``needs`` where that is missing, before any of its fixtures is made."""
    for marker in item.iter_markers("needs"):
        need(*marker.args)


@pytest.fixture
def file_modes_count() -> Iterator[None]:
    """Let file modes stop this test, also if root runs it (see ``ordinary_rights``)."""
    with ordinary_rights():
        yield


@pytest.fixture
def without_privileges() -> list[str]:
    """The start of a command line that runs the rest as a user whom file modes stop."""
    if os.geteuid() != 0:
        return []
    need("setpriv")
    return [shutil.which("setpriv") or "", "--inh-caps=-all", "--bounding-set=-all", "--"]


@pytest.fixture(autouse=True)
def nothing_stays_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what one test hides from output (`redaction.hide`) from being hidden in the next ones."""
    monkeypatch.setattr(redaction, "_secrets", set())
