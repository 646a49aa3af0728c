"""`inv image.patch`: plan, ask, act, read back; and the way back."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_release.attestation.builder_identity import BuilderIdentity
from buildpack_release.errors import CheckFailed, ConflictError, ReleaseError, UsageError
from buildpack_release.images.kept_images import leave_kept
from buildpack_release.images.known_runtime import KnownRuntime, RuntimeLayers
from buildpack_release.images.patch import PatchOptions, PatchResult, check_targets, patch
from buildpack_release.images.patch_plan import PatchRules, PatchState, Planner
from buildpack_release.images.patch_provenance import attach_provenance
from buildpack_release.images.patch_report import (
    NOT_CARRIED,
    TAKEN_BACK,
    counted,
    plan_data,
    plan_text,
    undo_text,
)
from buildpack_release.images.patch_undo import plan_undo, undo
from buildpack_release.images.runtime_command import RuntimeCommand
from buildpack_release.images.tag_template import TagTemplate
from buildpack_release.model.repository import Repository
from buildpack_release.model.settings import SigningSettings
from buildpack_release.publish.confirm import confirm
from buildpack_release.publish.signing import choose_signer
from buildpack_release.runtimes.archive_selection import is_python
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from buildpack_release.images.image_references import ImagePlace
    from buildpack_release.images.patch_plan import PlannedPatch
    from buildpack_release.publish.signing import Signer
    from oci_registry.content import Manifest
    from oci_registry.remote.registries import Registries
    from oci_registry.store import Store


@dataclass(frozen=True)
class PatchRequest:
    """What the options of the command say."""

    python: str
    to_tag: str = ""
    keep: str = ""
    sign: str = ""
    force: bool = False
    provenance: bool = False
    insecure: bool = False
    layers: bool = False

    def check_undo(self) -> None:
        """Raise UsageError if something is wanted that going back has no use for."""
        useless = {
            "--python": self.python,
            "--layer": self.layers,
            "--to-tag": self.to_tag,
            "--keep": self.keep,
            "--provenance": self.provenance,
            "--sign": self.sign,
        }
        for option, is_given in useless.items():
            if is_given:
                raise UsageError(f"--undo goes back to an image that is there: {option} has no meaning then")


@dataclass
class PatchCommand:
    """One run of the command. `problem` is what it ends with once all is told."""

    root: Path
    registries: Registries
    request: PatchRequest
    say: Callable[[str], None]
    yes: bool = False
    dry_run: bool = False
    problem: ReleaseError | None = field(default=None, init=False)

    def patch(self, places: Sequence[ImagePlace], given: Sequence[ImagePlace]) -> dict[str, Any]:
        """Plan, ask, act; return what was planned and done as data.

        Raises UsageError, MissingToolError: nothing was written.
        """
        if not is_python(self.request.python):
            raise UsageError(
                "it is not said which Python the images are to run",
                advice="Say a line, for its newest patch, or a version: --python 3.13",
            )
        options = self._options()
        command = RuntimeCommand.of(Repository.discover(self.root), self.registries, self.say)
        known = [one for place in given for one in KnownRuntime.all_in(place, command.buildpack.id)]
        if len(known) < len(given):
            raise UsageError("an image that --layer names has no layer of Python of ours")
        self._check_line(command, known)
        rules = PatchRules(command.buildpack.id, self.request.python, self.request.force)
        plan = leave_kept(Planner(rules, RuntimeLayers(command, known)).plan(places), options)
        check_targets(plan, options)
        self.say(plan_text(plan))
        due = sum(one.state is PatchState.PATCH for one in plan)
        if due:
            self.say(TAKEN_BACK)
        results: tuple[PatchResult, ...] = ()
        if due and not self.dry_run:
            if not self.yes:
                confirm(f"Patch {due} images?", terminal=sys.stdin, say=self.say)
            with tempfile.TemporaryDirectory(prefix="strata-patch-") as scratch:
                results = patch(plan, options, Path(scratch), say=self.say)
            if not self.request.sign:
                self.say(NOT_CARRIED)
        self._conclude(plan, results)
        return plan_data(plan, results)

    def undo(self, places: Sequence[ImagePlace]) -> dict[str, Any]:
        """Go back to what images were patched from; return what was planned as data."""
        plan = plan_undo(places, force=self.request.force)
        self.say(undo_text(plan))
        due = [one for one in plan if one.before is not None]
        failed: tuple[Any, ...] = ()
        if due and not self.dry_run:
            if not self.yes:
                confirm(f"Go back with {len(due)} images?", terminal=sys.stdin, say=self.say)
            failed = undo(plan, say=self.say)
        if failed:
            self.problem = _several(f"{len(failed)} of {len(due)} images did not go back", failed[0].fault)
        elif len(due) < len(plan):
            self.problem = CheckFailed(f"{len(plan) - len(due)} of {len(plan)} images cannot go back")
        return {
            "images": [
                {
                    "image": one.place.name,
                    "now": one.patched.digest if one.patched else None,
                    "back-to": one.before.digest if one.before else None,
                    "reason": one.reason or None,
                }
                for one in plan
            ]
        }

    def finish(self) -> None:
        """Raise what the command ends with, if not all went well."""
        if self.problem is not None:
            raise self.problem

    def _check_line(self, command: RuntimeCommand, known: Sequence[KnownRuntime]) -> None:
        """Raise UsageError for a line that nobody knows: else all images would just be of another one."""
        line = self.request.python.split(".")[:2]
        lines = sorted({one.version[:2] for one in command.catalogue.archives})
        names = [".".join(map(str, one)) for one in lines]
        if ".".join(line) not in names and all(one.version.split(".")[:2] != line for one in known):
            raise UsageError(
                f"there is no Python {'.'.join(line)} in this catalogue",
                advice=f"Lines in it: {', '.join(names)}.",
                file=command.catalogue.path,
            )

    def _conclude(self, plan: Sequence[PlannedPatch], results: Sequence[PatchResult]) -> None:
        failed = [one for one in results if one.fault]
        if failed:
            self.problem = _several(
                f"{len(failed)} of {len(results)} images were not patched", failed[0].fault
            )
        elif any(one.state in (PatchState.REFUSED, PatchState.UNREAD) for one in plan):
            unread = [one.fault for one in plan if one.fault]
            title = f"not all images can be patched: {counted(plan)}"
            self.problem = _several(title, unread[0] if unread else None)

    def _options(self) -> PatchOptions:
        request = self.request
        builder = BuilderIdentity.from_environment(os.environ)
        settings = SigningSettings.read(self.root)
        signers: dict[str, Signer] = {}
        if request.sign:  # asked before anything is written: cosign may be missing
            self._signer(settings, "registry.invalid/any", signers)

        def before_tag(store: Store, planned: PlannedPatch, new: Manifest) -> None:
            made = [attach_provenance(store, planned, new, builder)] if request.provenance else []
            for one in (*made, new) if request.sign else ():
                self._signer(settings, store.name, signers).sign(f"{store.name}@{one.digest}")

        return PatchOptions(
            TagTemplate(request.to_tag) if request.to_tag else None,
            TagTemplate(request.keep) if request.keep else None,
            before_tag,
        )

    def _signer(self, settings: SigningSettings, name: str, known: dict[str, Signer]) -> Signer:
        if name.startswith("oci:"):
            raise UsageError(
                "cosign signs in registries only", advice="Sign where the layouts are pushed to."
            )
        if name not in known:
            known[name] = choose_signer(
                self.request.sign, settings, Reference.parse(name), os.environ, insecure=self.request.insecure
            )
        return known[name]


def _several(title: str, fault: ReleaseError | None) -> ReleaseError:
    """Return an error of the first one's kind about several images."""
    kind = ConflictError if isinstance(fault, ConflictError) else CheckFailed
    if fault is None:
        return kind(title)
    return kind(title, detail=f"The first: {fault.title}\n{fault.detail}".strip(), advice=fault.advice)
