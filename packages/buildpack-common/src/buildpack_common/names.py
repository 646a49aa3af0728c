"""Names of distributions: which there may be, in what form they are compared, and as package URLs."""

from __future__ import annotations

import re


def normalise(name: str) -> str:
    """Return a project, extra or dependency group in its normal form (PyPA specification 'Names')."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_name(text: str) -> bool:
    """Whether a project or an extra may be called so (PyPA specification 'Names')."""
    return re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", text) is not None


def pypi_purl(name: str, version: str) -> str:
    """Return the package URL of a release (purl specification, type ``pypi``)."""
    from urllib.parse import quote  # only for bills of materials

    return f"pkg:pypi/{normalise(name)}@{quote(version, safe='.-_~')}"
