"""What patching would do or has done, as tables for people and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_release.images.patch_plan import PatchState, states
from buildpack_release.text import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from buildpack_release.images.patch import PatchResult
    from buildpack_release.images.patch_plan import PlannedPatch, PlatformPatch
    from buildpack_release.images.patch_undo import PlannedUndo

NOT_CARRIED = (
    "Signatures and documents about the old images do not carry over to the new ones: sign anew with --sign."
)

TAKEN_BACK = (
    "A builder whose catalogue does not have the new patch takes Python back at an app's next build: release"
    " the catalogue and the builder as well."
)


def plan_text(plan: Sequence[PlannedPatch]) -> str:
    """Return a table with what is done to each image and why, and a line that sums up."""
    rows: list[tuple[str, ...]] = [("IMAGE", "PLATFORM", "PYTHON", "NEW", "PLAN", "WHY")]
    for one in plan:
        if one.fault is not None:
            rows.append((one.place.name, "", "", "", one.state.value, one.fault.title))
        rows += [_row(one, image) for image in one.images]
    notes = [f"{one.place.name}: {note}\n" for one in plan for note in _notes(one)]
    return f"{columns(rows)}{''.join(notes)}\n{counted(plan)}\n"


def _row(one: PlannedPatch, image: PlatformPatch) -> tuple[str, ...]:
    state = image.state.value
    why = "; ".join(image.reasons)
    if image.state is PatchState.PATCH and one.state is PatchState.REFUSED:
        state, why = PatchState.REFUSED.value, "another image of the index is refused"
    if one.kept:
        state, why = PatchState.KEPT.value, one.kept
    return (one.place.name, image.platform, image.old or "-", image.new or "-", state, why)


def _notes(one: PlannedPatch) -> Iterator[str]:
    yield from one.notes
    for image in one.images:
        if image.state is not PatchState.REFUSED:
            yield from image.warnings


def counted(plan: Sequence[PlannedPatch]) -> str:
    """Return how many references are in each state."""
    return ", ".join(f"{count} {state.value}" for state, count in states(plan)) or "no image"


def plan_data(plan: Sequence[PlannedPatch], results: Sequence[PatchResult] = ()) -> dict[str, Any]:
    """Return the plan, and what became of it, as data for JSON."""
    done = {id(one.planned): one for one in results}
    return {
        "images": [_data(one, done.get(id(one))) for one in plan],
        "summary": {state.value: count for state, count in states(plan)},
    }


def _data(one: PlannedPatch, result: PatchResult | None) -> dict[str, Any]:
    done: dict[str, Any] = {}
    if result is not None:
        done = {"done": result.fault is None, "digest": result.digest or None, "tag": result.tag or None}
        done["error"] = result.fault.title if result.fault else None
    return {
        "image": one.place.name,
        "plan": one.state.value,
        "old": one.root.digest if one.root else None,
        "new": one.new_root.digest if one.new_root else None,
        "error": one.fault.title if one.fault else None,
        "kept": one.kept or None,
        "notes": list(one.notes),
        "platforms": [
            {
                "platform": image.platform,
                "plan": image.state.value,
                "python": image.old or None,
                "new-python": image.new or None,
                "old-layer": image.old_layer or None,
                "new-layer": image.runtime.diff_id if image.runtime else None,
                "reasons": list(image.reasons),
                "warnings": list(image.warnings),
            }
            for image in one.images
        ],
        **done,
    }


def undo_text(plan: Sequence[PlannedUndo]) -> str:
    """Return a table with where each image goes back to."""
    rows = [("IMAGE", "NOW", "BACK TO", "WHY NOT")]
    rows += [
        (
            one.place.name,
            one.patched.digest if one.patched else "-",
            one.before.digest if one.before else "-",
            one.reason,
        )
        for one in plan
    ]
    return columns(rows)
