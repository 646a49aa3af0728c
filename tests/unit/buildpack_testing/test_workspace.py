"""The app and the user's variables must arrive as they are, and nothing of an earlier build with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from buildpack_release.errors import UsageError
from buildpack_testing.workspace import ImageEnvironment, Workspace, local_image


def test_the_app_is_copied_links_and_all_and_the_old_one_goes(tmp_path: Path) -> None:
    source = tmp_path / "app"
    source.mkdir()
    (source / "link").symlink_to("nowhere")
    workspace = Workspace(tmp_path / "w")
    workspace.lay_out(source, {})
    (workspace.app / "left behind").touch()
    workspace.lay_out(source, {})
    assert [path.name for path in workspace.app.iterdir()] == ["link"]
    assert (workspace.app / "link").readlink() == Path("nowhere")


def test_pipes_and_sockets_of_the_app_are_left_out(tmp_path: Path) -> None:
    """An app that is running while it is tried may have some; reading them would block."""
    (tmp_path / "app").mkdir()
    os.mkfifo(tmp_path / "app" / "pipe")
    (tmp_path / "app" / "file").touch()
    workspace = Workspace(tmp_path / "w")
    workspace.lay_out(tmp_path / "app", {})
    assert [path.name for path in workspace.app.iterdir()] == ["file"]


def test_variables_are_written_verbatim(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    workspace = Workspace(tmp_path / "w")
    workspace.lay_out(tmp_path / "app", {"OLD": "x"})
    workspace.lay_out(tmp_path / "app", {"A": "two\nlines\n", "B": ""})
    env = workspace.platform / "env"
    assert {path.name: path.read_text() for path in env.iterdir()} == {"A": "two\nlines\n", "B": ""}


@pytest.mark.parametrize("name", ["", "a/b", "..", "A=B", "CNB_LAYERS_DIR"])
def test_names_that_cannot_be_variables_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "app").mkdir()
    with pytest.raises(UsageError):
        Workspace(tmp_path / "w").lay_out(tmp_path / "app", {name: "x"})


def test_a_missing_app_and_a_workspace_inside_the_app_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a directory"):
        Workspace(tmp_path / "w").lay_out(tmp_path / "missing", {})
    with pytest.raises(UsageError, match="lies in the app"):
        Workspace(tmp_path / "w").lay_out(tmp_path, {})


def test_unknown_target_fields_are_not_set() -> None:
    assert ImageEnvironment(arch="arm64").target_environment == {
        "CNB_TARGET_OS": "linux",
        "CNB_TARGET_ARCH": "arm64",
    }


def test_the_local_build_image_always_has_a_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildpack_testing.workspace._has_python", lambda _path: False)
    image = local_image(tmp_path / "python")
    assert image.build_path.startswith(f"{tmp_path}/python:")
    assert (tmp_path / "python" / "python3").resolve().exists()
    assert not image.run_path.startswith(str(tmp_path))
