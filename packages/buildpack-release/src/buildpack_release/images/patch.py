"""Patching: the parts of new images, then their manifests, then the tag, if it still is what was read.

No registry has a conditional PUT of a tag: who moves it between the comparison and the write is not seen.
That is a moment, not the time that the plan takes; and the tag is read back.
"""

from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from buildpack_release.errors import ConflictError, ReleaseError, UsageError
from buildpack_release.images.patch_plan import JOBS, PatchState
from oci_registry.errors import RegistryConflictError, RegistryError, RejectedError
from oci_registry.parallel import in_parallel
from oci_registry.remote.push import is_late
from oci_registry.shared_calls import SharedCalls
from oci_registry.store import Content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from buildpack_release.images.image_references import ImagePlace
    from buildpack_release.images.known_runtime import KnownRuntime
    from buildpack_release.images.patch_plan import PlannedPatch
    from buildpack_release.images.tag_template import TagTemplate
    from oci_registry.blob_source import BlobSource
    from oci_registry.content import Manifest
    from oci_registry.store import Source, Store


@dataclass(frozen=True)
class PatchOptions:
    """How new images are written.

    Attributes:
        to_tag: the tag of the new image; that of the old one if not given.
        keep: under which tag the old image stays reachable; only by its digest if not given.
        before_tag: is called with an image that is there by digest, before a tag points to it.
    """

    to_tag: TagTemplate | None = None
    keep: TagTemplate | None = None
    before_tag: Callable[[Store, PlannedPatch, Manifest], None] = lambda *_: None


@dataclass(frozen=True)
class PatchResult:
    """What became of a reference: the digest that is there now, and its tag; or why nothing was done."""

    planned: PlannedPatch
    digest: str = ""
    tag: str = ""
    fault: ReleaseError | None = None

    @property
    def address(self) -> str:
        """Where the new image is, by digest."""
        return f"{self.planned.place.store.name}@{self.digest}"


@dataclass
class LayerCarrier:
    """Brings layers of Python into repositories: mounted, else uploaded once for each repository.

    `scratch` takes the files of those that are on another registry.
    """

    scratch: Path
    _homes: dict[tuple[str, str], list[str]] = field(default_factory=dict, init=False)
    _first: dict[tuple[str, str], threading.Lock] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _bringing: SharedCalls[None] = field(default_factory=SharedCalls, init=False)

    def bring(self, store: Store, runtime: KnownRuntime) -> None:
        """Bring a layer into a store. Raises ReleaseError."""
        key = (_registry(store), runtime.blob.digest)
        with self._lock:
            homes = self._homes.setdefault(key, [])
            if not homes and _registry(runtime.store) == key[0] and runtime.store.mount_name:
                homes.append(runtime.store.mount_name)
            first = self._first.setdefault(key, threading.Lock())

        def bring() -> None:
            if store.mount_name in homes:
                return
            # The first one of a registry may have to be uploaded; the others are mounted from there.
            with nullcontext() if homes else first:
                self._bring(store, runtime, homes[0] if homes else "")
                homes.append(store.mount_name)

        self._bringing.run((*key, store.mount_name), bring)

    def _bring(self, store: Store, runtime: KnownRuntime, origin: str) -> None:
        digest = runtime.blob.digest
        store.push(
            Content((runtime.blob.within(self.scratch),), ()),
            mounts={digest: origin} if origin else {},
            progress=lambda *_: None,
            absent=(digest,) if origin else (),
        )


def check_targets(plan: Iterable[PlannedPatch], options: PatchOptions) -> None:
    """Raise UsageError if a new image would have no tag, or that under which the old one is to be kept."""
    for one in plan:
        if one.state is not PatchState.PATCH:
            continue
        if not one.place.tag:
            raise UsageError(
                f"{one.place.name} has no tag, so nothing would point to the new image",
                advice="Name it by its tag.",
            )
        new = _new_tag(one, options)
        if options.keep and options.keep.tag(one.place.tag, *_versions(one)) == new:
            raise UsageError(
                f"{one.place.name}: old and new image would have one tag, {new}",
                advice="Choose another --keep, for example --keep '{tag}-py{old}'.",
            )


def patch(
    plan: Iterable[PlannedPatch], options: PatchOptions, scratch: Path, *, say: Callable[[str], None]
) -> tuple[PatchResult, ...]:
    """Carry out a plan, several images at once. What fails for one is told in its result.

    Args:
        plan: what is to be done.
        options: how.
        scratch: an empty folder for layers that have to be carried from one registry to another.
        say: takes a line for each image that is done.
    """
    wanted = [one for one in plan if one.state is PatchState.PATCH]
    carrier = LayerCarrier(scratch)
    return tuple(in_parallel(partial(_try, options, carrier, say), wanted, jobs=JOBS))


