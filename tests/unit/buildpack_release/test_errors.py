"""How a task ends tells scripts what kind of fault it met."""

from __future__ import annotations

import pytest

from buildpack_release.errors import KINDS, ExitCode, ReleaseError, exit_code_of
from oci_registry.errors import (
    AccessDeniedError,
    ContentMismatchError,
    NoSpaceError,
    NotFoundError,
    RegistryConflictError,
    RejectedError,
    UnavailableError,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *KINDS.items(),
        (ReleaseError, ExitCode.FAILED),
        (NotFoundError, ExitCode.FAILED),
        (RejectedError, ExitCode.FAILED),
        (NoSpaceError, ExitCode.FAILED),
        (UnavailableError, ExitCode.NETWORK),
        (AccessDeniedError, ExitCode.AUTH),
        (ContentMismatchError, ExitCode.CHECK),
        (RegistryConflictError, ExitCode.CONFLICT),
    ],
)
def test_an_error_has_the_exit_code_of_its_kind(kind: type[ReleaseError], code: ExitCode) -> None:
    """A registry's errors are of a kind as well; what is of none has failed."""
    assert exit_code_of(kind("x")) is code


def test_every_exit_code_is_used_once() -> None:
    """Scripts tell faults apart by these numbers, so no two kinds may share one."""
    assert len(set(KINDS.values())) == len(KINDS) > 5
    assert len({int(code) for code in ExitCode}) == len(ExitCode)
