"""Reading the lifecycle's labels."""

from __future__ import annotations

import json

from buildpack_testing.cnb.built_image import BuiltImage
from buildpack_testing.cnb.image_layout import LayoutImage

LIFECYCLE = {
    "app": [{"sha": "sha256:aa"}],
    "buildpacks": [
        {
            "key": "strata/app-venv",
            "version": "0.1.0",
            "layers": {
                "venv": {"sha": "sha256:cc", "data": {"minor": "3.13"}, "launch": True, "build": True}
            },
        },
        {"key": "strata/pip-tool", "version": "0.1.0", "layers": None},
        {"key": "test/probe", "version": "1.0.0", "layers": {"kept": {"sha": "", "launch": False}}},
    ],
}
BUILD = {"processes": [{"type": "web", "command": ["gunicorn"], "args": ["app:app"]}]}


def _image(**settings: object) -> BuiltImage:
    labels = {
        "io.buildpacks.lifecycle.metadata": json.dumps(LIFECYCLE),
        "io.buildpacks.build.metadata": json.dumps(BUILD),
    }
    config = {"config": {"Labels": labels, **settings}, "rootfs": {"diff_ids": ["sha256:aa", "sha256:cc"]}}
    return BuiltImage("host/app:1", LayoutImage("sha256:00", {}, config), {}, "")


def test_layers_by_buildpack_and_name() -> None:
    """Only layers that are in the image; a buildpack without any is no stumbling block."""
    assert _image().launch_layers == {"strata/app-venv:venv": "sha256:cc"}
    assert _image().layer_metadata["strata/app-venv:venv"] == {"minor": "3.13"}
    assert _image().app_layers == ("sha256:aa",)


def test_environment_keeps_equal_signs() -> None:
    """A value may hold what separates it from its name."""
    assert _image(Env=["OPTS=a=b", "EMPTY="]).environment == {"OPTS": "a=b", "EMPTY": ""}


def test_absent_settings_are_empty() -> None:
    """The image specification leaves out what is empty."""
    image = _image()
    assert (image.entrypoint, image.user, image.environment) == ((), "", {})
    assert list(image.processes) == ["web"]
