"""Names of projects, extras and groups (packaging specifications, 'Names and normalization')."""

from __future__ import annotations

import re


def is_name(text: str) -> bool:
    """Whether a project or an extra may be called so."""
    return re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", text) is not None
