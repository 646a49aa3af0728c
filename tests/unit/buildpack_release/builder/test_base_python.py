"""A base image has a Python if its file system, all layers taken together, has one on PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.builder.base import Base
from buildpack_release.builder.base_python import has_python
from buildpack_release.builder.source_image import SourceImage
from buildpack_release.errors import CheckFailed
from oci_registry.content import MANIFEST, Manifest
from oci_registry.layer import ImageLayer, compress_layer
from support.builder_parts import ENVIRONMENT, archive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = ""
"""What a name leads to that is a file."""


def base(
    folder: Path, *layers: Mapping[str, str], path: str = "/usr/local/bin:/usr/bin:/bin", **env: str
) -> Base:
    """Make a base image of layers, the lowest first; each has names, and where links lead."""
    made: list[ImageLayer] = []
    for number, names in enumerate(layers):
        files = {name: b"x" for name, link in names.items() if not link}
        data = archive(files, {name: link for name, link in names.items() if link})
        made.append(compress_layer([data], folder / f"layer-{number}"))
    variables = {"PATH": path, **env}
    settings = {"Env": [*ENVIRONMENT[1:], *(f"{name}={value}" for name, value in variables.items())]}
    config = {"os": "linux", "architecture": "amd64", "config": settings}
    image = SourceImage(
        Manifest.from_json({"mediaType": MANIFEST}),
        config,
        name="the base",
        layers=tuple(made),
    )
    return Base.of(image)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{"etc/hello": FILE}], False),
        ([{"usr/bin/python3.11": FILE, "usr/bin/python3": "python3.11"}], True),
        ([{"./usr/local/bin/python3.12": FILE}, {"etc/x": FILE}], True),
        ([{"usr/bin/python3": "python3.9", "usr/bin/python3.9": FILE}], False),
        ([{"usr/bin/python2": FILE, "usr/bin/python": FILE, "usr/bin/python3-config": FILE}], False),
        ([{"opt/python/bin/python3": FILE}], False),
        ([{"usr/bin/python3": FILE}, {"usr/bin/.wh.python3": FILE}], False),
        ([{"usr/bin/python3": FILE}, {"usr/.wh.bin": FILE}], False),
        ([{"usr/bin/python3": FILE}, {"usr/bin/.wh..wh..opq": FILE}], False),
        ([{"usr/bin/python3": FILE}, {"usr/bin/.wh..wh..opq": FILE, "usr/bin/python3.13": FILE}], True),
        ([{"usr/bin/python3": "python3.11"}, {"usr/bin/python3": "python3.9"}], False),
    ],
)
def test_the_file_system_counts(tmp_path: Path, layers: list[Mapping[str, str]], expected: bool) -> None:
    """What an upper layer has taken away or replaced is not there; other places and names are none."""
    assert has_python(base(tmp_path, *layers), tmp_path) is expected


def test_path_counts(tmp_path: Path) -> None:
    """Of the base's own variables. A `/bin` is mostly a link to `/usr/bin`."""
    (tmp_path / "a").mkdir()
    assert has_python(
        base(tmp_path / "a", {"opt/python/bin/python3": FILE}, path="/opt/python/bin"), tmp_path
    )
    assert has_python(base(tmp_path, {"usr/bin/python3": FILE}, path="/bin"), tmp_path)


def test_a_python_that_is_named_counts(tmp_path: Path) -> None:
    """By the variable that buildpacks look at first."""
    assert has_python(base(tmp_path, {"etc/x": FILE}, STRATA_PYTHON="/opt/python3"), tmp_path)


def test_a_layer_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """It is no evidence of anything."""
    made = base(tmp_path, {"etc/x": FILE})
    (tmp_path / "layer-0").write_bytes(b"no archive")
    with pytest.raises(CheckFailed, match="a layer of the base the base cannot be read"):
        has_python(made, tmp_path)
