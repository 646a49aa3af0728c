"""Everything that the uv layer is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from buildpack_api.layers import LayerKey

RECIPE = "1"
"""Changes with what this buildpack puts into the layer."""


@dataclass(frozen=True)
class UvKey(LayerKey):
    """All inputs of the layer.

    uv is a program for one kind of machine: no Python matters, nor where the layer is. ``wheel_sha256`` is
    `supply.UNKNOWN` for an exact version from the index that nobody gave a SHA-256 for: an index does not
    replace a released file, so that it need not be asked again.
    """

    recipe: str = field(metadata={"label": "recipe of the buildpack"})
    uv: str
    wheel_sha256: str = field(metadata={"label": "wheel of uv"})
    target: str
