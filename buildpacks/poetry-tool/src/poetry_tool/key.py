"""Everything that the Poetry layer is made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_api.layers import LayerKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_common.tool_sets import SetWheel

RECIPE = "1"
"""Changes with what this buildpack puts into the layer."""


@dataclass(frozen=True)
class PoetryKey(LayerKey):
    """All inputs of the layer.

    ``wheels`` are those for this Python and machine (`wheels_digest`). Byte code differs by minor only, but
    the command names the interpreter and the layer's place.
    """

    recipe: str = field(metadata={"label": "recipe of the buildpack"})
    poetry: str = field(metadata={"label": "Poetry"})
    wheels: str = field(metadata={"label": "wheels of Poetry and what it needs"})
    python: str = field(metadata={"label": "Python"})
    interpreter: str
    path: str = field(metadata={"label": "place of the layer"})


def wheels_digest(wheels: Iterable[SetWheel]) -> str:
    """Return a digest of names and contents."""
    lines = sorted(f"{one.sha256}  {one.file}\n" for one in wheels)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
