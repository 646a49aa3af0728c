"""What publishing tells people and programs: the plan, the results, what verifying has found."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from buildpack_release.publish.publication import Signature
from buildpack_release.publish.publish_plan import Action, Plan, PublishStep, Signing, Transfer
from buildpack_release.publish.tags import MovingTag, TagState
from buildpack_release.text import columns, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from buildpack_release.publish.publication import Verified
    from buildpack_release.publish.push import Result
    from buildpack_release.publish.signing import Signer

_INDENT = " " * 10


def plan_text(plan: Plan) -> str:
    """Return the plan for people."""
    lines = [f"Plan for {plan.destination}"]
    for step in plan.steps:
        lines.append(f"{step.action.value:<8}  {step.reference}")
        lines += [f"{_INDENT}{text}" for text in _details(step)]
    return "\n".join([*lines, _plan_summary(plan)]) + "\n"


def _details(step: PublishStep) -> Iterator[str]:
    if step.action is Action.CONFLICT:
        yield f"published: {step.published}"
        yield f"here:      {step.release.digest}"
        yield from step.differences
        return
    yield f"{step.root.digest} for {', '.join(step.release.tree.platforms)}"
    if step.published and step.action is Action.PUSH:
        yield "the version is published, but parts of it are missing there"
    if step.published not in ("", step.release.digest):
        yield f"equal content is in dist/, compressed otherwise: {step.release.digest}"
    if step.blobs:
        yield ", ".join(filter(None, (_blobs_text(step, transfer) for transfer in Transfer)))
    if step.attachments:
        yield f"beside it: {', '.join(one.kind.label for one in step.attachments)} to store"
    if step.signing is not Signing.NOT_ASKED:
        yield f"signature: {step.signing.value}"
    if step.tags:
        yield f"tags: {', '.join(map(_tag_text, step.tags))}"
    yield from (f"note: {note}" for note in step.release.notes)


def _blobs_text(step: PublishStep, transfer: Transfer) -> str:
    found = step.blobs_by(transfer)
    if not found:
        return ""
    origins = ", ".join(dict.fromkeys(one.origin for one in found if one.origin))
    text = f"{len(found)} blobs {transfer.value}" if len(found) > 1 else f"1 blob {transfer.value}"
    total = size(sum(one.blob.size for one in found))
    return f"{text}{f' from {origins}' if origins else ''} ({total})"


def _tag_text(tag: MovingTag) -> str:
    if tag.state is TagState.STAYS:
        return f"{tag.name} (stays: {tag.because} is newer)"
    if tag.state is TagState.REFUSED:
        return f"{tag.name} (stays: the registry refuses to move it)"
    if tag.state is TagState.MOVES:
        return f"{tag.name} (moves from {tag.was[:19]})"
    return f"{tag.name} ({tag.state.value})"


def _plan_summary(plan: Plan) -> str:
    if plan.is_done:
        return f"Nothing to do: all {len(plan.steps)} are published."
    counts = {action: sum(step.action is action for step in plan.steps) for action in Action}
    total = size(sum(one.blob.size for step in plan.steps for one in step.blobs_by(Transfer.SEND)))
    tags = sum(len(step.due_tags) for step in plan.steps)
    documents = sum(len(step.attachments) for step in plan.steps)
    signatures = sum(step.signing is Signing.DUE for step in plan.steps)
    parts = [f"{counts[Action.PUSH]} to push ({total} to send)", f"{counts[Action.DONE]} done"]
    if counts[Action.CONFLICT]:
        return "; ".join([*parts, f"{counts[Action.CONFLICT]} in conflict: nothing will be written."])
    if documents:
        parts.append(f"{documents} documents to store")
    if signatures:
        parts.append(f"{signatures} to sign")
    return "; ".join([*parts, f"{tags} tags to move."])


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return the plan for programs."""
    return {"to": plan.destination, "done": plan.is_done, "packages": list(map(_step_data, plan.steps))}


def _step_data(step: PublishStep) -> dict[str, Any]:
    return {
        "id": step.release.id,
        "version": step.release.version,
        "variant": step.release.variant,
        "reference": step.reference,
        "action": step.action.value,
        "digest": step.release.digest,
        "published": step.published,
        "platforms": list(step.release.tree.platforms),
        "differences": list(step.differences),
        "blobs": [
            {
                "digest": one.blob.digest,
                "size": one.blob.size,
                "transfer": one.transfer.name.lower(),
                "from": one.origin,
            }
            for one in step.blobs
        ],
        "tags": [
            {"tag": tag.name, "state": tag.state.value, "from": tag.was, "newer": tag.because}
            for tag in step.tags
        ],
        "attachments": [
            {"name": one.kind.label, "type": one.kind.media_type, "digest": one.manifest.digest}
            for one in step.attachments
        ],
        "signature": step.signing.value,
        "notes": list(step.release.notes),
    }


