"""The decision whether a restored environment is what a new installation would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app_venv.evidence.resolution import InstallationResolution
    from app_venv.inputs.pinning import PinnedInputs
    from buildpack_api.layers import Layer


@dataclass(frozen=True)
class Decision:
    """``reasons`` against reuse, empty if there was nothing to reuse. ``proof`` says why reuse is right."""

    reuse: bool
    reasons: tuple[str, ...] = ()
    proof: str = ""


def decide(
    layer: Layer,
    inputs: PinnedInputs,
    before: InstallationResolution,
    *,
    works: Callable[[], bool],
    resolve: Callable[[], InstallationResolution],
    build_changes: Callable[[], tuple[str, ...]] = tuple,
    patch_changes: Callable[[], tuple[str, ...]] = tuple,
    lost_layers: Callable[[], tuple[str, ...]] = tuple,
) -> Decision:
    """Decide; the environment is tried and pip asked again only if nothing else speaks against reuse.

    ``before`` is what pip chose when the environment was made. ``build_changes`` says how the environment of
    build backends differs from the one then, which counts if anything was built from source, and
    ``patch_changes`` which conditions this patch of Python answers in another way than the one then.
    ``lost_layers`` says which layers it has links into that will not be there.
    """
    if not layer.restored:
        return Decision(reuse=False)
    if layer.reasons or before.unprovable or not inputs.proved_when_kept:
        never = tuple(f"{line}, so it is always installed anew" for line in inputs.unprovable)
        if layer.reasons or never:
            return Decision(reuse=False, reasons=(*layer.reasons, *never))
    changes = build_changes() if before.built else ()
    if changes:
        built = ", ".join(before.built)
        return Decision(reuse=False, reasons=tuple(f"{one}; built from source: {built}" for one in changes))
    others = patch_changes() or lost_layers()
    if others:
        return Decision(reuse=False, reasons=others)
    if not works():
        return Decision(reuse=False, reasons=("its Python does not start",))
    proof = _proof(inputs)
    return Decision(reuse=True, proof=proof) if proof else _compare(before, resolve())


def _proof(inputs: PinnedInputs) -> str:
    """Return why the inputs alone prove that reuse is right, or ''."""
    if inputs.empty:
        return "there is nothing to install"
    return "all requirements have an exact version and a hash" if inputs.locked else ""


def _compare(before: InstallationResolution, now: InstallationResolution) -> Decision:
    unknown = tuple(
        f"{name} comes from a directory or a version control system, so it is always installed anew"
        for name in now.unprovable
    )
    reasons = before.changes_to(now) + unknown
    if reasons:
        return Decision(reuse=False, reasons=reasons)
    return Decision(reuse=True, proof="pip would choose the same files today")
