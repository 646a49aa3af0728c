"""Names that a buildpack gives to layers and processes (Buildpack API 0.10, 'launch.toml' and 'Layers').

The names are chosen by the buildpack's author, so a bad one is a `ValueError`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LAYER = re.compile(r"[A-Za-z0-9_-]+")
_PROCESS_TYPE = r"[A-Za-z0-9._-]+"
_RESERVED = frozenset({"build", "launch", "store"})


def check_layer_name(name: str, others: Iterable[str] = ()) -> str:
    """Return ``name`` if it may be a layer beside ``others``, else raise ValueError.

    Refused are dots (the lifecycle would lose the SBOM), the stems of build.toml, launch.toml and store.toml,
    and ``x`` beside ``x-...``: build sorts ``x-y.toml`` before ``x.toml``, launch ``x`` before ``x-y``, so
    the two would take turns on PATH.
    """
    if not _LAYER.fullmatch(name):
        raise ValueError(f"layer name {name!r}: only letters, digits, '_' and '-' are allowed")
    if name in _RESERVED:
        raise ValueError(f"layer name {name!r} is reserved: {name}.toml means something else")
    for other in others:
        short, long = sorted((name, other), key=len)
        if long.startswith(f"{short}-"):
            raise ValueError(f"layers {short!r} and {long!r}: build and launch would order them differently")
    return name


def check_process_type(name: str) -> str:
    """Return ``name`` if the specification allows it as a process type, else raise ValueError."""
    if not re.fullmatch(_PROCESS_TYPE, name) or name in {".", ".."}:
        raise ValueError(f"process type {name!r}: only letters, digits, '.', '_' and '-' are allowed")
    return name
