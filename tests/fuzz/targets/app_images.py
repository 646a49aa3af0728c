"""Images that somebody else has built: labels and layers that are to be shown, and patched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from buildpack_common.parsing import parse_json
from buildpack_release.images.app_image import BUILD_LABEL, LIFECYCLE_LABEL, AppImage
from buildpack_release.images.bom_layer import BomLayer
from buildpack_release.images.exchange import exchange, is_exchange
from buildpack_release.images.exported_layer import LayerPlace
from buildpack_release.images.image_bom import read_packages
from buildpack_release.images.known_runtime import KnownRuntime
from buildpack_release.images.patch_rules import Verdict, judge_records
from buildpack_release.images.runtime_layer import order_like
from fuzz.targets.common import Target
from oci_registry.content import json_object, sha256
from oci_registry.errors import ExpectedError
from oci_registry.layout import LayoutStore
from oci_registry.reading import ReadImage, read_image
from oci_registry.store import StoredBlob
from support.app_images import LOCATION, AppShape, bom, python_data

if TYPE_CHECKING:
    import random
    from pathlib import Path

_NEW = "3.13.1"
_LAYERS = ("python", "sbom")


class AppImages(Target):
    """It is shown, and patched or refused; what it says costs nothing but its own size."""

    name = "app-images"
    expected = (ExpectedError,)
    tokens = (
        *(
            b'"sha":',
            b'"launch":true',
            b'"layers":{}',
            b'"data":[]',
            b'"buildpacks":[]',
            b'"topLayer":"',
            b"null",
            b"\\ud800",
            b"\\u0000",
        ),
        *(
            b'"constraints":["x: ==3.*"]',
            b'"conditions":["os_name"]',
            b'"made_by":["3.13.0"]',
            b"3.13.0",
            b"{",
            b"[",
        ),
        *(b"ustar\x0000", b"77777777777\x00", b"\0" * 512, b"/layers/sbom/launch/", b"x", b"g", b"L", b"S"),
    )

    def __init__(self) -> None:
        shape = AppShape()
        self.seeds = [
            {
                "lifecycle.json": json.dumps(shape.metadata).encode(),
                "build.json": json.dumps(shape.build).encode(),
                **{f"{name}.tar": shape.layers[name] for name in _LAYERS},
            }
        ]
        self._digests = {name: shape.diff_id(name).encode() for name in _LAYERS}

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Write a layout with the image, mostly with digests that fit, and look after it."""
        archives = {name: files.get(f"{name}.tar", b"") for name in _LAYERS}
        label = files.get("lifecycle.json", b"")
        if rng.random() < 0.9:
            for name, archive in archives.items():
                label = label.replace(self._digests[name], sha256(archive).encode())
        labels = {
            LIFECYCLE_LABEL: label.decode("utf-8", "replace"),
            BUILD_LABEL: files.get("build.json", b"").decode("utf-8", "replace"),
        }
        content = AppShape(archives=archives, labels=labels).content()
        layout = LayoutStore(place / "layout")
        layout.push(content, mounts={}, progress=lambda *_: None)
        app = AppImage(read_image(layout, content.root))
        packages = read_packages(layout, app)
        boms = BomLayer.read(layout, app)
        return packages, [
            self._patched(layout, app, number, boms) for number in range(len(app.buildpack_layers))
        ]

    def _patched(self, layout: LayoutStore, app: AppImage, number: int, boms: BomLayer | None) -> object:
        layer, verdict = app.buildpack_layers[number], Verdict()
        judge_records(app, layer, _NEW, verdict)
        if verdict.refusals:
            return verdict
        blob = app.image.manifest.layers[0]
        usual = LayerPlace.usual(LOCATION, 1000, 1000)
        new = KnownRuntime(
            python_data(_NEW),
            sha256(b"new"),
            usual,
            StoredBlob.of(blob, layout),
            {"sbom.cdx.json": bom()},
            layout,
        )
        order = order_like(layout, app, layer, _NEW)
        made = exchange(app, layer, new, boms)
        config = json_object(parse_json(b"".join(made.config.pieces())))
        if not is_exchange(AppImage(ReadImage(made.manifest, config)), app):
            raise AssertionError("whoever goes back from this patch would be told that more was changed")
        return order, made.manifest.digest
