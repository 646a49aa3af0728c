"""What a second build finds, for every combination of types: the table of the lifecycle, row by row."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support.scripted import Platforms, ScriptedBuildpacks, layer

if TYPE_CHECKING:
    from pathlib import Path

_LIST = 'cd "$CNB_LAYERS_DIR"; find . | LC_ALL=C sort | tr "\\n" " "; rm -rf ./* ; cd - >/dev/null\n'


@pytest.mark.parametrize(
    ("types", "comes_back"),
    [
        (("launch", "build", "cache"), {"x.toml", "x", "x/content"}),
        (("build", "cache"), {"x.toml", "x", "x/content"}),
        (("launch", "cache"), {"x.toml", "x", "x/content"}),
        (("cache",), {"x.toml", "x", "x/content"}),
        (("launch",), {"x.toml"}),
        (("launch", "build"), set()),
        (("build",), set()),
        ((), set()),
    ],
)
def test_the_table(
    scripted: ScriptedBuildpacks,
    platforms: Platforms,
    app: Path,
    types: tuple[str, ...],
    comes_back: set[str],
) -> None:
    scripted.add("a", build=_LIST + layer("x", *types, content="c"))
    platform = platforms("a")
    assert platform.build(app).run("a").printed.split() == ["."]
    found = platform.build(app).run("a").printed.split()
    assert {name.removeprefix("./") for name in found if name != "."} == comes_back


def test_types_do_not_come_back_and_numbers_come_back_as_floats(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Metadata travels through a JSON label; a key that minds the difference would never be equal again."""
    show = 'cat "$CNB_LAYERS_DIR/x.toml" 2>/dev/null || true\n'
    scripted.add("a", build=show + layer("x", "cache", content="c", metadata="n = 3\\nb = true"))
    platform = platforms("a")
    platform.build(app)
    assert platform.build(app).run("a").printed == "[metadata]\nb = true\nn = 3.0\n"


@pytest.mark.parametrize(
    ("lost", "comes_back"),
    [("image", {".", "./x", "./x/content", "./x.toml"}), ("cache", {".", "./y.toml"})],
)
def test_without_an_image_the_cache_comes_back_and_without_a_cache_only_launch_metadata(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, lost: str, comes_back: set[str]
) -> None:
    scripted.add(
        "a", build=_LIST + layer("x", "launch", "cache", content="c") + layer("y", "launch", content="c")
    )
    platform = platforms("a")
    platform.build(app)
    platform.store.forget(image=lost == "image", cache=lost == "cache")
    assert set(platform.build(app).run("a").printed.split()) == comes_back


def test_store_toml_and_launch_sboms_come_back(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    write = (
        'printf "[metadata]\\nkept = true\\n" > "$CNB_LAYERS_DIR/store.toml"\n'
        'echo "{}" > "$CNB_LAYERS_DIR/x.sbom.cdx.json"\n'
    )
    scripted.add(
        "a",
        extra='sbom-formats = ["application/vnd.cyclonedx+json"]',
        build=_LIST + write + layer("x", "launch", content="c"),
    )
    platform = platforms("a")
    platform.build(app)
    found = platform.build(app).run("a").printed.split()
    assert set(found) == {".", "./store.toml", "./x.toml", "./x.sbom.cdx.json"}


def test_a_buildpack_never_sees_what_another_one_left(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", build=layer("x", "cache", content="c"))
    scripted.add("b", build=_LIST)
    platforms("a").build(app)
    assert platforms("b").build(app).run("b").printed.split() == ["."]


@pytest.mark.parametrize(
    "change",
    [
        "echo other > content",
        "rm content",
        "touch more",
        "chmod 600 content",
        "mv content away; mv away content",
        "rm content; ln -s /etc/passwd content",
        "printf c > x; ln x y; rm y; mv x content; touch -d 1980-01-01 content",
        "mkdir -p d",
    ],
)
def test_whatever_happened_to_the_layers_in_between_the_archived_ones_come_back(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, change: str
) -> None:
    """Layers that nobody has touched stay where they are; here somebody has."""
    listing = 'cd "$CNB_LAYERS_DIR"; find . | LC_ALL=C sort | tr "\\n" " "; cat x/content; cd - >/dev/null\n'
    program = scripted.add("a", build=layer("x", "launch", "cache", content="c")) / "bin" / "build"
    platform = platforms("a")
    platform.build(app)
    subprocess.run(["sh", "-ec", change], cwd=platform.workspace.layers / "a" / "x", check=True)
    program.write_text(f"#!/bin/sh\nset -eu\n{listing}")
    assert platforms("a").build(app).run("a").printed == ". ./x ./x.toml ./x/content c"


def test_layers_that_stay_look_like_unpacked_ones(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Their files are as old as the restoring: what compares times must not find more here than elsewhere."""
    make = layer("x", "launch", "cache", content="c")
    old = 'touch -d 2001-01-01 "$CNB_LAYERS_DIR/x/content"\n'
    linked = 'ln "$CNB_LAYERS_DIR/x/content" "$CNB_LAYERS_DIR/x/same"\n'
    program = scripted.add("a", build=make + old) / "bin" / "build"
    platform = platforms("a")
    content = platform.workspace.layers / "a" / "x" / "content"
    platform.build(app)
    before = content.stat().st_ino
    keep = layer("x", "launch", "cache")
    program.write_text(f"#!/bin/sh\nset -eu\n{keep}")
    result = platform.build(app)
    assert content.stat().st_ino == before, "it was not unpacked"
    assert content.stat().st_mtime > app.stat().st_mtime - 3600
    assert result.layer("a", "x").reused
    program.write_text(f"#!/bin/sh\nset -eu\n{keep}{linked}")
    platform.build(app)
    program.write_text(f"#!/bin/sh\nset -eu\n{keep}")
    platform.build(app)
    assert content.stat().st_nlink == 1, "archives keep no hard links"


def test_a_layer_called_like_a_file_of_the_specification(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """It is exported and cached; its contents never come back."""
    listing = 'cd "$CNB_LAYERS_DIR"; for one in *; do echo "$one"; done\n'
    scripted.add("a", build=listing + layer("launch", "launch", "cache", content="x"))
    platform = platforms("a")
    assert platform.build(app).layer("a", "launch").diff_id
    assert platform.build(app).run("a").printed == "launch.toml\n"


def test_setuid_is_lost_when_a_layer_comes_back(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """It is in the image, so the second build has another layer, and the third the same; also of a file."""
    make = '[ -e "$CNB_LAYERS_DIR/x" ] || { mkdir -p "$CNB_LAYERS_DIR/x"; echo x >"$CNB_LAYERS_DIR/x/f"; '
    make += 'echo x >"$CNB_LAYERS_DIR/y"; chmod 6755 "$CNB_LAYERS_DIR/x/f" "$CNB_LAYERS_DIR/y"; }\n'
    types = "".join(layer(name, "launch", "cache") for name in "xy")
    scripted.add("a", build=make + types)
    platform = platforms("a")
    results = [platform.build(app) for _ in range(3)]
    for name in "xy":
        first, second, third = (one.layer("a", name).diff_id for one in results)
        assert first != second == third
    with platform.container():
        assert (platform.workspace.layers / "a/x/f").stat().st_mode & 0o7777 == 0o755
