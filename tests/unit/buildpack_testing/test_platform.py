"""Builds in one workspace must not meet, and a failed one must not harm the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ConflictError
from buildpack_testing.failure import PhaseError
from buildpack_testing.platform import read_buildpack
from support.scripted import Platforms, ScriptedBuildpacks, layer

if TYPE_CHECKING:
    from pathlib import Path


def test_two_users_of_a_workspace_are_kept_apart(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a")
    platform = platforms("a")
    platform.build(app)
    with platform.container(), pytest.raises(ConflictError, match="Another run"):
        platforms("a").build(app)
    platforms("a").build(app)


def test_clear_forgets_image_and_cache(scripted: ScriptedBuildpacks, platforms: Platforms, app: Path) -> None:
    scripted.add("a", build='ls "$CNB_LAYERS_DIR"\n' + layer("x", "cache", content="c"))
    platform = platforms("a")
    platform.build(app)
    assert platform.build(app).run("a").printed == "x\nx.toml\n"
    assert platform.build(app, clear=True).run("a").printed == ""


def test_a_failed_build_leaves_the_last_image_startable(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    program = scripted.add("a", build=layer("x", "launch", content="c")) / "bin" / "build"
    platform = platforms("a")
    platform.build(app)
    program.write_text('#!/bin/sh\nrm -rf "$CNB_LAYERS_DIR"\nexit 1\n')
    with pytest.raises(PhaseError, match="ended with 1"):
        platform.build(app)
    with platform.container() as container:
        assert container.run(["cat", str(platform.workspace.layers / "a/x/content")]).stdout == "c"


def test_what_an_app_build_changed_is_in_the_image_and_not_in_the_source(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build="echo built > file")
    platform = platforms("a")
    platform.build(app)
    assert (app / "file").read_text() == "of the app"
    with platform.container() as container:
        assert container.run(["cat", "file"]).stdout == "built\n"


def test_the_result_adds_up_what_is_in_the_image(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build=layer("x", "launch", content="12345") + layer("y", "build", content="123"))
    result = platforms("a").build(app)
    assert result.image_size == 5
    assert result.layer("a", "y").size == 3
    assert list(result.seconds) == ["detect", "restore", "build", "export"]
    with pytest.raises(KeyError):
        result.layer("a", "z")


def test_a_broken_descriptor_is_named(tmp_path: Path) -> None:
    (tmp_path / "buildpack.toml").write_text("api = ")
    with pytest.raises(CheckFailed, match=r"buildpack\.toml"):
        read_buildpack(tmp_path)
