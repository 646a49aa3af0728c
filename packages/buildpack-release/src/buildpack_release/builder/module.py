"""A buildpack as it is in a builder: what the label of its package says, and its layer.

Source: the label `io.buildpacks.buildpack.layers` (Distribution API 0.3, "Buildpackage"), which packages and
builders have alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import CheckFailed
from buildpack_release.model.buildpack_descriptor import OrderEntry, id_fault
from buildpack_release.model.targets import DeclaredTarget, Distro

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_release.builder.source_image import SourceImage
    from buildpack_release.model.order import Order
    from oci_registry.layer import ImageLayer

LAYERS_LABEL = "io.buildpacks.buildpack.layers"
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]*")


@dataclass(frozen=True)
class Module:
    """A buildpack in a package. `entry` is what the label says, in full; `package` is for messages."""

    id: str
    version: str
    entry: Mapping[str, Any] = field(repr=False, compare=False)
    layer: ImageLayer
    package: str = field(compare=False)

    @property
    def api(self) -> str:
        """The Buildpack API."""
        return str(self.entry["api"])

    @property
    def order(self) -> Order:
        """The order of a composite; empty for a component."""
        return tuple(
            tuple(map(_order_entry, _dicts(group, "group"))) for group in _dicts(self.entry, "order")
        )

    @property
    def targets(self) -> tuple[DeclaredTarget, ...]:
        """What a component is for; nothing means everything."""
        return tuple(map(_target, _dicts(self.entry, "targets")))

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that an older component is for."""
        return tuple(str(stack.get("id", "")) for stack in _dicts(self.entry, "stacks"))

    @property
    def folder(self) -> str:
        """Where its files are in the builder."""
        return f"/cnb/buildpacks/{self.id.replace('/', '_')}/{self.version}"

    def info(self) -> dict[str, str]:
        """Return what the list of buildpacks in the builder's label says."""
        optional = {key: str(self.entry[key]) for key in ("name", "homepage") if self.entry.get(key)}
        return {"id": self.id, "version": self.version, **optional}

    def __str__(self) -> str:
        return f"{self.id}@{self.version}"


def read_modules(image: SourceImage) -> tuple[Module, ...]:
    """Read the buildpacks of a package, sorted. Raises CheckFailed for a package that is not sound."""
    label = image.json_label(LAYERS_LABEL)
    if not isinstance(label, dict) or not label:
        raise CheckFailed(f"{image.name} is no buildpackage: it has no label {LAYERS_LABEL}")
    layers = {layer.diff_id: layer for layer in image.layers}
    modules = [
        _module(str(id_), str(version), entry, layers, image.name)
        for id_, versions in label.items()
        for version, entry in (versions.items() if isinstance(versions, dict) else ())
    ]
    return tuple(sorted(modules, key=str))


def _module(id_: str, version: str, entry: object, layers: Mapping[str, ImageLayer], package: str) -> Module:
    if (fault := id_fault(id_)) or not _VERSION.fullmatch(version):
        raise CheckFailed(
            f"{package} holds {id_}@{version}, which is no buildpack",
            detail=f"The id {fault}." if fault else "The version could not be a directory name.",
        )
    if not isinstance(entry, dict) or not entry.get("api"):
        raise CheckFailed(f"{package} does not say which Buildpack API {id_}@{version} is written for")
    diff_id = str(entry.get("layerDiffID"))
    if diff_id not in layers:
        raise CheckFailed(
            f"the layer of {id_}@{version} is not in {package}", detail=f"It would be {diff_id}."
        )
    return Module(id_, version, entry, layers[diff_id], package)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(entry: Mapping[str, Any], key: str) -> Iterator[dict[str, Any]]:
    return (one for one in _list(entry.get(key)) if isinstance(one, dict))


def _order_entry(value: Mapping[str, Any]) -> OrderEntry:
    return OrderEntry(
        str(value.get("id", "")), str(value.get("version", "")), bool(value.get("optional", False))
    )


def _target(value: Mapping[str, Any]) -> DeclaredTarget:
    os, arch, variant = (str(value.get(key) or "") for key in ("os", "arch", "variant"))
    distros = (
        Distro(str(one.get("name") or ""), str(one.get("version") or "")) for one in _dicts(value, "distros")
    )
    return DeclaredTarget(os, arch, variant, tuple(distros))
