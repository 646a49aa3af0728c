"""A treemap: rectangles whose areas are sizes, as near to squares as they can be.

The algorithm is that of "Squarified Treemaps" (Bruls, Huizing, van Wijk, 2000): rows are filled along the
shorter side for as long as that makes the worst of their rectangles more of a square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Tile:
    """A rectangle, in the unit of the whole it is a part of."""

    left: float
    top: float
    width: float
    height: float


def treemap(sizes: Sequence[float], whole: Tile) -> list[Tile]:
    """Return a tile for each size, in their order; the sizes are positive, the largest first."""
    tiles: list[Tile] = []
    left = list(sizes)
    while left:
        scale = whole.width * whole.height / sum(left)
        side = min(whole.width, whole.height)
        count = 1
        while count < len(left) and _worst(left[: count + 1], side, scale) <= _worst(
            left[:count], side, scale
        ):
            count += 1
        row, whole = _cut_off(left[:count], whole, scale)
        tiles += row
        left = left[count:]
    return tiles


def _worst(row: Sequence[float], side: float, scale: float) -> float:
    """Return how far from a square the worst rectangle of a row along a side is; 1 is a square."""
    depth = sum(row) * scale / side
    lengths = [size * scale / depth for size in row]
    return max(max(length / depth, depth / length) for length in lengths)


def _cut_off(row: Sequence[float], whole: Tile, scale: float) -> tuple[list[Tile], Tile]:
    """Return the tiles of a row along the shorter side of a rectangle, and what is left of that."""
    tiles, at, upright = [], 0.0, whole.width >= whole.height
    depth = sum(row) * scale / min(whole.width, whole.height)
    for size in row:
        length = size * scale / depth
        if upright:
            tiles.append(Tile(whole.left, whole.top + at, depth, length))
        else:
            tiles.append(Tile(whole.left + at, whole.top, length, depth))
        at += length
    if upright:
        return tiles, Tile(whole.left + depth, whole.top, whole.width - depth, whole.height)
    return tiles, Tile(whole.left, whole.top + depth, whole.width, whole.height - depth)
