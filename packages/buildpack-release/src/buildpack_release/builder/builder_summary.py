"""What creating a builder tells in the end: what is in it, how large it is, and how to use it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_common.parsing import parse_count
from buildpack_release.errors import shown_path
from buildpack_release.text import columns, size

if TYPE_CHECKING:
    from buildpack_release.builder.create import Created


def address(created: Created) -> str:
    """Return where the builder is, for programs: its reference with the digest, or its directory."""
    if isinstance(created.destination, Path):
        return shown_path(created.destination)
    return str(created.destination.with_digest(created.image.digest))


def created_data(created: Created) -> dict[str, Any]:
    """Return what was made as data for JSON."""
    composition, image = created.composition, created.image
    return {
        "address": address(created),
        "digest": image.digest,
        "written": created.is_new,
        "size": image.size,
        "layers": len(image.layers),
        "target": str(composition.base.target),
        "base": composition.base.image.name,
        "lifecycle": composition.lifecycle.version,
        "buildpacks": [str(module) for module in composition.modules],
        "run_images": [one.image for one in composition.config.run_images],
    }


def summary(created: Created) -> str:
    """Return a table of the builder's parts, its size, and the next command."""
    composition, image = created.composition, created.image
    base = composition.base
    rows = [
        ("base", base.image.name, f"{base.target}, user {base.user}:{base.group}"),
        ("lifecycle", composition.lifecycle.version, f"Buildpack APIs up to {_newest(created)}"),
        *(
            ("buildpack", str(module), "composite" if module.order else size(module.layer.size))
            for module in composition.modules
        ),
        *(
            ("order", f"group {number}", ", ".join(f"{one}{' (optional)' * one.optional}" for one in group))
            for number, group in enumerate(composition.order, start=1)
        ),
        *(("run image", one.image, "") for one in composition.config.run_images),
        ("builder", image.digest, f"{len(image.layers)} layers, {size(image.size)}"),
    ]
    state = "written" if created.is_new else "up to date"
    return f"{columns(rows)}The builder is {state}: {_shown(created)}\nTry it: {next_command(created)}"


def next_command(created: Created) -> str:
    """Return a command that uses the builder."""
    if isinstance(created.destination, Path):
        copy = f"skopeo copy oci:{shown_path(created.destination)} docker://REGISTRY/BUILDER:TAG"
        return f"{copy} && pack build APP --path DIRECTORY --builder REGISTRY/BUILDER:TAG"
    return f"pack build APP --path DIRECTORY --builder {created.destination}"


def _newest(created: Created) -> str:
    apis = created.composition.lifecycle.buildpack_apis.supported
    return max(apis, key=lambda one: [parse_count(part) or 0 for part in one.split(".")])


def _shown(created: Created) -> str:
    where = created.destination
    return shown_path(where) if isinstance(where, Path) else str(where)
