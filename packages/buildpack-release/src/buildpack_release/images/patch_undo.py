"""Going back to the images that patched ones were made of: their digests are in label and annotation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.images.app_image import AppImage
from buildpack_release.images.exchange import is_exchange
from buildpack_release.images.patch import move_tag
from buildpack_release.images.patch_plan import JOBS, patched_index_from
from oci_registry.content import is_digest
from oci_registry.parallel import in_parallel
from oci_registry.reading import read_tree

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


def plan_undo(places: Iterable[ImagePlace], *, force: bool = False) -> tuple[PlannedUndo, ...]:
    """Look for what patched images were made of, several at once.

    One that was changed since, by a rebase for example, does not go back, unless that is asked for (`force`):
    the change would be lost.
    """
    return tuple(in_parallel(partial(_plan, force=force), places, jobs=JOBS))


def _plan(place: ImagePlace, *, force: bool) -> PlannedUndo:
    try:
        tree = read_tree(place.store, place.manifest())
        images = [AppImage(image) for image in tree.images]
        origins = _origins(tree.root, images)
        reason = "it was not patched"
        for origin in origins:
            before = place.store.manifest(origin)
            if before is None:
                reason = f"the image that it was made of is gone: {origin}"
                continue
            old = [AppImage(image) for image in read_tree(place.store, before).images]
            is_due = all(_is_due_to_patch(one, origin, old) for one in images)
            if is_due or (force and len(origins) == 1):
                return PlannedUndo(place, tree.root, before)
            reason = "it was changed since it was patched, which would be lost (--force goes back)"
    except ReleaseError as error:
        return PlannedUndo(place, None, None, error.title, error)
    return PlannedUndo(place, tree.root, None, reason)


def _origins(root: Manifest, images: Iterable[AppImage]) -> list[str]:
    """Return what an image may have been made of. Docker's indexes do not tell, but their images do.

    These are several where only some were patched the last time.
    """
    told = patched_index_from(root)
    found = [told] if told else sorted({one.patched_from[0] for one in images})
    return [one for one in found if is_digest(one)]


def _is_due_to_patch(app: AppImage, origin: str, old: Iterable[AppImage]) -> bool:
    """Whether an image is one of the old ones, or differs from one by its patch alone."""
    is_patched = app.patched_from[0] == origin
    return any(app.digest == one.digest or (is_patched and is_exchange(app, one)) for one in old)


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
