"""The way in: plan, publish and verify the buildpacks of a repository."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.dist.manifest import DistManifest
from buildpack_release.errors import CheckFailed, ConflictError, NetworkError
from buildpack_release.model.selection import package_targets, select
from buildpack_release.publish.attachment_check import attachment_problems, signature_problems
from buildpack_release.publish.destination import Destination, shown, store_of
from buildpack_release.publish.dist import check_names, read_releases, reading, variant_jobs
from buildpack_release.publish.live_line import Bytes, LiveLine
from buildpack_release.publish.package_release import store_name
from buildpack_release.publish.publish_plan import Plan, make_plan
from buildpack_release.publish.push import Result, carry_out, check_tag
from buildpack_release.publish.signing import Check, Signer, Unsigned, has_signature
from buildpack_release.publish.tags import MovingTags
from buildpack_release.publish.verify import Expected, read_published, unreadable_blobs
from buildpack_release.text import size
from oci_registry.parallel import in_parallel
from oci_registry.remote.known_registries import KnownRegistries
from oci_registry.remote.registries import Connect, Registries, connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from buildpack_release.model.repository import Repository
    from oci_registry.reading import ImageTree
    from oci_registry.store import Store


_AGAIN = "Run the same command again once that is repaired: it goes on where this run ended."


@dataclass(frozen=True)
class Publication:
    """What to publish and where.

    Attributes:
        repository: where the buildpacks are.
        destination: see parse_destination().
        dist: the folder with their packages; verifying needs it only for a variant.
        ids: the buildpacks, with what they contain; all if there are none.
        variant: the kind of packages, such as `offline`; "" for the ordinary ones.
        connect: how to connect to a registry.
        line: where progress is told.
        signer: how images are signed.
        documents: whether SBOM and provenance are stored beside the images, and looked for there.
        moving: which moving tags there are.
        deep: whether publishing looks for the parts of what is published, and reads back what it pushes. Of
            layouts it always does: they are here.
        known: what earlier runs have found out about registries.
        check: whose signatures count when it is verified; those of the signer, if there is none.
    """

    repository: Repository
    destination: Destination
    dist: Path
    ids: Sequence[str] = ()
    connect: Connect = field(default_factory=connection)
    line: LiveLine = field(default_factory=LiveLine)
    variant: str = ""
    signer: Signer = field(default_factory=Unsigned)
    documents: bool = True
    moving: MovingTags = field(default_factory=MovingTags)
    deep: bool = False
    known: KnownRegistries = field(default_factory=KnownRegistries)
    check: Check | None = None

    def plan(self) -> Plan:
        """Return what publishing would do; nothing is written.

        Raises CheckFailed if dist/ is not fit to be published, RegistryError.
        """
        with self._open() as derive:
            return derive()

    def publish(self, agree: Callable[[Plan], None]) -> tuple[Result, ...]:
        """Publish what is not published yet, and look afterwards whether all of it is.

        Args:
            agree: is shown the plan before anything is written, and raises if it is not to be carried out.

        Raises:
            ConflictError: a version is published with other content; nothing was written.
            ReleaseError: see plan() and carry_out().
        """
        with self._open() as derive:
            plan = derive()
            agree(plan)
            refuse_conflicts(plan)
            if plan.is_done:
                return tuple(Result(step, step.root) for step in plan.steps)
            try:
                results = carry_out(plan, self.line, self.signer, self.moving, deep=self._is_deep)
                self.line.say("Reading back what is published")
                if self._is_deep:
                    _check_done(derive())
                else:
                    in_parallel(check_tag, results)
            except NetworkError as error:
                error.advice = f"{error.advice}\n{_AGAIN}".strip()
                raise
            finally:
                self.line.clear()
            return results

    def verify(self) -> tuple[Verified, ...]:
        """Read back everything published for the versions of the sources. Raises RegistryError."""
        expected = self._expected()
        check_names(one.id for one in expected)
        check = self.check or (None if self.signer.unsigned else self.signer)
        with self._stores() as store:
            return tuple(self._verified(store(store_name(one.id)), one, check) for one in expected)

    def _verified(self, store: Store, expected: Expected, check: Check | None) -> Verified:
        reference = f"{store.name}:{expected.tag}"
        self.line.say(f"Reading {reference}")
        root = store.manifest(expected.tag)
        if root is None:
            return Verified(reference, expected, problems=("it is not published",))
        try:
            tree, problems = read_published(store, root, expected)
        except CheckFailed as error:
            return Verified(reference, expected, root.digest, problems=(str(error),))
        counter = Bytes(self.line, "read", sum(blob.size for blob in tree.blobs))
        missing = [text for text in problems if text.startswith("the blob ")]
        problems += tuple(text for text in unreadable_blobs(tree, store, counter) if text not in missing)
        self.line.clear()
        referrers = store.referrers(root.digest)
        if self.documents:
            problems += tuple(attachment_problems(store, root.digest, referrers, expected))
        problems += tuple(self._tag_problems(store, expected, root.digest))
        if check is None:
            stored = has_signature(store, root.digest, referrers)
            signature = Signature.STORED if stored else Signature.NONE
        else:
            self.line.say(f"Verifying the signatures of {reference}")
            unsigned = tuple(signature_problems(store, root.digest, referrers, expected, check))
            problems += unsigned
            signature = Signature.NOT_VERIFIED if unsigned else Signature.VERIFIED
        return replace(_described(reference, expected, tree, problems), signature=signature)

    def _tag_problems(self, store: Store, expected: Expected, digest: str) -> Iterator[str]:
        for tag in self.moving.plan(store, expected.tag, digest):
            if tag.is_due:
                yield f"the tag {tag.name} points to {tag.was or 'nothing'}, not to it"

    def _expected(self) -> list[Expected]:
        if self.variant:
            jobs = variant_jobs(self.repository, self.ids, DistManifest.read(self.dist), self.variant)
            return [
                Expected(
                    one.buildpack.id,
                    one.buildpack.descriptor.version,
                    tuple(map(str, one.targets)),
                    one.variant,
                )
                for one in jobs
                if one.variant
            ]
        return [
            Expected(
                one.id,
                one.descriptor.version,
                tuple(str(target) for target in package_targets(self.repository, one, ())),
            )
            for one in select(self.repository, self.ids)
        ]

    @property
    def _is_deep(self) -> bool:
        return self.deep or isinstance(self.destination, Path)

    @contextmanager
    def _open(self) -> Iterator[Callable[[], Plan]]:
        """Return what derives the plan, from packages that do not change meanwhile."""
        with (
            reading(self.dist, report=self.line.say),
            self._stores() as store,
        ):
            releases = read_releases(self.repository, self.ids, self.dist, self.variant)
            if not self.documents:
                releases = tuple(replace(one, attachments=()) for one in releases)
            signer = None if self.signer.unsigned else self.signer
            yield partial(
                make_plan,
                *(shown(self.destination), releases, store),
                moving=self.moving,
                signer=signer,
                deep=self._is_deep,
            )

    @contextmanager
    def _stores(self) -> Iterator[Callable[[str], Store]]:
        """Return what gives the store of a name."""
        with Registries(self.connect, self.line.say, self.known) as registries:
            yield lambda name: store_of(self.destination, name, registries)


class Signature(Enum):
    """What is known of the signatures of a package: its index, its provenance and its SBOM."""

    NONE = "none"
    STORED = "not checked"
    VERIFIED = "verified"
    NOT_VERIFIED = "not verified"


@dataclass(frozen=True)
class Verified:
    """What is published for a version, and what is wrong with it; `digest` is "" if there is nothing."""

    reference: str
    expected: Expected
    digest: str = ""
    platforms: tuple[str, ...] = ()
    blobs: int = 0
    size: int = 0
    problems: tuple[str, ...] = ()
    signature: Signature = Signature.NONE


def refuse_conflicts(plan: Plan) -> None:
    """Raise ConflictError if other content is published under a version."""
    if not plan.conflicts:
        return
    lines = []
    for step in plan.conflicts:
        lines += [step.reference, f"  published: {step.published}", f"  here:      {step.release.digest}"]
    raise ConflictError(
        "other content is published under the same version; nothing was written",
        detail="\n".join(lines),
        advice="A version is published once: raise it (inv version.bump), or return to what was published.",
    )


def _check_done(plan: Plan) -> None:
    refuse = [step.reference for step in plan.steps if not step.is_done]
    if plan.conflicts:
        raise ConflictError(
            "somebody else has written over what was just published",
            detail="\n".join(f"{step.reference}: {step.published}" for step in plan.conflicts),
            advice="Find out which content is right; the other needs a new version.",
        )
    if refuse:
        raise CheckFailed(
            "not all of it is published, although the registry took it",
            detail="\n".join(refuse),
            advice="Run the same command again.",
        )


def _described(reference: str, expected: Expected, tree: ImageTree, problems: tuple[str, ...]) -> Verified:
    total = sum(blob.size for blob in tree.blobs)
    return Verified(reference, expected, tree.digest, tuple(tree.platforms), len(tree.blobs), total, problems)


def summary(verified: Sequence[Verified]) -> str:
    """Return in a sentence what was read."""
    blobs, total = sum(one.blobs for one in verified), size(sum(one.size for one in verified))
    wrong = sum(bool(one.problems) for one in verified)
    return f"{len(verified)} packages, {blobs} blobs, {total}; {wrong or 'none'} with problems"
