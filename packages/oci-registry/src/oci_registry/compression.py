"""The one way in which layers are compressed.

The bytes of a gzip stream are a property of the linked zlib, not of the level alone. So the compressor
counts as an input of every package, and content is compared by diff ID where machines may differ.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zlib import _Compress

_LEVEL = 6
_GZIP = 31  # zlib's wbits: a gzip header, which has no name and time 0
COMPRESSOR = f"zlib {zlib.ZLIB_RUNTIME_VERSION} level {_LEVEL}"
"""What the bytes of a compressed layer depend on, besides the archive in it."""


def gzip_compressor() -> _Compress:
    """Return a new compressor."""
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
