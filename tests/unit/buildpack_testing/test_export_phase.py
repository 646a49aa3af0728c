"""Layers must be told apart: reused, made again with the same content, new. Faults end the build early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.export_phase import merge_processes
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.image_store import ProcessRecord
from support.scripted import Platforms, ScriptedBuildpacks, layer

if TYPE_CHECKING:
    from pathlib import Path

_TYPES = layer("x", "launch", "cache")


def test_a_layer_kept_is_reused_even_with_new_env_files(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    keep = (
        'x="$CNB_LAYERS_DIR/x"; mkdir -p "$x/env"; printf 1 > "$x/env/V"\n'
        '[ -d "$x/d" ] || { mkdir "$x/d"; echo c > "$x/d/f"; }\n'
    )
    scripted.add("a", build=keep + _TYPES)
    platform = platforms("a")
    first = platform.build(app).layer("a", "x")
    second = platform.build(app).layer("a", "x")
    assert (first.restored, first.reused) == (False, False)
    assert (second.restored, second.reused) == (True, True)
    assert second.diff_id == first.diff_id


@pytest.mark.parametrize("change", ["echo 2 > V", "rm V", "echo 1 > W", "chmod 700 ."])
def test_what_has_changed_in_the_environment_of_a_kept_layer_is_in_its_archive(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, change: str
) -> None:
    """Only of a layer that nobody touched the archive of the last build is taken again."""
    build = (
        'n=$(cat number 2>/dev/null || echo 1); cd "$CNB_LAYERS_DIR"\n'
        "if [ $n = 2 ]; then cd x/env; {}; elif [ $n = 1 ]; then mkdir -p x/env x/d; echo 1 > x/env/V; fi\n"
    )
    scripted.add("a", build=build.format(change) + f'cd "$CNB_LAYERS_DIR"\n{_TYPES}')
    results = []
    for number in ("1", "2", "3"):
        (app / "number").write_text(number)
        results.append(platforms("a").build(app).layer("a", "x"))
    first, second, third = results
    assert (second.reused, third.reused) == (True, True)
    assert second.diff_id != first.diff_id
    assert (third.diff_id, third.size, third.files) == (second.diff_id, second.size, second.files)


def test_a_layer_made_again_is_not_reused_even_with_equal_content(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    again = 'rm -rf "$CNB_LAYERS_DIR/x"; mkdir -p "$CNB_LAYERS_DIR/x/d"; echo c > "$CNB_LAYERS_DIR/x/d/f"\n'
    scripted.add("a", build=again + _TYPES)
    platform = platforms("a")
    first = platform.build(app).layer("a", "x")
    second = platform.build(app).layer("a", "x")
    assert second.diff_id == first.diff_id
    assert (second.restored, second.reused) == (True, False)


def test_a_file_changed_in_place_is_noticed(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Even when the program sets the old modification time again."""
    change = (
        'mkdir -p "$CNB_LAYERS_DIR/x"; f="$CNB_LAYERS_DIR/x/f"; [ -f "$f" ] || echo one > "$f"\n'
        'touch -r "$f" "$CNB_LAYERS_DIR/ref"; echo two > "$f"; touch -r "$CNB_LAYERS_DIR/ref" "$f"\n'
    )
    scripted.add("a", build=change + _TYPES)
    platform = platforms("a")
    platform.build(app)
    assert platform.build(app).layer("a", "x").reused is False


