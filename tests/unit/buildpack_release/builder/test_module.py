from __future__ import annotations

import json
from typing import Any

import pytest

from buildpack_release.builder.module import read_modules
from buildpack_release.builder.source_image import SourceImage
from buildpack_release.errors import CheckFailed
from buildpack_release.model.buildpack_descriptor import OrderEntry
from buildpack_release.model.targets import DeclaredTarget, Distro
from oci_registry.blob_source import BlobSource
from oci_registry.content import Manifest
from oci_registry.layer import ImageLayer

DIFF_ID = "sha256:" + "1" * 64


def image(label: object) -> SourceImage:
    text = label if isinstance(label, str) else json.dumps(label)
    layer = ImageLayer("", BlobSource("sha256:" + "2" * 64, 1), DIFF_ID)
    labels = {"io.buildpacks.buildpack.layers": text}
    config = {"config": {"Labels": labels}}
    return SourceImage(Manifest("", b"{}"), config, name="the package", layers=(layer,))


def entry(**more: object) -> dict[str, object]:
    return {"api": "0.10", "layerDiffID": DIFF_ID, **more}


def test_what_labels_of_packages_say_is_read() -> None:
    """Keys that only newer tools write are kept, and end up in the builder's label."""
    distros = [{"name": "ubuntu", "version": "24.04"}, {"name": "debian"}]
    targets = [{"os": "linux", "arch": "amd64", "distros": distros}, {"os": "linux"}]
    group = {"group": [{"id": "a/b", "version": "1"}, {"id": "c", "version": "2", "optional": True}]}
    label = {
        "z/x": {"1.0.0": entry(targets=targets, stacks=[{"id": "*"}], new="kept", name="X")},
        "a/all": {"2.0.0-rc.1": entry(order=[group], homepage="https://example.org")},
    }
    composite, component = read_modules(image(label))
    assert (str(composite), composite.folder) == ("a/all@2.0.0-rc.1", "/cnb/buildpacks/a_all/2.0.0-rc.1")
    assert composite.order == ((OrderEntry("a/b", "1"), OrderEntry("c", "2", optional=True)),)
    assert composite.info() == {"id": "a/all", "version": "2.0.0-rc.1", "homepage": "https://example.org"}
    assert component.targets == (
        DeclaredTarget("linux", "amd64", "", (Distro("ubuntu", "24.04"), Distro("debian", ""))),
        DeclaredTarget("linux", ""),
    )
    assert (component.stacks, component.entry["new"]) == (("*",), "kept")


FAULTS: list[tuple[str, Any, str]] = [
    ("no JSON", "{", "is not JSON"),
    ("a list", [], "no buildpackage"),
    ("nothing in it", {}, "no buildpackage"),
    ("an id that leads elsewhere", {"../x": {"1.0.0": entry()}}, "which is no buildpack"),
    ("a version that leads elsewhere", {"a/x": {"../1": entry()}}, "could not be a directory name"),
    ("no api", {"a/x": {"1.0.0": {"layerDiffID": DIFF_ID}}}, "does not say which Buildpack API"),
    ("another layer", {"a/x": {"1.0.0": entry(layerDiffID="sha256:3")}}, "the layer of a/x@1.0.0 is not in"),
    ("no layer", {"a/x": {"1.0.0": {"api": "0.10"}}}, "is not in the package"),
]


@pytest.mark.parametrize(("label", "message"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_an_unsound_label_is_one_clear_error(label: object, message: str) -> None:
    """Pack panics over some of these."""
    with pytest.raises(CheckFailed, match=message):
        read_modules(image(label))
