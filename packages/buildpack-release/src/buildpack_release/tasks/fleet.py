"""The tasks about images that were built with the buildpacks: image.show, image.patch, runtime.layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.tasks.command import IMAGES, command
from buildpack_release.tasks.edge import print_json, print_text, root_of

if TYPE_CHECKING:
    from invoke.context import Context

_IMAGES_HELP = {
    "ref": "an image; REPOSITORY:* (all its tags); REGISTRY/NAMESPACE/* (all below); oci:DIRECTORY;"
    " @FILE with such references, one a line",
    "json": "print data for programs",
    "insecure": "a registry (host[:port]) that may lack trusted TLS; may be repeated",
}


@command(
    IMAGES,
    argument="ref",
    name="show",
    iterable=["ref", "released", "insecure"],
    help={
        **_IMAGES_HELP,
        "packages": "list the packages of several images, too (those of a single one always are)",
        "released": "an image whose layers are as they were released; may be repeated",
        "picture": "draw the layers into this file, .svg or .html",
    },
)
def image_show(
    context: Context,
    ref: list[str],
    json: bool = False,
    packages: bool = False,
    released: list[str] | None = None,
    picture: str = "",
    insecure: list[str] | None = None,
) -> None:
    """Show what is in images, and how old their Python is."""
    from datetime import datetime, timezone

    from buildpack_release.images.image_picture import check_picture, write_picture
    from buildpack_release.images.image_references import find_places
    from buildpack_release.images.image_report import fleet_data, fleet_text
    from buildpack_release.images.show import Inspection
    from buildpack_release.progress import say
    from buildpack_release.runtimes.update_command import catalogue_of
    from oci_registry.remote.registries import Registries, connection

    check_picture(picture)
    keeper, catalogue = catalogue_of(root_of(context))
    inspection = Inspection(keeper.id, catalogue, datetime.now(timezone.utc).date())
    with Registries(connection(insecure=insecure or ()), say) as registries:
        places = list(find_places(ref, registries))
        known = list(find_places(released, registries)) if released else None
        fleet = inspection.look(places, with_packages=packages or len(places) == 1, released=known)
    if len(places) == 1 and fleet.unread:
        raise fleet.unread[0].fault
    if picture:
        write_picture(fleet, Path(picture))
    if json:
        print_json(fleet_data(fleet))
    else:
        print_text(fleet_text(fleet))
    if fleet.unread:
        raise CheckFailed(f"{len(fleet.unread)} of {len(places)} images could not be read")


@command(
    IMAGES,
    argument="ref",
    writes=True,
    name="patch",
    iterable=["ref", "layer", "insecure"],
    help={
        **_IMAGES_HELP,
        "python": "the line (3.13) whose newest patch the images are to run, or a version of it",
        "layer": "an image with a layer of Python to take (see runtime.layer), or to compare with;"
        " may be repeated (default: they are made)",
        "to-tag": "the new image's tag, made of {tag}, {python} and {old} (default: the same tag)",
        "keep": "a tag for the old image, made in the same way",
        "undo": "go back to the images that these were patched from",
        "force": "go on where something is not recorded in the image; --undo: lose what was done since",
        "yes": "do it without asking",
        "dry-run": "show the plan and write nothing",
        "provenance": "store beside each image what was exchanged against what (five more requests)",
        "sign": "sign the new images with cosign: a key as it takes one, or keyless",
    },
)
def image_patch(
    context: Context,
    ref: list[str],
    python: str = "",
    layer: list[str] | None = None,
    to_tag: str = "",
    keep: str = "",
    undo: bool = False,
    force: bool = False,
    yes: bool = False,
    dry_run: bool = False,
    json: bool = False,
    provenance: bool = False,
    sign: str = "",
    insecure: list[str] | None = None,
) -> None:
    """Exchange the Python of images without a build."""
    from buildpack_release.images.image_references import find_places
    from buildpack_release.images.patch_command import PatchCommand, PatchRequest
    from buildpack_release.progress import say
    from oci_registry.remote.registries import Registries, connection

    request = PatchRequest(
        *(python, to_tag, keep, sign),
        force=force,
        provenance=provenance,
        insecure=bool(insecure),
        layers=bool(layer),
    )
    if undo:
        request.check_undo()
    with Registries(connection(insecure=insecure or ()), say) as registries:
        places = list(find_places(ref, registries))
        given = list(find_places(layer or (), registries))
        run = PatchCommand(root_of(context), registries, request, say, yes=yes, dry_run=dry_run)
        data = run.undo(places) if undo else run.patch(places, given)
        if json:
            print_json(data)
        run.finish()


@command(
    IMAGES,
    writes=True,
    name="layer",
    iterable=["insecure"],
    help={
        "python": "a line (3.13) for its newest patch, or a version",
        "to": "where the layer goes as an image: REPOSITORY:TAG, or oci:DIRECTORY",
        "target": "os/arch (default: that of --like, else this machine's)",
        "like": "an app image: its place, owners and what it keeps are taken over",
        "uid": "without --like: the number of the user who owns the layer (default: 1000)",
        "gid": "without --like: that of the group (default: 1000)",
        "layers": "without --like: the layers directory of the builds (default: /layers)",
        "json": "print data for programs",
        "insecure": _IMAGES_HELP["insecure"],
    },
)
def runtime_layer(
    context: Context,
    python: str,
    to: str,
    target: str = "",
    like: str = "",
    uid: int = 1000,
    gid: int = 1000,
    layers: str = "/layers",
    json: bool = False,
    insecure: list[str] | None = None,
) -> None:
    """Make the layer with a Python, as builds make it."""
    from buildpack_release.images.exported_layer import LayerPlace
    from buildpack_release.images.image_references import single_place
    from buildpack_release.images.runtime_command import RuntimeCommand
    from buildpack_release.model.repository import Repository
    from buildpack_release.progress import say
    from oci_registry.remote.registries import Registries, connection

    if not layers.startswith("/"):
        raise UsageError(f"the layers directory is an absolute path, not {layers}")
    with Registries(connection(insecure=insecure or ()), say) as registries:
        maker = RuntimeCommand.of(Repository.discover(root_of(context)), registries, say)
        if like:
            order = maker.order_like(single_place(like, registries), python, target)
        else:
            location = f"{layers.rstrip('/')}/{maker.escaped_id}/python"
            order = maker.order(python, target, LayerPlace.usual(location, uid, gid))
        made = maker.make(order, to)
    if json:
        print_json(made.data)
    else:
        print_text(made.address)
