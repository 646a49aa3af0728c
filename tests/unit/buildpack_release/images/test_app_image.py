"""What labels say is read as far as it has the form; anything else is left out, never a traceback."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.images.app_image import AppImage, LayerKind
from oci_registry.content import Manifest
from oci_registry.reading import ReadImage
from support.app_images import AppShape

KEYS = st.sampled_from(
    ["buildpacks", "layers", "sha", "launch", "data", "key", "runImage", "topLayer", "app", "sbom", "command"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def read(shape: AppShape) -> AppImage:
    content = shape.content()
    config = json.loads(content.blobs[-1].content)
    return AppImage(ReadImage(content.root, config))


def test_every_layer_is_named() -> None:
    """By the lifecycle's own account."""
    app = read(AppShape())
    assert [(layer.kind, layer.title) for layer in app.layers] == [
        (LayerKind.RUN_IMAGE, "run image, layer 1"),
        (LayerKind.BUILDPACK, "strata/python-runtime:python"),
        (LayerKind.BUILDPACK, "strata/app-venv:venv"),
        (LayerKind.LIFECYCLE, "bill of materials"),
        (LayerKind.APP, "app"),
        (LayerKind.LIFECYCLE, "launcher"),
    ]
    assert app.run_image == "registry.example/run:1"
    (web,) = app.processes
    assert (web.type, web.command, web.is_default) == ("web", ("gunicorn", "app:app"), True)


def test_an_image_of_something_else_is_no_fault() -> None:
    """It has no such labels, or others under their names."""
    for value in ("", "[]", "{", '"x"'):
        app = read(AppShape(labels={"io.buildpacks.lifecycle.metadata": value}))
        assert not app.is_built
        assert {layer.kind for layer in app.layers} == {LayerKind.UNKNOWN}


def test_layers_that_do_not_fit_the_configuration_are_not_named() -> None:
    """A wrong name would be worse than none."""
    content = AppShape().content()
    config = json.loads(content.blobs[-1].content)
    config["rootfs"]["diff_ids"].pop()
    assert AppImage(ReadImage(content.root, config)).layers == ()


@given(JSON)
@pytest.mark.hypothesis
def test_any_label_can_be_read(value: object) -> None:
    """Whoever wrote it."""
    label = json.dumps(value)
    config = {
        "config": {
            "Labels": {"io.buildpacks.lifecycle.metadata": label, "io.buildpacks.build.metadata": label}
        },
        "rootfs": {"diff_ids": ["sha256:x"]},
    }
    manifest = {"mediaType": "x", "layers": [{"digest": f"sha256:{'0' * 64}", "size": 1}]}
    app = AppImage(ReadImage(Manifest.from_json(manifest), config))
    assert len(app.layers) == 1
    assert isinstance(app.processes + app.created_by + app.buildpack_layers, tuple)
    assert isinstance(app.run_image + app.sbom_diff_id, str)
