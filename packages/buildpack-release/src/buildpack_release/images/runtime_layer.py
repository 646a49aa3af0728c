"""Making the layer with Python as a build makes it: by the buildpack's own program, at its place in images.

What comes out is bit for bit what the lifecycle exports of it: the same diff ID.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_common.environment_variables import BUILD_PYTHON
from buildpack_common.parsing import parse_toml
from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.images.exported_layer import export_layer, read_place
from buildpack_release.images.private_root import run_with_folder
from buildpack_release.images.python_state import LAYER
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.packaging.assemble import assemble
from oci_registry.content import json_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from buildpack_release.images.app_image import AppImage, BuildpackLayer
    from buildpack_release.images.exported_layer import LayerPlace
    from buildpack_release.model.repository import Buildpack, Repository
    from oci_registry.layer import ImageLayer
    from oci_registry.store import Source

PLAN = '[[entries]]\nname = "python"\n[entries.metadata]\nbuild = true\nlaunch = true\n'
# How archives are found and trusted; nothing else of this machine's environment reaches the build.
_PASSED_ON = ("BP_DEPENDENCY_MIRROR", "BP_PYTHON_RUNTIMES", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")
DISTRO_NAME, DISTRO_VERSION = "io.buildpacks.base.distro.name", "io.buildpacks.base.distro.version"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class RuntimeOrder:
    """Which layer is wanted: a version, its target, what is kept of it, and its place in images.

    `distro` is name and version of the image's distribution, as far as they are known.
    """

    version: str
    target: DeclaredTarget
    place: LayerPlace
    keep: tuple[str, ...] = ()
    distro: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class MadeRuntime:
    """A layer that was made: by which buildpack, its metadata (the key), its bills of materials by name."""

    buildpack: str
    buildpack_version: str
    layer: ImageLayer
    data: Mapping[str, Any]
    boms: Mapping[str, bytes]
    order: RuntimeOrder = field(repr=False)


def order_like(
    store: Source, app: AppImage, layer: BuildpackLayer, version: str, place: LayerPlace | None = None
) -> RuntimeOrder:
    """Return the order of a layer that can stand in for that of an image: same target, place, owners.

    The place is read from the image's own layer, unless it is known.

    Raises CheckFailed if the image's own layer is not as the lifecycle writes one, RegistryError.
    """
    found = app.layer(layer.diff_id)
    if found is None:
        raise CheckFailed(f"{store.name}@{app.digest} has no layer {layer.diff_id}, which its label names")
    labels, config = app.image.labels, app.image.config
    target = DeclaredTarget(str(config.get("os", "")), str(config.get("architecture", "")))
    keep, distro = layer.texts("keep"), (labels.get(DISTRO_NAME, ""), labels.get(DISTRO_VERSION, ""))
    for text in (target.os, target.arch, *keep, *distro):  # they become variables of the build
        if not (text.isascii() and text.isprintable()):
            raise CheckFailed(f"its labels say {text!r}, which no build would have written")
    place = place or read_place(store, found.blob, layer.text("location"))
    return RuntimeOrder(version, target, place, keep, distro)


def make_runtime_layer(
    repository: Repository,
    buildpack: Buildpack,
    order: RuntimeOrder,
    scratch: Path,
    *,
    environ: Mapping[str, str] = os.environ,
    report: Callable[[str], None] = lambda _: None,
) -> MadeRuntime:
    """Build the layer once and write it into `scratch`, an empty folder that programs can be run from.

    Raises:
        CheckFailed: the buildpack made another layer than was wanted.
        MissingToolError: this machine cannot give the layer its place; see run_with_folder.
        ReleaseError: the build failed; `report` has got its words.
    """
    top, *rest = order.place.location.strip("/").split("/")
    if len(rest) < 2 or rest[-1] != LAYER:  # noqa: PLR2004  below the layers directory and the buildpack's
        raise CheckFailed(f"{order.place.location} is no place of a layer called {LAYER}")
    assembled = assemble(repository, buildpack, repository.root / "build", report=report).resolve()
    shown = scratch.resolve() / "shown"
    layers = shown.joinpath(*rest[:-1])
    for folder in (layers, scratch / "platform", scratch / "app"):
        folder.mkdir(parents=True)
    (scratch / "plan.toml").write_text(PLAN, "utf-8")
    layers_seen = order.place.location.rpartition("/")[0]
    command: list[str | Path] = [
        assembled / "bin/build",
        layers_seen,
        scratch / "platform",
        scratch / "plan.toml",
    ]
    variables = _environment(environ, order, assembled, scratch, layers_seen)
    report(f"Building Python {order.version} for {order.target} at {order.place.location}")
    try:
        run_with_folder(shown, top, command, environment=variables, report=report)
    except ReleaseError as error:
        if type(error) is not ReleaseError:
            raise
        said = f"{error.title}; what it said is above"
        raise ReleaseError(f"{buildpack.id} could not build the layer", detail=said) from None
    data = _metadata(layers / f"{LAYER}.toml", order)
    title = f"Python {order.version}, {buildpack.id} {buildpack.descriptor.version}"
    return MadeRuntime(
        buildpack.id,
        buildpack.descriptor.version,
        export_layer(layers / LAYER, order.place, scratch / "layer.tar.gz", title=title),
        data,
        {
            path.name.removeprefix(f"{LAYER}."): path.read_bytes()
            for path in sorted(layers.glob(f"{LAYER}.sbom.*.json"))
        },
        order,
    )


def _environment(
    environ: Mapping[str, str], order: RuntimeOrder, assembled: Path, scratch: Path, layers: str
) -> dict[str, str]:
    passed = {
        name: value
        for name, value in environ.items()
        if name.startswith(_PASSED_ON) or name.lower() in _PROXIES
    }
    distro = dict(zip(("CNB_TARGET_DISTRO_NAME", "CNB_TARGET_DISTRO_VERSION"), order.distro, strict=True))
    return {
        **passed,
        **{name: value for name, value in distro.items() if value},
        "PATH": _PATH,
        "HOME": os.fspath(scratch),
        "TMPDIR": os.fspath(scratch),
        BUILD_PYTHON.name: sys.executable,
        "CNB_TARGET_OS": order.target.os,
        "CNB_TARGET_ARCH": order.target.arch,
        "CNB_BUILDPACK_DIR": os.fspath(assembled),
        "CNB_LAYERS_DIR": layers,
        "CNB_PLATFORM_DIR": os.fspath(scratch / "platform"),
        "CNB_BP_PLAN_PATH": os.fspath(scratch / "plan.toml"),
        "BP_PYTHON_VERSION": order.version,
        "BP_PYTHON_KEEP": " ".join(order.keep),
    }


def _metadata(file: Path, order: RuntimeOrder) -> Mapping[str, Any]:
    data = json_object(parse_toml(file.read_text("utf-8")).get("metadata"))
    wanted = {"version": order.version, "arch": order.target.arch, "location": order.place.location}
    if other := {key: data.get(key) for key, value in wanted.items() if data.get(key) != value}:
        raise CheckFailed("another layer was made than was asked for", detail=f"{other}, not {wanted}")
    return data
