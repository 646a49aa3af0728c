from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from buildpack_api.environment import build_environment, launch_environment
from buildpack_api.layer_env import (
    EnvChange,
    ProcessScope,
    Scope,
    append,
    default,
    override,
    prepend,
    process_scope,
    write_changes,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def contents(layer: Path) -> dict[str, str]:
    return {str(path.relative_to(layer)): path.read_text() for path in layer.rglob("*") if path.is_file()}


def test_each_change_becomes_its_files(tmp_path: Path) -> None:
    changes = [
        override("A", "1"),
        default("B", "2", scope=Scope.BUILD),
        prepend("PATH", "/x/bin", scope=Scope.LAUNCH),
        append("FLAGS", "-x", delimiter=" ", scope=process_scope("web")),
    ]
    write_changes(tmp_path, changes)
    assert contents(tmp_path) == {
        "env/A.override": "1",
        "env.build/B.default": "2",
        "env.launch/PATH.prepend": "/x/bin",
        "env.launch/PATH.delim": ":",
        "env.launch/web/FLAGS.append": "-x",
        "env.launch/web/FLAGS.delim": " ",
    }


def test_what_is_written_has_the_effect_it_says(tmp_path: Path) -> None:
    changes = [
        override("A", "new"),
        default("B", "new"),
        prepend("PATH", "/x/bin"),
        append("FLAGS", "-x", delimiter=" "),
    ]
    write_changes(tmp_path, changes)
    base = {"A": "old", "B": "old", "PATH": "/bin", "FLAGS": "-o"}
    expected = {"A": "new", "B": "old", "PATH": "/x/bin:/bin", "FLAGS": "-o -x"}
    assert build_environment(base, [tmp_path]) == expected
    assert launch_environment(base, [[tmp_path]]) == expected


def test_files_of_an_earlier_build_are_gone(tmp_path: Path) -> None:
    write_changes(tmp_path, [override("OLD", "1"), override("OLD", "1", scope=process_scope("web"))])
    write_changes(tmp_path, [override("NEW", "1", scope=Scope.BUILD)])
    assert contents(tmp_path) == {"env.build/NEW.override": "1"}
    write_changes(tmp_path, [])
    assert not list(tmp_path.iterdir())


def test_what_is_right_is_left_alone(tmp_path: Path) -> None:
    """Most builds reuse a layer with the environment that it had."""
    changes = [override("A", "1"), prepend("PATH", "/x", scope=process_scope("web"))]
    write_changes(tmp_path, changes)
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")}
    write_changes(tmp_path, changes)
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda layer: (layer / "env" / "A.override").write_text("2"),
        lambda layer: (layer / "env" / "B.override").write_text("1"),
        lambda layer: (layer / "env" / "empty").mkdir(),
        lambda layer: (layer / "env.build").mkdir(),
        lambda layer: (layer / "env" / "A.override").unlink(),
        lambda layer: (layer / "env").rename(layer / "other") and (layer / "env").symlink_to("other"),
    ],
    ids=["content", "file", "directory", "scope", "missing", "link"],
)
def test_whatever_is_not_right_is_replaced(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    """Nothing survives that this build has not asked for."""
    layer = tmp_path / "layer"
    write_changes(layer, [override("A", "1")])
    spoil(layer)
    write_changes(layer, [override("A", "1")])
    assert not (layer / "env").is_symlink()
    assert sorted(path.name for path in layer.iterdir() if path.name != "other") == ["env"]
    assert {path.name: path.read_text() for path in (layer / "env").iterdir()} == {"A.override": "1"}


def test_a_link_in_place_of_a_directory_is_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    layer = tmp_path / "layer"
    layer.mkdir()
    (layer / "env").symlink_to(outside)
    write_changes(layer, [override("A", "1")])
    assert contents(layer) == {"env/A.override": "1"}
    assert [path.name for path in outside.iterdir()] == ["kept"]


def test_undecodable_values_are_written_as_they_came(tmp_path: Path) -> None:
    write_changes(tmp_path, [override("A", "\udcff")])
    assert (tmp_path / "env/A.override").read_bytes() == b"\xff"


@pytest.mark.parametrize("name", ["", "A.B", "A=B", "1A", "A B", "CNB_APP_DIR", "A\n"])
def test_names_that_cannot_work_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(name))):
        override(name, "1")


def test_a_value_with_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        override("A", "a\0b")


@pytest.mark.parametrize("second", [override("A", "2"), prepend("A", "1", delimiter=";")])
def test_changes_that_contradict_are_refused_before_anything_is_removed(
    tmp_path: Path, second: EnvChange
) -> None:
    write_changes(tmp_path, [override("OLD", "1")])
    with pytest.raises(ValueError, match="given twice"):
        write_changes(tmp_path, [override("A", "1"), append("A", "1"), second])
    assert contents(tmp_path) == {"env/OLD.override": "1"}


def test_a_forbidden_process_type_has_no_scope() -> None:
    with pytest.raises(ValueError, match="process type"):
        process_scope("../x")
    with pytest.raises(ValueError, match="process type"):
        _ = ProcessScope("a/b").value
