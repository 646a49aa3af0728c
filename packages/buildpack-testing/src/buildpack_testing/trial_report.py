"""What is told of a build and its image in a report for people; `trial_page` makes a page of it.

All texts are as they are shown: without secrets, in a container's paths, and nothing in them drives anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_json
from buildpack_common.redaction import HIDDEN, redact
from buildpack_common.terminal_text import printable
from buildpack_release.images.image_bom import BomPackage, listed_packages
from buildpack_testing.build_report import (
    container_paths,
    environment_rows,
    may_be_secret,
    plan_lines,
    process_rows,
)
from oci_registry.content import json_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from buildpack_api.layers import LayerTypes
    from buildpack_testing.export_phase import LayerResult
    from buildpack_testing.launched_process import ImageFileSystem
    from buildpack_testing.platform import BuildResult
    from buildpack_testing.workspace import Workspace

_SHOWN = 80  # characters of a value that has changed
_MOST = 20  # changes in a list


@dataclass(frozen=True)
class ReportedLayer:
    """A layer: bytes in its files, number of files, whether it was reused, and why it was or was not.

    inputs are the metadata that it was made from: names and values.
    """

    buildpack: str
    name: str
    size: int
    files: int
    types: LayerTypes
    diff_id: str
    reused: bool
    reasons: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReportedPackage:
    """What a bill of materials of a layer lists; in_image: the layer is one of the image's."""

    name: str
    version: str
    purl: str
    buildpack: str
    layer: str
    in_image: bool


@dataclass(frozen=True)
class ReportedBuildpack:
    """A buildpack's part in the build: seconds, and what it printed."""

    id: str
    version: str
    seconds: float
    log: str


@dataclass(frozen=True)
class TrialReport:
    """A build and what came of it. seconds are those of each phase, image_size is in bytes.

    environment has names and values at launch, processes types and command lines; start tells what came of
    starting the image, and is empty if it was not started.
    """

    app: str
    plan: tuple[str, ...]
    layers: tuple[ReportedLayer, ...]
    image_size: int
    packages: tuple[ReportedPackage, ...]
    seconds: Mapping[str, float]
    buildpacks: tuple[ReportedBuildpack, ...]
    environment: tuple[tuple[str, str], ...]
    processes: tuple[tuple[str, str], ...]
    start: tuple[str, ...] = ()


def report_trial(
    app: str, result: BuildResult, container: ImageFileSystem, start: Iterable[str] = ()
) -> TrialReport:
    """Report a build of an app, its image and what came of starting it."""
    shown = _Shown(container.workspace)
    base = container.start_environment
    environment = environment_rows(container.environment(), base, container.workspace)
    return TrialReport(
        app=shown.text(app),
        plan=tuple(map(shown.text, plan_lines(result.detection))),
        layers=tuple(_layer(one, shown) for one in result.layers),
        image_size=result.image_size,
        packages=tuple(_packages(result, shown)),
        seconds=dict(result.seconds),
        buildpacks=tuple(
            ReportedBuildpack(run.id, run.version, run.seconds, shown.text(run.printed))
            for run in result.runs
        ),
        environment=tuple((shown.text(name), shown.text(value)) for name, value in environment),
        processes=tuple((shown.text(kind), shown.text(line)) for kind, line in process_rows(container.image)),
        start=tuple(map(shown.text, start)),
    )


@dataclass(frozen=True)
class _Shown:
    workspace: Workspace

    def text(self, text: str) -> str:
        return printable(container_paths(redact(text), self.workspace))

    def value(self, value: object) -> str:
        """Return a value of a layer's metadata."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float) and value.is_integer():
            return str(int(value))  # numbers come back from an image as floats
        if isinstance(value, list):
            return ", ".join(map(self.value, value)) or "none"
        return self.text(str(value)) or "none"


def _layer(layer: LayerResult, shown: _Shown) -> ReportedLayer:
    return ReportedLayer(
        layer.buildpack,
        shown.text(layer.name),
        layer.size,
        layer.files,
        layer.types,
        layer.diff_id,
        layer.reused,
        tuple(_reasons(layer, shown)),
        tuple(
            (shown.text(name), HIDDEN if may_be_secret(name) else shown.value(value))
            for name, value in sorted(layer.metadata.items())
        ),
    )


def _reasons(layer: LayerResult, shown: _Shown) -> Sequence[str]:
    """Return why a layer is what it was, or why it is not."""
    previous = layer.previous
    if previous is None:
        return ["no earlier build has left such a layer"]
    changed = [
        f"{shown.text(name)}: {_change(name, previous.get(name), layer.metadata.get(name), shown)}"
        for name in sorted(previous.keys() | layer.metadata.keys())
        if previous.get(name) != layer.metadata.get(name)
    ]
    if changed:
        return changed
    same = "its inputs are the same as before"
    if layer.reused:
        return [same]
    other = "its contents differ" if layer.restored else "its contents are not kept between builds"
    return [f"{same}, but {other}"]


def _change(name: str, old: object, new: object, shown: _Shown) -> str:
    if may_be_secret(name):
        return "changed"
    if isinstance(old, list) and isinstance(new, list):
        removed = [f"-{shown.value(one)}" for one in old if one not in new]
        added = [f"+{shown.value(one)}" for one in new if one not in old]
        changes = [*removed, *added]
        more = [f"and {len(changes) - _MOST} more"] if len(changes) > _MOST else []
        return ", ".join([*changes[:_MOST], *more]) or "in another order"
    return " → ".join("none" if one is None else _cut(shown.value(one)) for one in (old, new))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _packages(result: BuildResult, shown: _Shown) -> Iterable[ReportedPackage]:
    """Yield what the CycloneDX documents of all layers list, those of the image first."""
    launch = {(layer.buildpack, layer.name): layer.types.launch for layer in result.layers}
    found = [
        (launch[run.id, layer.name], run.id, layer.name, package)
        for run in result.runs
        for layer in run.output.layers
        for package in _listed(layer.sboms.get("cdx.json", ""))
    ]
    for in_image, buildpack, layer_name, one in sorted(found, key=lambda row: (not row[0], *row[1:])):
        name, version, purl = map(shown.text, (one.name, one.version, one.purl))
        yield ReportedPackage(name, version, purl, buildpack, layer_name, in_image)


def _listed(document: str) -> Iterable[BomPackage]:
    """Return the components of a CycloneDX document; none if it cannot be read: other tools refuse it."""
    try:
        return list(listed_packages("", json_object(parse_json(document)))) if document else []
    except ValueError:
        return []
