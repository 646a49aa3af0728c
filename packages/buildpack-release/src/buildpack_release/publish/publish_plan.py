"""What publishing will do, derived from dist/ and from what is published; nothing is written.

What is absent is pushed. What is there with equal content is done, and its content is the one that counts.
Other content under a version is a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from buildpack_release.publish.difference import differences
from buildpack_release.publish.signing import has_signature
from buildpack_release.publish.tags import MovingTag, MovingTags
from oci_registry.parallel import in_parallel
from oci_registry.reading import read_tree
from oci_registry.store import present_blobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from buildpack_release.publish.attachments import Attachment
    from buildpack_release.publish.package_release import PackageRelease
    from buildpack_release.publish.signing import Signer
    from oci_registry.content import Descriptor, Manifest
    from oci_registry.store import Store


class Action(Enum):
    """What becomes of a release."""

    PUSH = "push"
    DONE = "done"
    CONFLICT = "conflict"


class Transfer(Enum):
    """How a blob gets there."""

    PRESENT = "there already"
    MOUNT = "to mount"
    SEND = "to send"


class Signing(Enum):
    """What becomes of the signature."""

    NOT_ASKED = "not asked for"
    DUE = "to sign"
    SIGNED = "signed already"


@dataclass(frozen=True)
class BlobStep:
    """A blob and its way; `origin` is the name of the store it is mounted from."""

    blob: Descriptor
    transfer: Transfer
    origin: str = ""


@dataclass(frozen=True)
class PublishStep:
    """What becomes of one release.

    Attributes:
        release: the package in dist/.
        store: where it goes.
        action: what is done.
        root: what the moving tags will point to: ours, or what is published with equal content.
        published: the digest that the version's tag has now, or "".
        is_begun: whether parts of it may be there, of a run that was interrupted.
        differences: for a conflict, what differs.
        blobs: the way of each blob; only for what is pushed.
        tags: the moving tags; none for a conflict.
        attachments: the documents that will be stored beside the image.
        signing: what becomes of the signatures.
        to_sign: the digests that will be signed: of the index, and of our documents beside it.
    """

    release: PackageRelease
    store: Store
    action: Action
    root: Manifest
    published: str = ""
    is_begun: bool = True
    differences: tuple[str, ...] = ()
    blobs: tuple[BlobStep, ...] = ()
    tags: tuple[MovingTag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    signing: Signing = Signing.NOT_ASKED
    to_sign: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """Where the version is, or will be."""
        return f"{self.store.name}:{self.release.tag}"

    @property
    def due_tags(self) -> tuple[MovingTag, ...]:
        """The moving tags that will be written."""
        return tuple(tag for tag in self.tags if tag.is_due)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        is_there = self.action is Action.DONE and self.signing is not Signing.DUE
        return is_there and not self.due_tags and not self.attachments

    @property
    def is_ours(self) -> bool:
        """Whether the image has our bits: our documents are about these alone."""
        return self.root.digest == self.release.digest

    def blobs_by(self, transfer: Transfer) -> tuple[BlobStep, ...]:
        """Return the blobs that get there in one way."""
        return tuple(step for step in self.blobs if step.transfer is transfer)


@dataclass(frozen=True)
class Plan:
    """The steps, components before what contains them."""

    destination: str
    steps: tuple[PublishStep, ...]

    @property
    def conflicts(self) -> tuple[PublishStep, ...]:
        """The steps that stop everything."""
        return tuple(step for step in self.steps if step.action is Action.CONFLICT)

    @property
    def waves(self) -> tuple[tuple[PublishStep, ...], ...]:
        """The steps in groups; what a step mounts from is in a group before its own."""
        depths: dict[str, int] = {}
        waves: dict[int, list[PublishStep]] = {}
        for step in self.steps:
            depth = 1 + max((depths.get(one.origin, -1) for one in step.blobs), default=-1)
            depths[step.store.mount_name] = depth
            waves.setdefault(depth, []).append(step)
        return tuple(tuple(waves[depth]) for depth in sorted(waves))

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return all(step.is_done for step in self.steps)


def make_plan(
    destination: str,
    releases: Sequence[PackageRelease],
    store: Callable[[str], Store],
    *,
    moving: MovingTags | None = None,
    signer: Signer | None = None,
    deep: bool = False,
) -> Plan:
    """Compare releases, in the order of publishing, with what is published.

    Args:
        destination: the name of it all, for people.
        releases: what to publish.
        store: gives the store for a name.
        moving: which moving tags there are (default: all).
        signer: how images are to be signed, if they are.
        deep: whether the parts of what is published are looked for as well. That its tag has the digest of
            an index proves what belongs to it: registries take one only when that is there, but may lose it.

    Raises:
        ReleaseError: what is published cannot be read, or it cannot be told whose a signature is.
    """

    def compare(release: PackageRelease) -> PublishStep:
        return _compare(release, store(release.name), deep=deep)

    compared = in_parallel(compare, releases)
    present = in_parallel(_present, compared)
    has = {step.store.mount_name: digests for step, digests in zip(compared, present, strict=True)}
    will_have: dict[str, set[str]] = {}
    steps = []
    for step in compared:
        if step.action is Action.PUSH:
            name = step.store.mount_name
            steps.append(_with_blobs(step, has[name], {**has, **will_have}))
        else:
            steps.append(step)
        will_have[step.store.mount_name] = _digests(step)
    complete = partial(_with_tags_and_referrers, moving=moving or MovingTags(), signer=signer)
    return Plan(destination, tuple(in_parallel(complete, steps)))


def _compare(release: PackageRelease, store: Store, *, deep: bool) -> PublishStep:
    """Decide about a release; of what is to be pushed the blobs are still unknown."""
    digest = store.digest(release.tag)
    published = store.manifest(release.tag) if digest not in ("", release.digest) else None
    if digest == release.digest or (published is not None and published.digest == release.digest):
        action = Action.PUSH if deep and not _is_complete(release, store) else Action.DONE
        return PublishStep(release, store, action, release.tree.root, release.digest)
    if published is None:
        # The first blob, which is of this version alone, is brought in before all others.
        is_begun = store.has_blob(release.tree.blobs[0])
        return PublishStep(release, store, Action.PUSH, release.tree.root, is_begun=is_begun)
    found = differences(read_tree(store, published), release.tree)
    action = Action.CONFLICT if found else Action.DONE
    return PublishStep(release, store, action, published, published.digest, differences=found)


def _is_complete(release: PackageRelease, store: Store) -> bool:
    """Return whether all parts are still there: registries may lose some, and a push brings them back."""
    digests = [manifest.digest for manifest in release.tree.manifests[:-1]]
    blobs = release.tree.blobs
    return all(in_parallel(store.has_manifest, digests)) and len(present_blobs(store, blobs)) == len(blobs)


def _present(step: PublishStep) -> set[str]:
    if step.action is not Action.PUSH:
        return _digests(step)
    return present_blobs(step.store, step.release.tree.blobs) if step.is_begun else set()


def _digests(step: PublishStep) -> set[str]:
    """Return the blobs that a store has when its step is over: of a published equal they may be others."""
    if step.action is Action.CONFLICT or step.root != step.release.tree.root:
        return set()
    return {blob.digest for blob in step.release.tree.blobs}


def _with_blobs(
    step: PublishStep, present: Iterable[str], elsewhere: Mapping[str, Iterable[str]]
) -> PublishStep:
    there = set(present)
    own = step.store.mount_name
    blobs = []
    for blob in step.release.tree.blobs:
        origins = [
            name for name, digests in elsewhere.items() if name not in ("", own) and blob.digest in digests
        ]
        if blob.digest in there:
            blobs.append(BlobStep(blob, Transfer.PRESENT))
        elif origins:
            blobs.append(BlobStep(blob, Transfer.MOUNT, origins[0]))
        else:
            blobs.append(BlobStep(blob, Transfer.SEND))
    return replace(step, blobs=tuple(blobs))


def _with_tags_and_referrers(step: PublishStep, *, moving: MovingTags, signer: Signer | None) -> PublishStep:
    """Decide about moving tags, documents and signatures; beside what is not published yet are none."""
    if step.action is Action.CONFLICT:
        return step
    digest = step.root.digest
    tags = moving.plan(step.store, step.release.tag, digest, is_new=not step.published)
    referrers = _referrers(step, digest, is_signed=signer is not None) if step.published else ()
    due = step.release.missing_attachments(referrers) if step.is_ours else ()
    step = replace(step, tags=tags, attachments=due)
    return step if signer is None else _with_signatures(step, referrers, signer)


def _referrers(step: PublishStep, digest: str, *, is_signed: bool) -> tuple[Descriptor, ...]:
    """List what is beside an image; once all documents are found, only signatures are looked for further."""

    def enough(found: Sequence[Descriptor]) -> bool:
        return not is_signed and not step.release.missing_attachments(found)

    return step.store.referrers(digest, enough=enough)


def _with_signatures(step: PublishStep, referrers: Sequence[Descriptor], signer: Signer) -> PublishStep:
    """Decide what is to be signed: what has no signature that counts.

    Of the documents only our own are signed. If another one is there, and is not signed either, nobody knows
    who has put it there: ours is stored beside it.
    """

    def is_signed(digest: str, beside: Iterable[Descriptor]) -> bool:
        stored = has_signature(step.store, digest, beside)
        return stored and signer.is_verified(f"{step.store.name}@{digest}")

    to_sign, due = [], list(step.attachments)
    for one in step.release.attachments if step.is_ours else ():
        present = [found.digest for found in one.kind.among(referrers, step.release.id, step.release.tag)]
        if any(is_signed(digest, step.store.referrers(digest)) for digest in present):
            continue
        to_sign.append(one.manifest.digest)
        if one.manifest.digest not in present and one not in due:
            due.append(one)
    if not step.published or not is_signed(step.root.digest, referrers):
        to_sign.append(step.root.digest)
    signing = Signing.DUE if to_sign else Signing.SIGNED
    return replace(step, attachments=tuple(due), signing=signing, to_sign=tuple(to_sign))
