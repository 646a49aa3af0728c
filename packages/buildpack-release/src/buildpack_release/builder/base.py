"""The base image of a builder: what its configuration says about users, platform and distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_count
from buildpack_release.errors import CheckFailed
from buildpack_release.model.targets import DeclaredTarget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_release.builder.source_image import SourceImage

STACK_LABEL = "io.buildpacks.stack.id"
METADATA_LABEL = "io.buildpacks.builder.metadata"
_DISTRO_NAME = "io.buildpacks.base.distro.name"
_DISTRO_VERSION = "io.buildpacks.base.distro.version"


@dataclass(frozen=True)
class Base:
    """A base image. `user` and `group` own what builds write; `target` is what the builder is for."""

    image: SourceImage
    user: int
    group: int
    target: DeclaredTarget
    distro: tuple[str, str]
    stack_id: str
    environment: Mapping[str, str]

    @classmethod
    def of(cls, image: SourceImage) -> Base:
        """Read what the platform specification wants of a build image ("Build Image"). Raises CheckFailed."""
        if METADATA_LABEL in image.labels:
            raise CheckFailed(
                f"the base {image.name} is a builder already",
                detail=f"It has the label {METADATA_LABEL}.",
                advice="Take the base image that it was made of, and list all buildpacks in the order.",
            )
        environment = _environment(image)
        os, arch = (str(image.config.get(key) or "") for key in ("os", "architecture"))
        if not (os and arch):
            raise CheckFailed(f"the base {image.name} does not say which os and architecture it is for")
        return cls(
            image,
            _number(image, environment, "CNB_USER_ID"),
            _number(image, environment, "CNB_GROUP_ID"),
            DeclaredTarget(os, arch, str(image.config.get("variant") or "")),
            (image.labels.get(_DISTRO_NAME, ""), image.labels.get(_DISTRO_VERSION, "")),
            image.labels.get(STACK_LABEL, ""),
            environment,
        )


def _environment(image: SourceImage) -> Mapping[str, str]:
    pairs = (str(one).partition("=") for one in image.settings.get("Env") or ())
    return {name: value for name, _, value in pairs}


def _number(image: SourceImage, environment: Mapping[str, str], name: str) -> int:
    value = environment.get(name, "")
    advice = f"In its Dockerfile: ENV {name}=1000, the number of a user who is not root."
    if not value:
        raise CheckFailed(f"the base {image.name} does not set {name}", advice=advice)
    number = parse_count(value)
    if number is None:
        raise CheckFailed(f'{name} of the base {image.name} is "{value}", not a number', advice=advice)
    if number == 0:
        raise CheckFailed(
            f"{name} of the base {image.name} is 0: buildpacks would run as root", advice=advice
        )
    return number
