"""Everything that the pip layer is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from buildpack_api.layers import LayerKey

RECIPE = "1"
"""Changes with what this buildpack puts into the layer."""


@dataclass(frozen=True)
class PipKey(LayerKey):
    """All inputs of the layer.

    pip is pure Python and its byte code differs by minor only: neither architecture nor patch release
    matter. The interpreter's and the layer's place do, since scripts and byte code name them.
    ``wheel_sha256`` is `supply.UNKNOWN` for an exact version of the index if nobody gave it: an index does
    not replace a released file, so that it need not be asked again.
    """

    recipe: str = field(metadata={"label": "recipe of the buildpack"})
    pip: str
    wheel_sha256: str = field(metadata={"label": "wheel of pip"})
    python: str = field(metadata={"label": "Python"})
    interpreter: str
    path: str = field(metadata={"label": "place of the layer"})