def result_table(results: Sequence[Result]) -> str:
    """Return the results as a table for people."""
    rows = [("REFERENCE", "STATE", "TAGS MOVED", "DIGEST")]
    rows += [
        (result.step.reference, _state(result), ", ".join(result.moved) or "none", result.root.digest)
        for result in results
    ]
    return columns(rows)


def _state(result: Result) -> str:
    if result.is_new:
        return "published"
    changed = result.pushed.blobs or result.attached or result.signed
    return "completed" if changed else "done already"


def signing_line(results: Sequence[Result], signer: Signer) -> str:
    """Return whether what was published is signed, and why it is not."""
    if signer.unsigned:
        return f"not signed: {signer.unsigned}\n"
    now = sum(result.signed for result in results)
    return f"signed: {now} now, {len(results) - now} before\n"


def refusal_lines(results: Sequence[Result]) -> str:
    """Return which moving tags the registry refuses to move, and what to do about it."""
    refused = [
        f"warning: {result.step.store.name}: the registry refuses to move {', '.join(result.refused)}\n"
        for result in results
        if result.refused
    ]
    advice = (
        "Its tags are immutable: choose which ones move, moving-tags in [tool.buildpack-release.publish].\n"
    )
    return "".join([*refused, advice]) if refused else ""


def result_data(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the results for programs."""
    return [
        {
            "id": result.step.release.id,
            "version": result.step.release.version,
            "variant": result.step.release.variant,
            "reference": result.step.reference,
            "digest": result.root.digest,
            "state": _state(result),
            "moved": list(result.moved),
            "refused": list(result.refused),
            "attached": list(result.attached),
            "signed": result.signed or result.step.signing is Signing.SIGNED,
            "blobs": {digest: outcome.value for digest, outcome in sorted(result.pushed.blobs.items())},
        }
        for result in results
    ]


def verified_table(verified: Sequence[Verified]) -> str:
    """Return what was read back for people, the problems below."""
    rows = [("REFERENCE", "PLATFORMS", "BLOBS", "SIZE", "SIGNATURE", "STATE", "DIGEST")]
    rows += [
        (
            one.reference,
            ", ".join(one.platforms) or "-",
            str(one.blobs),
            size(one.size),
            one.signature.value,
            "not right" if one.problems else "good",
            one.digest or "-",
        )
        for one in verified
    ]
    problems = [f"{one.reference}: {text}\n" for one in verified for text in one.problems]
    return columns(rows) + "".join(problems)


def not_checked(verified: Sequence[Verified]) -> str:
    """Return that signatures are there and nobody was asked for, if that is so."""
    if all(one.signature is not Signature.STORED for one in verified):
        return ""
    return "\nSignatures are stored, and not checked: --key or --identity says whose they have to be."


def verified_data(verified: Sequence[Verified]) -> list[dict[str, Any]]:
    """Return what was read back for programs."""
    return [
        {
            "id": one.expected.id,
            "version": one.expected.version,
            "variant": one.expected.variant,
            "reference": one.reference,
            "digest": one.digest,
            "platforms": list(one.platforms),
            "blobs": one.blobs,
            "size": one.size,
            "signature": one.signature.value,
            "problems": list(one.problems),
        }
        for one in verified
    ]


def next_command(to: str, results: Sequence[Result]) -> str:
    """Return the command to go on with."""
    last = results[-1]
    if to.startswith("oci:"):
        # Not skopeo copy or crane: they leave behind what is beside images, SBOM and provenance.
        moving = (tag.name for tag in last.step.tags if tag.state is not TagState.STAYS)
        tags = [last.step.release.tag, *moving]
        source = shlex.quote(last.step.reference.removeprefix("oci:"))
        target = f"REGISTRY/NAMESPACE/{last.step.release.name}:{','.join(tags)}"
        return f"oras cp -r --from-oci-layout {source} {target}"
    variant = last.step.release.variant
    return f"inv publish.verify --to {to}{f' --variant {variant}' if variant else ''}"
