"""Recipes of base images, and what is said when one cannot be made."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_testing.cnb import base_images, image_layout

if TYPE_CHECKING:
    from pathlib import Path


def test_another_recipe_is_another_image() -> None:
    """A changed package list must not find yesterday's image in the cache."""
    changed = (
        replace(base_images.RUN, packages=(*base_images.RUN.packages, "git")),
        replace(base_images.RUN, suite="trixie"),
        replace(base_images.RUN, generation=2),
        replace(base_images.RUN, arch="s390x"),
    )
    assert len({recipe.key for recipe in (base_images.RUN, *changed)}) == 5


def test_only_one_recipe_has_python() -> None:
    """The others show what happens where the image has no interpreter."""
    with_python = [recipe.name for recipe in base_images.RECIPES.values() if "python3" in recipe.packages]
    assert with_python == ["build"]


def test_image_is_for_its_recipe_s_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian has other words for some of them than images have."""
    maker = tmp_path / "mmdebstrap"
    maker.write_text('#!/bin/sh\nfor last; do :; done\necho "$1" >"$last"\n', encoding="utf-8")
    maker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    recipe = replace(base_images.RUN, arch="ppc64le")
    image = base_images.ensure(recipe, tmp_path / "cache")
    assert image_layout.read(image.layout).config["architecture"] == "ppc64le"
    assert base_images.ensure_tar(recipe, tmp_path / "cache").read_text() == "--architectures=ppc64el\n"


def test_missing_maker_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the package; the cache holds nothing half-made."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match="no mmdebstrap on PATH"):
        base_images.ensure(base_images.RUN, tmp_path / "cache")
    assert os.listdir(tmp_path / "cache" / "base-images") == [".lock"]  # noqa: PTH208


def test_failing_maker_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of what it printed is the reason; the next run starts afresh."""
    maker = tmp_path / "mmdebstrap"
    maker.write_text("#!/bin/sh\necho 'E: no mirror answers' >&2\nexit 1\n", encoding="utf-8")
    maker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ReleaseError, match="mmdebstrap failed") as caught:
        base_images.ensure(base_images.RUN, tmp_path / "cache")
    assert caught.value.detail == "E: no mirror answers"
    assert base_images.find(base_images.RUN, tmp_path / "cache") is None
