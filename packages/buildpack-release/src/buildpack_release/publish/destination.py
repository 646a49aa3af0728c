"""Where packages are published to, as the option `--to` says it, and the stores there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from buildpack_release.errors import UsageError
from oci_registry.layout import LayoutStore
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from oci_registry.remote.registries import Registries
    from oci_registry.store import Store

# A namespace of a registry, or a directory that gets one OCI layout for each package.
Destination: TypeAlias = "Reference | Path"
LAYOUTS = "oci:"
_ADVICE = "Write --to REGISTRY/NAMESPACE, for example localhost:5000/strata, or --to oci:DIRECTORY."


def parse_destination(text: str) -> Destination:
    """Read `REGISTRY/NAMESPACE` or `oci:DIRECTORY`.

    Raises UsageError (InvalidReferenceError) if it is neither, or names a tag or digest: those are given by
    the versions of the packages.
    """
    if not text.strip():
        raise UsageError("it is not said where to publish to", advice=_ADVICE)
    if text.startswith(LAYOUTS):
        return _directory(text.removeprefix(LAYOUTS))
    if "://" in text:
        raise UsageError(f"{text.partition('://')[0]}:// does not belong there", advice=_ADVICE)
    if "/" not in text.strip("/"):
        raise UsageError(f'"{text}" is not a registry with a namespace', advice=_ADVICE)
    reference = Reference.parse_namespace(text.rstrip("/"))
    if reference.target is not None:
        raise UsageError(
            f"a namespace has no tag and no digest: {text}",
            detail="The version of each package becomes its tag.",
            advice=f"Write --to {reference.name}.",
        )
    return reference


def _directory(text: str) -> Path:
    if not text:
        raise UsageError("the directory after oci: is missing", advice=_ADVICE)
    return Path(text)


def shown(destination: Destination) -> str:
    """Return a destination as the option says it."""
    return f"{LAYOUTS}{destination}" if isinstance(destination, Path) else destination.name


def store_of(destination: Destination, name: str, registries: Registries) -> Store:
    """Return the store for the packages of a name; nothing is asked or written yet."""
    if isinstance(destination, Path):
        return LayoutStore(destination / name)
    return registries.repository(destination.child(name))
