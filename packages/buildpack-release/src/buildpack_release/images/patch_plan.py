"""What patching would do to each image: exchange its Python, leave it, or refuse, and why."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, MissingToolError, ReleaseError
from buildpack_release.images.app_image import AppImage
from buildpack_release.images.bom_layer import BomLayer
from buildpack_release.images.exchange import ExchangedImage, exchange
from buildpack_release.images.patch_rules import Verdict, judge_layers, judge_records
from buildpack_release.images.python_state import LAYER, version_numbers
from buildpack_release.images.runtime_layer import order_like
from oci_registry.content import INDEX, Descriptor, Manifest, canonical_json
from oci_registry.parallel import in_parallel
from oci_registry.reading import read_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from buildpack_release.images.app_image import BuildpackLayer
    from buildpack_release.images.image_references import ImagePlace
    from buildpack_release.images.known_runtime import KnownRuntime, RuntimeLayers
    from buildpack_release.images.runtime_layer import RuntimeOrder
    from oci_registry.store import Source

JOBS = 8
"""How many images are read or written at the same time."""
_ABOUT = "vnd.docker.reference.digest"
"""The annotation by which buildx ties an attestation, in an index, to the image that it is about."""
_PATCHED_FROM = "strata.image.patched.from"
_OF_THE_CONTENT = ("data", "urls")
"""What a descriptor says of the very bytes that it describes."""
_MOST_IMAGES = 500


class PatchState(Enum):
    """What patching does to an image, and why it leaves others."""

    PATCH = "patch"
    CURRENT = "current"
    NOT_OURS = "not ours"
    OTHER_LINE = "other line"
    KEPT = "kept"
    REFUSED = "refused"
    UNREAD = "unread"


@dataclass(frozen=True)
class PlatformPatch:
    """An image for one platform: what it runs, what is done to it, and the image to be, if one is made."""

    digest: str
    platform: str
    state: PatchState
    old: str = ""
    new: str = ""
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    exchanged: ExchangedImage | None = None
    runtime: KnownRuntime | None = None
    old_layer: str = ""


@dataclass(frozen=True)
class PlannedPatch:
    """What is done to what a reference names. `root` is what was read there; None if that failed.

    `new_root` is what will be there; `notes` are about what is left out. `kept` says what the image is there
    for, if it is one that is not to be patched: see `kept_images`.
    """

    place: ImagePlace
    root: Manifest | None
    images: tuple[PlatformPatch, ...]
    new_root: Manifest | None = None
    notes: tuple[str, ...] = ()
    fault: ReleaseError | None = None
    kept: str = ""

    @property
    def state(self) -> PatchState:
        """What is done to it as a whole: nothing, if one of its platforms has to be refused."""
        states = {one.state for one in self.images}
        if self.fault is not None:
            return PatchState.UNREAD
        if self.kept:
            return PatchState.KEPT
        for state in (PatchState.REFUSED, PatchState.PATCH, PatchState.OTHER_LINE, PatchState.CURRENT):
            if state in states:
                return state
        return PatchState.NOT_OURS

    @property
    def patched(self) -> tuple[PlatformPatch, ...]:
        """The images that are made anew."""
        return tuple(one for one in self.images if one.exchanged)


@dataclass(frozen=True)
class PatchRules:
    """What is wanted: a line (its newest patch) or version, of whose buildpack, and whether doubts count."""

    buildpack: str
    python: str
    force: bool = False


class Planner:
    """Plans patches; what all images have in common is found out once. Safe in several threads."""

    def __init__(self, rules: PatchRules, layers: RuntimeLayers) -> None:
        self._rules = rules
        self._layers = layers
        self._orders: dict[tuple[str, str], RuntimeOrder] = {}
        self._not_made: list[ReleaseError] = []
        self._lock = threading.Lock()

    def plan(self, places: Iterable[ImagePlace]) -> tuple[PlannedPatch, ...]:
        """Read images, several at once, and plan. One that cannot be read is no reason not to plan others.

        Raises UsageError, MissingToolError: what holds for all of them, such as a Python that is not known;
        and if no layer could be made and nothing can be patched, why that was so.
        """
        plan = tuple(in_parallel(self._plan, places, jobs=JOBS))
        if self._not_made and all(one.state is not PatchState.PATCH for one in plan):
            raise self._not_made[0]
        return plan

    def _plan(self, place: ImagePlace) -> PlannedPatch:
        try:
            root = place.manifest()
            return self._plan_index(place, root) if root.is_index else self._plan_image(place, root)
        except _General as error:
            raise error.fault from None
        except ReleaseError as error:
            return PlannedPatch(place, None, (), fault=error)

    def _plan_image(self, place: ImagePlace, root: Manifest) -> PlannedPatch:
        found = self._platform(place.store, root, root.digest)
        new = found.exchanged.manifest if found.exchanged else None
        return PlannedPatch(place, root, (found,), new)

    def _plan_index(self, place: ImagePlace, root: Manifest) -> PlannedPatch:
        entries = root.manifests
        if len(entries) > _MOST_IMAGES:
            raise CheckFailed(f"the index {root.digest} in {place.store.name} lists too many manifests")
        images = {
            one.digest: self._platform(place.store, _child(place.store, one), root.digest)
            for one in entries
            if _ABOUT not in one.annotations and not _is_about_nothing(one)
        }
        planned = PlannedPatch(place, root, tuple(images.values()))
        if planned.state is not PatchState.PATCH:
            return planned
        new, notes = _new_index(root, images)
        return replace(planned, new_root=new, notes=notes)

    def _platform(self, store: Source, manifest: Manifest, origin: str) -> PlatformPatch:
        if manifest.is_index:
            raise CheckFailed(f"an index in an index is not patched: {manifest.digest} in {store.name}")
        app = AppImage(read_image(store, manifest))
        layer = app.buildpack_layer(self._rules.buildpack, LAYER)
        found = PlatformPatch(manifest.digest, app.image.platform, PatchState.NOT_OURS)
        if layer is None or not app.is_app:
            return found
        return self._ours(_Ours(store, app, layer, origin), replace(found, old=layer.text("version")))

    def _ours(self, ours: _Ours, found: PlatformPatch) -> PlatformPatch:
        if not found.old:
            return self._refused(found, Verdict(["the metadata of its Python do not say which one it is"]))
        if self._rules.python.split(".")[:2] != found.old.split(".")[:2]:
            return replace(found, state=PatchState.OTHER_LINE)
        try:
            order = self._order(ours)
            found = replace(found, new=self._version(order), old_layer=ours.layer.diff_id)
        except CheckFailed as error:
            return self._refused(found, Verdict([error.title]))
        if found.new == found.old:
            return replace(found, state=PatchState.CURRENT)
        verdict = Verdict()
        if version_numbers(found.old) is None:
            verdict.refusals.append(f"its Python has no version that is known: {found.old}")
        if (version_numbers(found.new) or ()) < (version_numbers(found.old) or ()):
            verdict.refusals.append(f"Python {found.new} would be a downgrade from {found.old}")
        judge_records(ours.app, ours.layer, found.new, verdict)
        if not self._refuses(verdict):
            return self._exchanged(ours, order, found, verdict)
        return self._refused(found, verdict)

    def _exchanged(
        self, ours: _Ours, order: RuntimeOrder, found: PlatformPatch, verdict: Verdict
    ) -> PlatformPatch:
        try:
            new = self._find(replace(order, version=found.new))
        except ReleaseError as error:
            self._not_made.append(error)
            return self._refused(found, Verdict([f"its new layer cannot be made: {error.title}"]))
        judge_layers(ours.app, ours.layer, self._known(replace(order, version=found.old)), new, verdict)
        if self._refuses(verdict):
            return self._refused(found, verdict)
        try:
            boms = BomLayer.read(ours.store, ours.app)
            made = exchange(ours.app, ours.layer, new, boms, origin=ours.origin)
        except CheckFailed as error:
            verdict.refusals.append(error.title)
            return self._refused(found, verdict)
        warnings = (*verdict.warnings, *verdict.doubts)
        return replace(found, state=PatchState.PATCH, exchanged=made, runtime=new, warnings=warnings)

    def _refuses(self, verdict: Verdict) -> bool:
        return bool(verdict.refusals or (verdict.doubts and not self._rules.force))

    def _refused(self, found: PlatformPatch, verdict: Verdict) -> PlatformPatch:
        doubts = () if self._rules.force else (f"{one} (--force goes on)" for one in verdict.doubts)
        reasons = (*verdict.refusals, *doubts)
        return replace(found, state=PatchState.REFUSED, reasons=reasons, warnings=tuple(verdict.warnings))

    def _order(self, ours: _Ours) -> RuntimeOrder:
        """Return the order of the layer as it is in the image; where it lies is read from each layer once."""
        store, app, layer = ours.store, ours.app, ours.layer
        known = app.layer(layer.diff_id)
        key = (layer.diff_id, repr((known.blob.digest if known else "", sorted(layer.data.items(), key=str))))
        with self._lock:
            if key not in self._orders:
                place = self._layers.place_of(layer.diff_id)
                self._orders[key] = order_like(store, app, layer, layer.text("version"), place)
            return self._orders[key]

    def _version(self, order: RuntimeOrder) -> str:
        try:
            return self._layers.version(self._rules.python, order)
        except CheckFailed:
            raise
        except ReleaseError as error:
            raise _General(error) from None

    def _find(self, order: RuntimeOrder) -> KnownRuntime:
        try:
            found = self._layers.find(order)
            found.check()
        except MissingToolError as error:
            raise _General(error) from None
        return found

    def _known(self, order: RuntimeOrder) -> KnownRuntime | ReleaseError:
        try:
            return self._layers.find(order)
        except ReleaseError as error:
            return error


@dataclass(frozen=True)
class _Ours:
    """An image with a Python of ours, its layer, and what whoever goes back from a patch goes back to."""

    store: Source
    app: AppImage
    layer: BuildpackLayer
    origin: str


class _General(Exception):  # noqa: N818  what it carries is the error
    """A fault that all images have in common."""

    def __init__(self, fault: ReleaseError) -> None:
        super().__init__(fault.title)
        self.fault = fault


def _child(store: Source, entry: Descriptor) -> Manifest:
    found = store.manifest(entry.digest, entry.media_type)
    if found is None:
        raise CheckFailed(f"the manifest {entry.digest} is missing in {store.name}")
    return found


def _is_about_nothing(entry: Descriptor) -> bool:
    return entry.platform.get("os") == "unknown"


def _new_index(root: Manifest, images: dict[str, PlatformPatch]) -> tuple[Manifest, tuple[str, ...]]:
    """Return the index of the images to be, and what was left out: attestations of those that were."""
    gone = {digest for digest, one in images.items() if one.exchanged}
    entries, notes = [], []
    for entry in root.manifests:
        about = str(entry.annotations.get(_ABOUT, ""))
        if about in gone:
            notes.append(f"left out of the index: the attestation {entry.digest}, which is about {about}")
            continue
        one = images.get(entry.digest)
        entries.append(_entry_of(entry, one.exchanged.manifest) if one and one.exchanged else entry.to_json())
    document = {**root.document, "manifests": entries}
    if root.media_type == INDEX:
        document["annotations"] = {**root.annotations, _PATCHED_FROM: root.digest}
    return Manifest(root.media_type, canonical_json(document)), tuple(notes)


def _entry_of(old: Descriptor, new: Manifest) -> dict[str, object]:
    """Describe an image in an index where another one was: for the same platform, with other content."""
    extra = {key: value for key, value in old.extra.items() if key not in _OF_THE_CONTENT}
    return Descriptor(new.media_type, new.digest, len(new.content), extra).to_json()


def patched_index_from(root: Manifest) -> str:
    """Return the digest of the index that this one was made of; "" for another."""
    return str(root.annotations.get(_PATCHED_FROM, ""))


def states(plan: Sequence[PlannedPatch]) -> Iterator[tuple[PatchState, int]]:
    """Count the references in each state, in the order of the states."""
    for state in PatchState:
        if count := sum(one.state is state for one in plan):
            yield state, count
