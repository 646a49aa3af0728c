"""The decision whether a restored environment is what a new installation would give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.resolution import Resolution, read_record
from buildpack_api import toml
from buildpack_api.errors import BuildpackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app_venv.inputs.evidence import Inputs
    from buildpack_api.layers import Layer


@dataclass(frozen=True)
class Decision:
    """``reasons`` against reuse, empty if there was nothing to reuse. ``proof`` says why reuse is right."""

    reuse: bool
    reasons: tuple[str, ...] = ()
    proof: str = ""


def decide(
    layer: Layer,
    inputs: Inputs,
    *,
    works: Callable[[], bool],
    resolve: Callable[[], Resolution],
) -> Decision:
    """Decide; the environment is tried and pip asked again only if nothing else speaks against reuse."""
    if not layer.restored:
        return Decision(reuse=False)
    never = tuple(f"{line}, so it is always installed anew" for line in inputs.unprovable)
    if layer.reasons or never:
        return Decision(reuse=False, reasons=(*layer.reasons, *never))
    if not works():
        return Decision(reuse=False, reasons=("its Python does not start",))
    if inputs.locked:
        return Decision(reuse=True, proof="all requirements have an exact version and a hash")
    return _compare(read_record(recorded(layer.path, "packages")), resolve())


def recorded(layer_path: Path, name: str) -> tuple[str, ...]:
    """Return what the restored metadata have under ``name``, a list of texts; nothing if there is none.

    For what came out of a build. The key of the new build takes it over, so that comparing keys tells about
    all that went in.
    """
    try:
        metadata = toml.load(layer_path.with_name(f"{layer_path.name}.toml")).get("metadata", {})
    except BuildpackError:
        return ()
    found = metadata.get(name, []) if isinstance(metadata, dict) else []
    return tuple(text for text in found if isinstance(text, str)) if isinstance(found, list) else ()


def _compare(before: Resolution, now: Resolution) -> Decision:
    unknown = tuple(
        f"{name} comes from a directory or a version control system, so it is always installed anew"
        for name in now.unprovable
    )
    reasons = before.changes_to(now) + unknown
    if reasons:
        return Decision(reuse=False, reasons=reasons)
    return Decision(reuse=True, proof="pip would choose the same files today")
