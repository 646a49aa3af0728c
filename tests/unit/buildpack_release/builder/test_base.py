from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.builder.base import Base
from buildpack_release.builder.locator import LayoutLocator
from buildpack_release.builder.source_image import find_image
from buildpack_release.errors import CheckFailed
from oci_registry.remote.registries import Registries
from support.builder_parts import ENVIRONMENT
from support.builder_parts import base as make_base

if TYPE_CHECKING:
    from pathlib import Path


def read(layout: Path) -> Base:
    return Base.of(find_image(LayoutLocator(layout), "the base", None, Registries()))


def test_what_builds_need_is_read(tmp_path: Path) -> None:
    labels = {
        "io.buildpacks.base.distro.name": "ubuntu",
        "io.buildpacks.base.distro.version": "24.04",
        "io.buildpacks.stack.id": "acme",
    }
    found = read(make_base(tmp_path / "base", labels=labels, architecture="arm64", variant="v8"))
    assert (found.user, found.group, str(found.target)) == (1001, 1002, "linux/arm64/v8")
    assert (found.distro, found.stack_id) == (("ubuntu", "24.04"), "acme")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ((), "does not set CNB_USER_ID"),
        (("CNB_USER_ID=1000",), "does not set CNB_GROUP_ID"),
        (("CNB_USER_ID=1000", "CNB_GROUP_ID="), "does not set CNB_GROUP_ID"),
        (("CNB_USER_ID=cnb", "CNB_GROUP_ID=1"), 'CNB_USER_ID of the base the base is "cnb", not a number'),
        (("CNB_USER_ID=-1", "CNB_GROUP_ID=1"), "not a number"),
        (("CNB_USER_ID=0", "CNB_GROUP_ID=1"), "would run as root"),
    ],
)
def test_a_base_needs_a_user(tmp_path: Path, environment: tuple[str, ...], message: str) -> None:
    """Without it nothing in the builder would belong to who runs the buildpacks."""
    with pytest.raises(CheckFailed, match=message):
        read(make_base(tmp_path / "base", environment=environment))


def test_a_builder_is_no_base(tmp_path: Path) -> None:
    """Its old buildpacks would stay in the image, and its old label would not say so."""
    labels = {"io.buildpacks.builder.metadata": "{}"}
    with pytest.raises(CheckFailed, match="is a builder already"):
        read(make_base(tmp_path / "base", labels=labels))


def test_a_base_says_what_it_is_for(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="does not say which os"):
        read(make_base(tmp_path / "base", environment=ENVIRONMENT, architecture=""))
