"""A fault at every request of a publication, on one more real registry: that in crane (go-containerregistry).

The same sweep runs on the registry in memory in the integration tests.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError
from buildpack_testing.cnb.tool_versions import CRANE
from buildpack_testing.cnb.tools import ensure_tool
from oci_registry.remote.retry import RetryPolicy
from oci_registry.testing.distribution import crane_registry
from oci_registry.testing.faulty import FaultyRegistry, InjectedFault
from support.needs import need
from support.publishing import NAMES, agreed, make_repository, pack, publication

if TYPE_CHECKING:
    from pathlib import Path

ONE_TRY = RetryPolicy(attempts=1)


@pytest.mark.parametrize("fault", [InjectedFault.ERROR_500, InjectedFault.RESET_AFTER])
def test_after_a_fault_at_any_request_a_second_run_completes_it(tmp_path: Path, fault: InjectedFault) -> None:
    need("crane")
    program = ensure_tool(CRANE)
    packed = pack(make_repository(tmp_path / "a repository"))
    with crane_registry(tmp_path / "whole", program) as registry, FaultyRegistry(registry.url) as proxy:
        publication(packed, proxy.host).publish(agreed)
        total = len(proxy.requests)
    assert total > len(NAMES)
    for number in range(total):
        place = tmp_path / str(number)
        with crane_registry(place, program) as registry, FaultyRegistry(registry.url) as proxy:
            proxy.arm(fault, at=number)
            with suppress(ReleaseError):
                publication(packed, proxy.host, policy=ONE_TRY).publish(agreed)
            proxy.arm(None)
            publication(packed, proxy.host).publish(agreed)
            problems = [one.problems for one in publication(packed, registry.host).verify()]
        assert problems == [()] * len(NAMES), f"{fault.value}, at request {number}"
