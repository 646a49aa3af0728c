"""A layer of heavy files is used as it is only if the image will have it; who wants it in a build."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from app_venv.environment.installed import installed_distributions
from app_venv.environment.records import recorded_hash
from app_venv.heavy.heavy_files import SMALLEST_FILE, HeavyWheel, file_identity
from app_venv.heavy.heavy_layers import (
    HeavyLayer,
    HeavyPlan,
    fill_layers,
    intact_layers,
    keep_layers,
    lost_layers,
    needs_contents,
    plan_layers,
    read_layers,
)
from buildpack_api import toml
from buildpack_api.layers import Layers, LayerTypes
from buildpack_api.names import check_layer_name
from buildpack_api.plan import BuildpackPlan, PlanEntry
from buildpack_common.files import remove
from buildpack_release.model.build_plan import declared_plans
from support.component_builds import ROOT
from support.heavy_wheels import SHA256, install, resolution

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHEEL = HeavyWheel("large", "5" * 64, {"large/a.so": file_identity(recorded_hash(b"binary"), 0o644)}, 6)
(LAYER,) = HeavyPlan(wheels=(WHEEL,)).layers
RECORD = (str(LAYER),)
LAUNCH, ALL = LayerTypes(launch=True), LayerTypes(build=True, launch=True, cache=True)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """As a build sets it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def site_packages(root: Path) -> Path:
    path = root / "venv/venv/lib/python3.13/site-packages"
    (path / "large").mkdir(parents=True, exist_ok=True)
    (path / "large/a.so").unlink(missing_ok=True)
    (path / "large/a.so").write_text("binary")
    (path / "large/a.so").chmod(0o644)
    return path


def restore(root: Path, *, contents: bool) -> None:
    """Do as the lifecycle does between two builds."""
    for path in root.glob("heavy-*.toml"):
        toml.write(path, {"metadata": toml.load(path)["metadata"]})
        if not contents:
            remove(path.with_suffix(""))


def test_files_are_moved_once_and_links_are_relative(tmp_path: Path) -> None:
    packages = site_packages(tmp_path)
    fill_layers(Layers(tmp_path), packages, [WHEEL], LAUNCH)
    link = packages / "large/a.so"
    assert (link.is_symlink(), link.read_text()) == (True, "binary")
    assert str(link.readlink()) == f"../../../../../../{LAYER.name}/files/large/a.so"
    assert toml.load(tmp_path / f"{LAYER.name}.toml")["types"] == {
        "build": False,
        "cache": False,
        "launch": True,
    }
    moved = tmp_path / "elsewhere"
    tmp_path.joinpath("venv").rename(tmp_path / "v")
    moved.symlink_to(tmp_path)
    assert (moved / "v" / link.relative_to(tmp_path / "venv")).read_text() == "binary"


@pytest.mark.parametrize("contents", [False, True])
def test_a_layer_that_is_kept_is_not_made_again(tmp_path: Path, *, contents: bool) -> None:
    fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    restore(tmp_path, contents=contents)
    assert lost_layers(Layers(tmp_path), RECORD, contents=False) == ()
    fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    assert (tmp_path / LAYER.name).exists() is contents
    restore(tmp_path, contents=contents)
    keep_layers(Layers(tmp_path), [LAYER], LAUNCH)
    assert toml.load(tmp_path / f"{LAYER.name}.toml")["types"]["launch"]


def test_contents_that_are_wanted_have_to_be_there(tmp_path: Path) -> None:
    fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    restore(tmp_path, contents=False)
    (reason,) = lost_layers(Layers(tmp_path), RECORD, contents=True)
    assert reason == "the heavy files of large are not there, and this build may load them"
    packages = site_packages(tmp_path)
    fill_layers(Layers(tmp_path), packages, [WHEEL], ALL)
    assert (packages / "large/a.so").read_text() == "binary"


# What a later buildpack does to the layer.
CHANGES = {
    "content": "echo another >files/large/a.so",
    "more": "echo another >files/b.so",
    "beside": "echo another >a.so",
    "permissions": "chmod 600 files/large/a.so",
    "programs": "chmod +x files/large/a.so",
    "directory": "mkdir files/empty",
    "closed": "chmod 700 files/large",
    "all-closed": "chmod 700 .",
}


@pytest.mark.parametrize("change", [*CHANGES, "link", "fifo", "gone"])
def test_what_a_later_buildpack_has_changed_is_made_again(change: str, tmp_path: Path) -> None:
    """It is cached with its layer, whose metadata still say what was made."""
    fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], ALL)
    restore(tmp_path, contents=True)
    assert intact_layers(Layers(tmp_path), RECORD, contents=True) == (LAYER,)
    layer = tmp_path / LAYER.name
    file = layer / "files/large/a.so"
    if change in CHANGES:
        subprocess.run(["/bin/sh", "-c", CHANGES[change]], check=True, cwd=layer)
    else:
        file.unlink()
        if change == "fifo":
            os.mkfifo(file)
        elif change == "link":
            file.symlink_to("/dev/null")
    assert intact_layers(Layers(tmp_path), RECORD, contents=True) == ()
    fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], ALL)
    assert [*layer.rglob("*")] == [layer / "files", file.parent, file]
    assert file.read_text() == "binary"
    modes = [path.stat().st_mode & 0o7777 for path in (layer, layer / "files", file.parent, file)]
    assert modes == [0o755, 0o755, 0o755, 0o644]


