"""The target of the build: system, architecture and distribution (Buildpack API 0.10, 'Targets')."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Target:
    """The image that is being built; an empty variant or distribution is not known."""

    os: str
    arch: str
    variant: str = ""
    distro_name: str = ""
    distro_version: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Target:
        """Read the ``CNB_TARGET_*`` variables. Raises PlatformError if one that is always set is missing."""
        return cls(
            os=_required(environ, "CNB_TARGET_OS"),
            arch=_required(environ, "CNB_TARGET_ARCH"),
            variant=environ.get("CNB_TARGET_ARCH_VARIANT", ""),
            distro_name=environ.get("CNB_TARGET_DISTRO_NAME", ""),
            distro_version=environ.get("CNB_TARGET_DISTRO_VERSION", ""),
        )

    def __str__(self) -> str:
        platform = "/".join(part for part in (self.os, self.arch, self.variant) if part)
        distro = " ".join(part for part in (self.distro_name, self.distro_version) if part)
        return f"{platform} ({distro})" if distro else platform


def _required(environ: Mapping[str, str], variable: str) -> str:
    value = environ.get(variable, "")
    if not value:
        raise PlatformError(
            f"{variable} is not set",
            detail="A lifecycle that supports Buildpack API 0.10 sets it for every buildpack.",
            advice="Use lifecycle 0.17.0 or newer.",
        )
    return value