def _try(
    options: PatchOptions, carrier: LayerCarrier, say: Callable[[str], None], planned: PlannedPatch
) -> PatchResult:
    try:
        result = _carry_out(planned, options, carrier)
    except ReleaseError as error:
        say(f"{planned.place.name}: {error.title}")
        return PatchResult(planned, fault=error)
    say(f"{planned.place.name}: {result.digest}")
    return result


def _carry_out(planned: PlannedPatch, options: PatchOptions, carrier: LayerCarrier) -> PatchResult:
    old, new, store = planned.root, planned.new_root, cast("Store", planned.place.store)
    if old is None or new is None:
        raise AssertionError(planned.place.name)
    blobs: list[BlobSource] = []
    for one in planned.patched:
        if one.runtime is not None and one.exchanged is not None:
            carrier.bring(store, one.runtime)
            blobs += one.exchanged.own_blobs
    children = [one.exchanged.manifest for one in planned.patched if one.exchanged]
    manifests = (*(child for child in children if child.digest != new.digest), new)
    content = Content(tuple(blobs), manifests)
    _push(store, content)
    options.before_tag(store, planned, new)
    tag = _new_tag(planned, options)
    if options.keep is not None:
        _keep(store, old, options.keep.tag(planned.place.tag, *_versions(planned)))
    move_tag(store, tag, old if tag == planned.place.tag else None, new, planned.place)
    return PatchResult(planned, new.digest, tag)


def _push(store: Store, content: Content) -> None:
    """Bring in what only a new image has; its blobs are not there. Raises RegistryError."""
    absent = [blob.digest for blob in content.blobs]
    try:
        store.push(content, mounts={}, progress=lambda *_: None, absent=absent)
    except RegistryError as error:
        if is_late(error):
            error.advice = "A layer of the old image is missing there, so nobody can pull it. Build it anew."
        raise


def move_tag(store: Store, tag: str, old: Manifest | None, new: Manifest, place: ImagePlace) -> None:
    """Let a tag point to an image that is there, if it still is what it was, and read it back.

    `old` is None for a tag that must not be there yet. Raises ConflictError, RegistryError.
    """
    current = _digest(store, tag)
    if current == new.digest:
        return
    if current != (old.digest if old else ""):
        raise ConflictError(
            f"{store.name}:{tag} is not what it was any more: nothing was written",
            detail=f"Read: {old.digest if old else 'nothing'}; there now: {current or 'nothing'}.",
            advice="Run the same command again: it reads anew.",
        )
    try:
        store.tag(new, tag)
    except (RejectedError, RegistryConflictError) as error:
        if current:
            error.advice = (
                f"{error.advice}\nThe registry does not let {tag} move. Where tags are immutable, give new "
                "images tags of their own: --to-tag '{tag}-py{python}'"
            ).strip()
        raise
    if (found := _digest(store, tag)) != new.digest:
        raise ConflictError(
            f"{store.name}:{tag} was moved by somebody else at the same moment",
            detail=f"Written: {new.digest}; there now: {found or 'nothing'}.",
            advice=f"Look at it: inv image.show {place.name}",
        )


def _keep(store: Store, old: Manifest, tag: str) -> None:
    current = _digest(store, tag)
    if current == old.digest:
        return
    if current:
        raise ConflictError(
            f"the old image cannot be kept as {store.name}:{tag}: another one is there",
            detail=f"{current}, not {old.digest}.",
            advice="Choose another --keep, for example --keep '{tag}-{old}'.",
        )
    store.tag(old, tag)


def _new_tag(planned: PlannedPatch, options: PatchOptions) -> str:
    if options.to_tag is None or planned.state is not PatchState.PATCH:
        return planned.place.tag
    return options.to_tag.tag(planned.place.tag, *_versions(planned))


def _versions(planned: PlannedPatch) -> tuple[str, str]:
    first = planned.patched[0]
    return first.new, first.old


def _digest(store: Source, tag: str) -> str:
    found = store.manifest(tag)
    return found.digest if found else ""


def _registry(store: Source) -> str:
    """Return which blobs can be mounted from one another: those of a registry; of a layout only its own."""
    return store.name.removesuffix(f"/{store.mount_name}") if store.mount_name else store.name
