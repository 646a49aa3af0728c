"""The steps about packages: made, published, read back, registered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from buildpack_release.errors import CheckFailed
from buildpack_release.packaging.package import package, provenance_due
from buildpack_release.publish.dist import read_releases, reading
from buildpack_release.publish.publication import refuse_conflicts, summary
from buildpack_release.publish.publish_report import plan_text
from buildpack_release.registration.registration_report import request_table
from buildpack_release.releasing.forge_release import ForgeReleases, has_token, token_variable
from buildpack_release.releasing.release_notes import release_notes
from buildpack_release.releasing.status import Row, StepState
from buildpack_release.releasing.step import ReadOnlyStep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.publish.publication import Publication, Verified
    from buildpack_release.publish.publish_plan import Plan
    from buildpack_release.registration.registrar import RequestStatus
    from buildpack_release.registration.registration import Registration
    from buildpack_release.releasing.release_state import ReleaseState
    from buildpack_release.versions.links import Forge

    Say = Callable[[str], None]


@dataclass
class Packages:
    """dist/ has whole packages of what the sources are now.

    Where they are `given`, somebody else has made them, and none is made here.
    """

    dist: Path
    say: Say
    given: bool = False
    name: ClassVar[str] = "packages"
    is_preparation: ClassVar[bool] = True
    are_current: bool = field(default=False, init=False)

    def look(self, state: ReleaseState) -> Row:
        """Read dist/."""
        self.are_current = False
        try:
            with reading(self.dist, report=self.say):
                count = len(read_releases(state.repository, (), self.dist))
        except CheckFailed as error:
            if self.given:
                raise
            return Row(self.name, StepState.DUE, error.title)
        self.are_current = True
        if self.given:
            return Row(self.name, StepState.DONE, f"{count}, given, made of these sources")
        if due := provenance_due(state.repository, self.dist):
            self.are_current = False
            return Row(self.name, StepState.DUE, f"the provenance of {len(due)} can name its commit now")
        return Row(self.name, StepState.DONE, f"{count}, made of these sources")

    def act(self, state: ReleaseState) -> None:
        """Make what is missing or stale."""
        package(
            state.repository,
            dist=self.dist,
            build=state.repository.root / "build",
            report=self.say,
        )


@dataclass
class PackagesPublished:
    """Everything is in the registry under its version, with the same content."""

    packages: Packages
    publication: Publication
    name: ClassVar[str] = "published"
    is_preparation: ClassVar[bool] = False
    plan: Plan | None = field(default=None, init=False)

    def look(self, state: ReleaseState) -> Row:  # noqa: ARG002  (dist/ and the registry tell)
        """Derive the plan."""
        self.plan = None
        if not self.packages.are_current:
            return Row(self.name, StepState.LATER, "known once the packages are made")
        plan = self.plan = self.publication.plan()
        refuse_conflicts(plan)
        total, left = len(plan.steps), sum(not step.is_done for step in plan.steps)
        unsigned = self.publication.signer.unsigned
        if not left:
            signed = f"not signed: {unsigned}" if unsigned else "signed"
            return Row(self.name, StepState.DONE, f"{total} at {plan.destination}, {signed}")
        sign = "" if unsigned else " and sign"
        return Row(self.name, StepState.DUE, f"{left} of {total} to publish{sign} at {plan.destination}")

    def act(self, state: ReleaseState) -> None:  # noqa: ARG002
        """Publish, as `inv publish` does."""
        self.publication.publish(self._agree)

    def _agree(self, plan: Plan) -> None:
        self.publication.line.say(plan_text(plan))


@dataclass
class Verification(ReadOnlyStep):
    """What is published reads back as it should; once for the same content in a run."""

    published: PackagesPublished
    name: ClassVar[str] = "read back"
    _known: tuple[tuple[str, ...], tuple[Verified, ...]] | None = field(default=None, init=False)

    def look(self, state: ReleaseState) -> Row:  # noqa: ARG002
        """Read everything that is published to its end."""
        plan = self.published.plan
        if plan is None or not plan.is_done:
            return Row(self.name, StepState.LATER, "once it is published")
        digests = tuple(step.root.digest for step in plan.steps)
        if self._known is None or self._known[0] != digests:
            self._known = digests, self.published.publication.verify()
        verified = self._known[1]
        problems = [f"{one.reference}: {text}" for one in verified for text in one.problems]
        if not problems:
            return Row(self.name, StepState.DONE, summary(verified))
        error = CheckFailed(
            f"what is published is not right: {summary(verified)}", detail="\n".join(problems)
        )
        return Row(self.name, StepState.WRONG, error.title, error=error)


@dataclass(frozen=True)
class Registered:
    """The CNB registry has entries for it, where that is asked for."""

    published: PackagesPublished
    registration: Registration | None
    again: bool = False
    name: ClassVar[str] = "registered"
    is_preparation: ClassVar[bool] = False

    def look(self, state: ReleaseState) -> Row:  # noqa: ARG002
        """Ask the registry."""
        if self.registration is None:
            return Row(self.name, StepState.SKIPPED, "--register requests entries in the CNB registry")
        if self.published.plan is None or not self.published.plan.is_done:
            self.registration.check_possible()
            return Row(self.name, StepState.LATER, "once it is published")
        statuses = self.registration.look()
        missing = [str(one.request) for one in statuses if not one.is_registered]
        if not missing:
            return Row(self.name, StepState.DONE, f"{len(statuses)} in the CNB registry")
        self.registration.check_possible()
        return Row(self.name, StepState.DUE, f"to be requested: {', '.join(missing)}")

    def act(self, state: ReleaseState) -> None:  # noqa: ARG002
        """Make the requests and wait for their answers."""
        if self.registration is not None:
            self.registration.carry_out(self._agree, again=self.again)

    def _agree(self, statuses: Sequence[RequestStatus]) -> None:
        self.published.publication.line.say(request_table(statuses))


@dataclass(frozen=True)
class NotesPublished:
    """The forge has a release with notes for each tag, where that is asked for and can be done."""

    published: PackagesPublished
    environ: Mapping[str, str] | None
    api: str = ""
    name: ClassVar[str] = "release notes"
    is_preparation: ClassVar[bool] = False

    def look(self, state: ReleaseState) -> Row:
        """Ask the forge. Where notes cannot be published they are printed: no person has to come first."""
        if self.environ is None:
            return Row(self.name, StepState.SKIPPED, "--notes publishes them on the forge")
        forge = state.policy.forge
        if forge is None or state.remote is None:
            lacking = "remote" if forge else "repository-url in pyproject.toml"
            return Row(self.name, StepState.SKIPPED, f"there is no {lacking}: they are printed")
        if not has_token(forge, self.environ):
            text = f"there is no token in {token_variable(forge)}: they are printed"
            return Row(self.name, StepState.SKIPPED, text)
        plan = self.published.plan
        if plan is None or not plan.is_done or not all(map(state.remote_tag, state.tags)):
            return Row(self.name, StepState.LATER, "once the tags are pushed")
        missing = self._releases(forge).missing(tuple(state.tags))
        if not missing:
            return Row(self.name, StepState.DONE, f"at {forge.url}")
        return Row(self.name, StepState.DUE, f"to be published at {forge.url}: {', '.join(missing)}")

    def act(self, state: ReleaseState) -> None:
        """Make the releases that are missing."""
        forge, plan = state.policy.forge, self.published.plan
        if forge is None or plan is None:
            return
        releases = self._releases(forge)
        missing = releases.missing(tuple(state.tags))
        for notes in release_notes(plan, state):
            if notes.tag in missing:
                releases.create(notes)

    def _releases(self, forge: Forge) -> ForgeReleases:
        return ForgeReleases(forge, self.environ or {}, self.api)
