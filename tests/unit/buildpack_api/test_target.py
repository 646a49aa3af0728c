from __future__ import annotations

import pytest

from buildpack_api.errors import PlatformError
from buildpack_api.target import Target


def test_all_variables_are_read() -> None:
    environ = {
        "CNB_TARGET_OS": "linux",
        "CNB_TARGET_ARCH": "arm64",
        "CNB_TARGET_ARCH_VARIANT": "v8",
        "CNB_TARGET_DISTRO_NAME": "ubuntu",
        "CNB_TARGET_DISTRO_VERSION": "24.04",
    }
    target = Target.from_environment(environ)
    assert target == Target("linux", "arm64", "v8", "ubuntu", "24.04")
    assert str(target) == "linux/arm64/v8 (ubuntu 24.04)"


def test_variant_and_distribution_may_be_unknown() -> None:
    target = Target.from_environment({"CNB_TARGET_OS": "linux", "CNB_TARGET_ARCH": "amd64"})
    assert target == Target("linux", "amd64")
    assert str(target) == "linux/amd64"


@pytest.mark.parametrize("missing", ["CNB_TARGET_OS", "CNB_TARGET_ARCH"])
def test_a_missing_variable_is_named(missing: str) -> None:
    environ = {"CNB_TARGET_OS": "linux", "CNB_TARGET_ARCH": "amd64", missing: ""}
    with pytest.raises(PlatformError, match=f"{missing} is not set"):
        Target.from_environment(environ)