@pytest.mark.parametrize(
    "change", [{"recipe": "0"}, {"files": "another"}, {"path": "/elsewhere"}, {"wheel": "6"}, {"more": "x"}]
)
def test_a_layer_made_of_anything_else_is_lost(change: dict[str, str], tmp_path: Path) -> None:
    fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    restore(tmp_path, contents=False)
    (path,) = tmp_path.glob("heavy-*.toml")
    toml.write(path, {"metadata": {**toml.load(path)["metadata"], **change}})
    (reason,) = lost_layers(Layers(tmp_path), RECORD, contents=False)
    assert reason == "the heavy files of large are not in the last image"
    fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    assert path.with_suffix("").is_dir()


def test_files_of_other_permissions_are_another_layer(tmp_path: Path) -> None:
    """Tools differ in them where a wheel is written in an unusual way: one key stands for the same bits."""
    install(tmp_path, "large", {"large.bin": bytes(SMALLEST_FILE)})
    layers = set()
    for mode in (0o644, 0o640):
        (tmp_path / "large.bin").chmod(mode)
        layers |= {*plan_layers(installed_distributions(tmp_path), resolution("large"), (), least=1).layers}
    assert len(layers) == 2


@pytest.mark.parametrize("text", ["large", "large a b c d", "", "../x 1 2 3", "large 5 6 many"])
def test_a_record_that_is_none_is_lost(text: str, tmp_path: Path) -> None:
    assert lost_layers(Layers(tmp_path), [text], contents=False)


def test_what_is_noted_is_read_again() -> None:
    assert read_layers(RECORD) == (LAYER,)


def test_names_are_those_of_layers_and_none_begins_with_another() -> None:
    named = (("1", "a"), ("2", "a-222222222222"), ("3", "a" * 300), ("4", "a" * 59 + "-b"))
    names = [HeavyLayer(name, digest * 64, "", 0).name for digest, name in named]
    for name in names:
        check_layer_name(name, [other for other in names if other != name])
        assert len(name) < 100


def plan(root: Path, linked: tuple[HeavyLayer, ...] = (), **sizes: int) -> HeavyPlan:
    """Plan with these distributions, of so many bytes, and those whose links are there already."""
    for name, size in sizes.items():
        install(root, name, {f"{name}.bin": bytes(SMALLEST_FILE + size)})
    chosen = resolution(*sizes, *(one.distribution for one in linked))
    return plan_layers(installed_distributions(root), chosen, linked, least=1, most=2)


def linked(name: str, size: int, wheel: str = SHA256) -> HeavyLayer:
    return HeavyLayer(name, wheel, "", SMALLEST_FILE + size)


def test_beyond_the_limit_the_smallest_stay(tmp_path: Path) -> None:
    found = plan(tmp_path, a=1, b=2, c=3)
    assert [one.distribution for one in found.layers] == ["c", "b"]
    assert found.elsewhere == 0


def test_links_that_were_moved_count_like_new_ones(tmp_path: Path) -> None:
    found = plan(tmp_path, (linked("z", 2),), a=1, b=3)
    assert [one.distribution for one in found.layers] == ["b", "z"]
    assert ([one.distribution for one in found.wheels], found.displaced) == (["b"], ())
    assert found.elsewhere == SMALLEST_FILE + 2


def test_links_that_a_new_installation_would_not_have_are_told(tmp_path: Path) -> None:
    """There are larger ones now, or the same name stands for another wheel."""
    assert plan(tmp_path, (linked("z", 0),), a=1, b=3).displaced == ("z",)
    assert plan(tmp_path, (linked("z", 9, "6" * 64),), a=1, b=3).displaced == ("z",)


def test_only_others_who_want_them_for_the_build_count() -> None:
    def needs(**metadata: object) -> bool:
        return needs_contents(BuildpackPlan((PlanEntry("venv", metadata),)))

    assert needs(build=True)
    assert needs(build=True, **{"heavy-files": True})
    assert not needs(launch=True)
    assert not needs(build=True, **{"heavy-files": False})
    assert not needs_contents(BuildpackPlan((PlanEntry("python", {"build": True}),)))


def test_this_buildpack_itself_does_not_want_them() -> None:
    own = [
        PlanEntry(need.name, need.metadata)
        for declared in declared_plans(ROOT / "buildpacks/app-venv")
        for alternative in declared.plan.alternatives
        for need in alternative.requires
    ]
    assert any(entry.name == "venv" and entry.metadata.get("build") for entry in own)
    assert not needs_contents(BuildpackPlan(tuple(own)))
