"""Going back to the images that patched ones were made of: their digests are in label and annotation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.images.app_image import AppImage
from buildpack_release.images.patch import move_tag
from buildpack_release.images.patch_plan import JOBS, patched_index_from
from oci_registry.content import is_digest
from oci_registry.parallel import in_parallel
from oci_registry.reading import read_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from buildpack_release.images.image_references import ImagePlace
    from oci_registry.content import Manifest
    from oci_registry.store import Store


@dataclass(frozen=True)
class PlannedUndo:
    """What a reference names, and what it was made of; None if it was not patched, or that is gone."""

    place: ImagePlace
    patched: Manifest | None
    before: Manifest | None
    reason: str = ""
    fault: ReleaseError | None = None


def plan_undo(places: Iterable[ImagePlace]) -> tuple[PlannedUndo, ...]:
    """Look for what patched images were made of, several at once."""
    return tuple(in_parallel(_plan, places, jobs=JOBS))


def _plan(place: ImagePlace) -> PlannedUndo:
    try:
        root = place.manifest()
        before = patched_index_from(root) if root.is_index else ""
        if not root.is_index:
            before = AppImage(read_image(place.store, root)).patched_from[0]
        if not is_digest(before):
            return PlannedUndo(place, root, None, "it was not patched")
        found = place.store.manifest(before)
    except ReleaseError as error:
        return PlannedUndo(place, None, None, error.title, error)
    reason = "" if found else f"the image that it was made of is gone: {before}"
    return PlannedUndo(place, root, found, reason)


def undo(plan: Iterable[PlannedUndo], *, say: Callable[[str], None]) -> tuple[PlannedUndo, ...]:
    """Go back, and return those for which that failed, with their faults."""
    wanted = [one for one in plan if one.before is not None]
    for one in wanted:
        if not one.place.tag:
            raise UsageError(f"{one.place.name} has no tag that could go back", advice="Name it by its tag.")
    outcomes = in_parallel(partial(_try, say), wanted, jobs=JOBS)
    return tuple(one for one in outcomes if one.fault is not None)


def _try(say: Callable[[str], None], one: PlannedUndo) -> PlannedUndo:
    if one.before is None:
        raise AssertionError(one.place.name)
    try:
        move_tag(cast("Store", one.place.store), one.place.tag, one.patched, one.before, one.place)
    except ReleaseError as error:
        say(f"{one.place.name}: {error.title}")
        return PlannedUndo(one.place, one.patched, one.before, error.title, error)
    say(f"{one.place.name}: back at {one.before.digest}")
    return one
