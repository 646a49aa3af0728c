"""Carrying out a plan: all content by digest, documents and signatures, tags; what the tags have at the end.

A tag is written only when the content of every release is there, with what is said about it. So nobody finds
a version with parts of it missing, and whatever interrupts this, the next run goes on where it ended. That
the registry has taken a part under its digest is believed, unless a deep look is asked for.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ConflictError
from buildpack_release.progress import Progress
from buildpack_release.publish.difference import differences
from buildpack_release.publish.live_line import Bytes, LiveLine
from buildpack_release.publish.publish_plan import Action, PublishStep, Signing, Transfer
from buildpack_release.publish.verify import Expected, read_published
from buildpack_release.text import size
from oci_registry.errors import NotFoundError, RegistryConflictError, RegistryError, RejectedError
from oci_registry.parallel import in_parallel
from oci_registry.reading import read_tree
from oci_registry.remote.client import RemoteRepository
from oci_registry.store import Content, Pushed, TransferOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_release.publish.attachments import Attachment
    from buildpack_release.publish.package_release import PackageRelease
    from buildpack_release.publish.publish_plan import Plan
    from buildpack_release.publish.signing import Signer
    from buildpack_release.publish.tags import MovingTag, MovingTags
    from oci_registry.blob_source import BlobSource
    from oci_registry.content import Manifest

_NO_REPOSITORY = frozenset({"NAME_UNKNOWN", "REPOSITORY_NOT_FOUND"})


@dataclass(frozen=True)
class Result:
    """What was done for a step.

    Attributes:
        step: the step.
        root: what the version's tag points to.
        pushed: what was brought in.
        is_new: whether the version's tag was written.
        moved: the moving tags that were written.
        refused: the moving tags that the registry refuses to move.
        attached: the documents that were stored beside the image.
        signed: whether it was signed now.
        listed: the tags there were right before the version's was written; None if that was there already.
    """

    step: PublishStep
    root: Manifest
    pushed: Pushed = field(default_factory=Pushed)
    is_new: bool = False
    moved: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    signed: bool = False
    listed: tuple[str, ...] | None = None

    @property
    def address(self) -> str:
        """The reference with the digest, which nobody can change."""
        return f"{self.step.reference}@{self.root.digest}"


def carry_out(
    plan: Plan, line: LiveLine, signer: Signer, moving: MovingTags, *, deep: bool = False
) -> tuple[Result, ...]:
    """Do what is planned. Moving tags that the registry refuses to move are added to those of `moving`.

    If it is to be `deep`, everything is read back before the tags are written.

    Raises:
        ConflictError: somebody else has published a version with other content meanwhile.
        CheckFailed: what was pushed does not read back as it should.
        RegistryError: the registry fails; what has arrived stays there for the next run.
        ReleaseError: an image could not be signed.
    """
    progress = Progress(len(plan.steps), say=line.say)
    sent = _counter(plan, line)
    with _missing_repositories_named(plan):
        started = progress.clock()
        brought = in_parallel(partial(_send, sent=sent), plan.steps)
        complete = partial(_complete, progress=progress, started=started, sent=sent)
        results = in_parallel(complete, zip(plan.steps, brought, strict=True))
    line.clear()
    if deep:
        in_parallel(_check, plan.steps)
    results = in_parallel(_attach, results)
    results = [_sign(result, signer, line) for result in results]
    results = in_parallel(_with_tags, results)
    by_step = {result.step.reference: result for result in results}
    for wave in plan.waves:
        tagged = in_parallel(_tag_version, [by_step[step.reference] for step in wave])
        by_step.update((result.step.reference, result) for result in tagged)
    return tuple(in_parallel(partial(_tag_moving, moving=moving), by_step.values()))


@contextmanager
def _missing_repositories_named(plan: Plan) -> Iterator[None]:
    """Let an error about one repository that has to be created first name all that have to be."""
    try:
        yield
    except NotFoundError as error:
        if not _NO_REPOSITORY.intersection(error.codes):
            raise
        stores = [step.store for step in plan.steps if step.action is Action.PUSH and not step.published]
        missing = [store for store in stores if isinstance(store, RemoteRepository) and not store.exists()]
        names = [store.repository for store in missing]
        commands = [f"  aws ecr create-repository --repository-name {name}" for name in names]
        is_ecr = any(".dkr.ecr." in store.name for store in missing)
        raise RegistryError(
            f"the registry does not create repositories by itself; {len(names)} are missing",
            detail="\n".join(store.name for store in missing),
            advice="\n".join(
                ["Create them, and run the same command again:", *commands]
                if is_ecr
                else ["Create them there, and run the same command again."]
            ),
            status=error.status,
            codes=error.codes,
        ) from error


def _counter(plan: Plan, line: LiveLine) -> Bytes:
    blobs = [blob for step in plan.steps if step.action is Action.PUSH for blob in _blobs(step)]
    return Bytes(line, "sent", sum({blob.digest: blob.size for blob in blobs}.values()))


def _blobs(step: PublishStep) -> tuple[BlobSource, ...]:
    """Return the blobs of what is to be pushed, and of the documents that come with it."""
    return (*step.release.content.blobs, *(blob for one in step.attachments for blob in one.blobs))


def _send(step: PublishStep, sent: Bytes) -> dict[str, TransferOutcome]:
    """Bring in what is not mounted: the first blob alone, so that without it none of the others is there."""
    if step.action is not Action.PUSH:
        return {}
    mounted = {one.blob.digest for one in step.blobs_by(Transfer.MOUNT)}
    own = tuple(blob for blob in _blobs(step) if blob.digest not in mounted)
    outcomes: dict[str, TransferOutcome] = {}
    for blobs in (own[:1], own[1:]):
        pushed = step.store.push(Content(blobs, ()), mounts={}, absent=_absent(step), progress=sent)
        outcomes.update(pushed.blobs)
    return outcomes


def _complete(
    brought: tuple[PublishStep, dict[str, TransferOutcome]], progress: Progress, started: float, sent: Bytes
) -> Result:
    """Mount what the others have by now, and put the manifests."""
    step, outcomes = brought
    title = f"{step.release.title} to {step.store.name}"
    with progress.one_of_several(title, started=started) as told:
        if step.action is not Action.PUSH:
            told.append("published already")
            return Result(step, step.root)
        content = step.release.content
        mounts = {one.blob.digest: one.origin for one in step.blobs_by(Transfer.MOUNT)}
        mounted = tuple(blob for blob in content.blobs if blob.digest in mounts)
        rest = Content(mounted, content.manifests)
        pushed = step.store.push(rest, mounts=mounts, absent=_absent(step), progress=sent)
        outcomes.update(pushed.blobs)
        told.append(_told(_blobs(step), outcomes))
    own = {blob.digest: outcomes[blob.digest] for blob in content.blobs}
    return Result(step, step.root, Pushed(own, pushed.new_manifests))


def _absent(step: PublishStep) -> set[str]:
    """Return the digests of what is known not to be there."""
    absent = {one.blob.digest for one in step.blobs if one.transfer is not Transfer.PRESENT}
    if not step.is_begun:
        absent.update(blob.digest for blob in _blobs(step))
        absent.update(manifest.digest for manifest in step.release.content.manifests)
    return absent


def _told(blobs: Iterable[BlobSource], outcomes: Mapping[str, TransferOutcome]) -> str:
    sizes = {blob.digest: blob.size for blob in blobs}
    texts = []
    for outcome, text in (
        (TransferOutcome.UPLOADED, "sent"),
        (TransferOutcome.MOUNTED, "mounted"),
        (TransferOutcome.PRESENT, "there already"),
    ):
        found = [digest for digest, one in outcomes.items() if one is outcome]
        if found:
            texts.append(f"{size(sum(sizes[one] for one in found))} {text}")
    return ", ".join(texts)


def expected(release: PackageRelease) -> Expected:
    """Return what has to be found once a release is published."""
    return Expected(release.id, release.version, tuple(release.tree.platforms), release.variant)


def _check(step: PublishStep) -> None:
    """Read back what will be tagged, or is: all but the content of layers, which the registry has checked."""
    found = _problems(step)
    if found:
        raise CheckFailed(
            f"{step.store.name}@{step.root.digest} does not read back as it should",
            detail="\n".join(found),
            advice="No tag was written. If it happens again, the registry does not keep what it gets.",
        )


def _problems(step: PublishStep) -> tuple[str, ...]:
    root = step.store.manifest(step.root.digest)
    if root is None:
        return ("the index is missing",)
    try:
        return read_published(step.store, root, expected(step.release))[1]
    except CheckFailed as error:
        return (error.title, error.detail)


def _attach(result: Result) -> Result:
    """Store the documents that are missing beside the image.

    Where somebody else has stored one of a kind meanwhile, that is the one, unless ours is to be signed.
    """
    step = result.step
    if not step.attachments:
        return result
    due = _due(step)
    if not due:
        return result
    if step.action is not Action.PUSH:  # else they came with the image
        blobs = tuple(blob for one in due for blob in one.blobs)
        step.store.push(Content(blobs, ()), mounts={}, progress=lambda *_: None)
    try:
        step.store.attach(*(one.manifest for one in due), absent=not step.is_begun)
    except (RejectedError, RegistryConflictError) as error:
        error.advice = (
            f"{error.advice}\nNo tag was written. If {step.store.name} can store no documents beside images, "
            "publish without them: documents = false in [tool.buildpack-release.publish]"
        ).strip()
        raise
    return replace(result, attached=tuple(one.kind.label for one in due))


def _due(step: PublishStep) -> tuple[Attachment, ...]:
    if not step.is_begun:
        return step.attachments
    referrers = step.store.referrers(step.root.digest)
    listed = {one.digest for one in referrers}
    missing = step.release.missing_attachments(referrers)
    signed = [one for one in step.attachments if one.manifest.digest in step.to_sign]
    return tuple(
        one
        for one in step.attachments
        if one in missing or (one in signed and one.manifest.digest not in listed)
    )


def _sign(result: Result, signer: Signer, line: LiveLine) -> Result:
    """Sign the documents, and last the index."""
    if result.step.signing is not Signing.DUE:
        return result
    line.say(f"Signing {result.step.release.title}")
    for digest in result.step.to_sign:
        signer.sign(f"{result.step.store.name}@{digest}")
    return replace(result, signed=True)


def _with_tags(result: Result) -> Result:
    """List the tags right before that of a new version is written."""
    return result if result.step.published else replace(result, listed=result.step.store.tags())


def _tag_version(result: Result) -> Result:
    """Write the version's tag unless it is there.

    Registries cannot write a tag only if it is absent. So it is looked for right before, and what it points
    to is read when all is done (check_tag): of two publishers with other content, one finds out here or
    there.
    """
    step, store, version = result.step, result.step.store, result.step.release.tag
    if result.listed is None:
        return result
    current = store.manifest(version) if version in result.listed else None
    if current is None:
        store.tag(result.root, version)
        return replace(result, is_new=True)
    if current.digest != result.root.digest:
        check_equal(step, current)
    return replace(result, root=current)


def check_equal(step: PublishStep, published: Manifest) -> None:
    """Raise ConflictError unless what is published has the content of the release."""
    found = differences(read_tree(step.store, published), step.release.tree)
    if found:
        raise ConflictError(
            f"somebody else has published {step.reference} meanwhile, with other content",
            detail="\n".join((f"published: {published.digest}", f"here:      {step.release.digest}", *found)),
            advice="Find out which content is right; the other needs a new version.",
        )


def _tag_moving(result: Result, moving: MovingTags) -> Result:
    """Write the moving tags, as what is published now demands it; the version is published in any case."""
    step = result.step
    if step.published and not step.due_tags:
        return result
    tags = moving.plan(step.store, step.release.tag, result.root.digest, listed=result.listed)
    due = [one for one in tags if one.is_due]
    is_moved = in_parallel(partial(_move, result, moving), due)
    moved = [one.name for one, done in zip(due, is_moved, strict=True) if done]
    refused = [one.name for one in due if one.name not in moved]
    return replace(result, moved=tuple(moved), refused=tuple(refused))


def _move(result: Result, moving: MovingTags, tag: MovingTag) -> bool:
    """Write a moving tag; return whether the registry lets it move."""
    store = result.step.store
    try:
        store.tag(result.root, tag.name)
    except (RejectedError, RegistryConflictError):
        if not tag.was:
            raise
        moving.refused.add((store.name, tag.name))
        return False
    return True


def check_tag(result: Result) -> None:
    """Look whether the version's tag still has what it was given.

    Raises:
        ConflictError: somebody else has written over it.
        CheckFailed: the registry has not kept it.
    """
    step = result.step
    if step.store.digest(step.release.tag) == result.root.digest:
        return
    found = step.store.manifest(step.release.tag)
    if found is not None and differences(read_tree(step.store, found), step.release.tree):
        raise ConflictError(
            "somebody else has written over what was just published",
            detail=f"{step.reference}: {found.digest}",
            advice="Find out which content is right; the other needs a new version.",
        )
    raise CheckFailed(
        "not all of it is published, although the registry took it",
        detail=step.reference,
        advice="Run the same command again.",
    )
