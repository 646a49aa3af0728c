"""The stores of a destination, by the names of the packages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.publish.layout_store import LayoutStore
from buildpack_release.publish.registry_store import RegistryStore

if TYPE_CHECKING:
    from buildpack_release.publish.destination import Destination
    from buildpack_release.publish.image_store import ImageStore
    from oci_registry.remote.registries import Registries


def store_of(destination: Destination, name: str, registries: Registries) -> ImageStore:
    """Give the store for the packages of a name; nothing is asked or written yet."""
    if isinstance(destination, Path):
        return LayoutStore(destination / name)
    return RegistryStore(registries.repository(destination.child(name)))
