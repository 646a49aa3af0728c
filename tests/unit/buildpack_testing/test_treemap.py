"""A treemap must not lie: areas are sizes, nothing overlaps, nothing is missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_testing.treemap import Tile, treemap

_SIZES = st.lists(st.integers(min_value=1, max_value=10**6), max_size=12).map(
    lambda sizes: sorted(sizes, reverse=True)
)


@given(_SIZES, st.sampled_from([Tile(0, 0, 16, 7), Tile(0, 0, 4, 5), Tile(2, 3, 1, 1)]))
def test_areas_are_sizes_and_tiles_fill_the_whole_without_overlap(sizes: list[int], whole: Tile) -> None:
    tiles = treemap(sizes, whole)
    assert len(tiles) == len(sizes)
    for size, tile in zip(sizes, tiles, strict=True):
        share = tile.width * tile.height / (whole.width * whole.height)
        assert share == pytest.approx(size / sum(sizes), rel=1e-6)
        assert tile.left >= whole.left - 1e-9
        assert tile.top >= whole.top - 1e-9
        assert tile.left + tile.width <= whole.left + whole.width + 1e-9
        assert tile.top + tile.height <= whole.top + whole.height + 1e-9
    for number, one in enumerate(tiles):
        for other in tiles[number + 1 :]:
            across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
            down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
            assert min(across, down) < 1e-9


def test_tiles_are_as_square_as_they_can_be() -> None:
    """The example of the algorithm's authors."""
    tiles = treemap([6, 6, 4, 3, 2, 2, 1], Tile(0, 0, 6, 4))
    assert [(round(one.width, 2), round(one.height, 2)) for one in tiles] == [
        *((3, 2), (3, 2), (1.71, 2.33), (1.29, 2.33), (1.2, 1.67), (1.2, 1.67), (0.6, 1.67))
    ]
