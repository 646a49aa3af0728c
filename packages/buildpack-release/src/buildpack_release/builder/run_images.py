"""A look at the run images, where they can be reached: apps have to run on what they were built for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.builder.composition import error
from buildpack_release.builder.source_image import find_image
from buildpack_release.errors import ReleaseError
from buildpack_release.model.finding import Finding, Severity
from oci_registry.errors import InvalidReferenceError
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.builder.composition import Composition
    from oci_registry.remote.registries import Registries


def check_run_images(composition: Composition, registries: Registries) -> Iterator[Finding]:
    """Find run images for another platform, and those that nobody could look at.

    Mirrors are for other places than this one, and are not looked at.
    """
    config, base = composition.config, composition.base
    for index, image in enumerate(config.run_images):
        keys = ("run", "images", index, "image")
        try:
            reference = Reference.parse(image.image)
        except InvalidReferenceError as fault:
            message = f"the run image {image.image} was not looked at: {fault.title}"
            line = config.source.line(*keys)
            yield Finding(Severity.NOTE, "run-image", message, config.source.path, line)
            continue
        try:
            found = find_image(reference, image.image, base.target, registries)
        except ReleaseError as fault:
            message = f"the run image {image.image} cannot be read: {fault.title}"
            line = config.source.line(*keys)
            yield Finding(Severity.WARNING, "run-image", message, config.source.path, line)
            continue
        platform = tuple(str(found.config.get(key) or "") for key in ("os", "architecture"))
        if platform != (base.target.os, base.target.arch):
            message = f"the run image {image.image} is for {'/'.join(platform)}, the base for {base.target}"
            yield error(config, "run-image", message, *keys)