def test_a_launch_layer_without_contents_is_taken_from_the_last_image(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    once = f'if [ ! -e "$CNB_LAYERS_DIR/x.toml" ]; then\n{layer("x", "launch", content="c")}fi\n'
    scripted.add("a", build=once + layer("x", "launch"))
    platform = platforms("a")
    first = platform.build(app).layer("a", "x")
    second = platform.build(app).layer("a", "x")
    assert second.reused
    assert (second.diff_id, second.size) == (first.diff_id, 1)
    with platform.container() as container:
        assert container.run(["cat", str(platform.workspace.layers / "a/x/content")]).stdout == "c"


@pytest.mark.parametrize("types", [("launch",), ("launch", "cache")])
def test_a_layer_without_contents_anywhere_ends_with_62_and_keeps_the_old_image(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, types: tuple[str, ...]
) -> None:
    scripted.add("good", build=layer("x", "launch", content="good"))
    scripted.add("bad", build=layer("y", *types))
    platforms("good").build(app)
    before = platforms("good").store.image()
    with pytest.raises(PhaseError, match="no contents") as failed:
        platforms("good bad").build(app)
    assert failed.value.code is LifecycleCode.EXPORT
    assert platforms("good").store.image() == before


def test_a_layer_without_contents_that_is_not_for_the_image_is_not_cached(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """The lifecycle only warns (phase/cache.go)."""
    scripted.add("a", build=layer("x", "cache") + layer("y", "build"))
    platform = platforms("a")
    assert [(one.name, one.diff_id) for one in platform.build(app).layers] == [("x", ""), ("y", "")]
    assert [one.layers for one in platform.store.cache()] == [()]


def test_archives_that_nobody_needs_any_more_go(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build=layer("x", "launch", content="a"))
    scripted.add("b", build=layer("x", "launch", content="b"))
    platform = platforms("a")
    platform.build(app)
    first = set((platform.workspace.store / "archives").iterdir())
    platforms("b").build(app)
    second = set((platform.workspace.store / "archives").iterdir())
    assert len(first) == len(second) == 2
    assert len(first & second) == 1  # the app


def test_later_processes_replace_earlier_ones_and_the_last_default_wins() -> None:
    first = (ProcessRecord("web", ("a",), default=True), ProcessRecord("task", ("a",)))
    assert merge_processes([first, (ProcessRecord("web", ("b",), default=True),)]) == (
        (ProcessRecord("task", ("a",)), ProcessRecord("web", ("b",), default=True)),
        "web",
    )
    assert merge_processes([first, (ProcessRecord("task", ("b",), default=True),)])[1] == "task"
    assert merge_processes([first, (ProcessRecord("web", ("b",)),)])[1] == ""


@pytest.mark.parametrize("number", ["inf", "-inf", "nan"])
def test_a_number_that_json_does_not_have(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, number: str
) -> None:
    """In the image's metadata it ends the build; in the cache's, all of the cache is gone."""
    scripted.add("in-image", build=layer("x", "launch", content="x", metadata=f"a = {number}"))
    scripted.add("in-cache", build=layer("x", "cache", content="x", metadata=f"a = [{{ b = {number} }}]"))
    scripted.add("beside", build=layer("y", "cache", content="y"))
    with pytest.raises(PhaseError, match="infinite numbers") as refused:
        platforms("in-image").build(app)
    assert refused.value.code is LifecycleCode.EXPORT
    platforms("beside in-cache").build(app)
    assert not platforms("beside in-cache").build(app).layer("beside", "y").restored


def test_a_named_pipe_is_archived_and_never_comes_back(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Every build after it ends when it would be restored."""
    pipe = 'mkdir -p "$CNB_LAYERS_DIR/x"; [ -p "$CNB_LAYERS_DIR/x/p" ] || mkfifo "$CNB_LAYERS_DIR/x/p"\n'
    scripted.add("a", build=pipe + layer("x", "launch", "cache"))
    platforms("a").build(app)
    for _ in range(2):
        with pytest.raises(PhaseError, match="named pipe") as refused:
            platforms("a").build(app)
        assert refused.value.code is LifecycleCode.RESTORE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[processes]]", 'the type ""'),
        ("[[processes]]\ntype = 'a/b'", 'the type "a/b"'),
        ("[[slices]]\npaths = ['ok', 'a[]b]']", r"slice of \"a\[\]b\]\""),
        (r"[[slices]]\npaths = ['a\']", "no pattern"),
        ("[[slices]]\npaths = ['[a-]']", "no pattern"),
    ],
)
def test_what_no_image_can_hold(
    *, scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, text: str, told: str
) -> None:
    """Types of processes that are no file names, patterns that Go does not read."""
    text = text.replace(r"\n", "\n")
    scripted.add("a", build=f"cat >\"$CNB_LAYERS_DIR/launch.toml\" <<'END'\n{text}\nEND\n")
    with pytest.raises(PhaseError, match=told) as refused:
        platforms("a").build(app)
    assert refused.value.code is LifecycleCode.EXPORT
