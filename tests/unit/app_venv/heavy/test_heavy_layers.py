"""A layer of heavy files is used as it is only if the image will have it; who wants it in a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app_venv.heavy.heavy_files import HeavyWheel
from app_venv.heavy.heavy_layers import fill_layers, keep_layers, lost_layers, needs_contents, read_layers
from buildpack_api import toml
from buildpack_api.layers import Layers, LayerTypes
from buildpack_api.names import check_layer_name
from buildpack_api.plan import BuildpackPlan, PlanEntry
from buildpack_release.model.build_plan import declared_plans
from support.component_builds import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = HeavyWheel("large", "5" * 64, {"large/a.so": "sha256=x"}, 6)
LAUNCH, ALL = LayerTypes(launch=True), LayerTypes(build=True, launch=True, cache=True)


def site_packages(root: Path) -> Path:
    path = root / "venv/venv/lib/python3.13/site-packages"
    (path / "large").mkdir(parents=True, exist_ok=True)
    (path / "large/a.so").unlink(missing_ok=True)
    (path / "large/a.so").write_text("binary")
    return path


def restore(root: Path, *, contents: bool) -> None:
    """Do as the lifecycle does between two builds."""
    for path in root.glob("heavy-*.toml"):
        toml.write(path, {"metadata": toml.load(path)["metadata"]})
        if not contents:
            directory = path.with_suffix("")
            (directory / "files/large/a.so").unlink()
            directory.rename(root / "gone")


def test_files_are_moved_once_and_links_are_relative(tmp_path: Path) -> None:
    packages = site_packages(tmp_path)
    record = fill_layers(Layers(tmp_path), packages, [WHEEL], LAUNCH)
    (layer,) = read_layers(record)
    link = packages / "large/a.so"
    assert (link.is_symlink(), link.read_text()) == (True, "binary")
    assert str(link.readlink()) == f"../../../../../../{layer.name}/files/large/a.so"
    assert toml.load(tmp_path / f"{layer.name}.toml")["types"] == {
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
    record = fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    restore(tmp_path, contents=contents)
    assert lost_layers(Layers(tmp_path), record, contents=False) == ()
    assert fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH) == record
    assert (tmp_path / read_layers(record)[0].name).exists() is contents
    keep_layers(Layers(tmp_path), record, LAUNCH)


def test_contents_that_are_wanted_have_to_be_there(tmp_path: Path) -> None:
    record = fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    restore(tmp_path, contents=False)
    (reason,) = lost_layers(Layers(tmp_path), record, contents=True)
    assert reason == "the heavy files of large are not there, and this build may load them"
    packages = site_packages(tmp_path)
    fill_layers(Layers(tmp_path), packages, [WHEEL], ALL)
    assert (packages / "large/a.so").read_text() == "binary"


@pytest.mark.parametrize(
    "change", [{"recipe": "0"}, {"files": "another"}, {"path": "/elsewhere"}, {"wheel": "6"}, {"more": "x"}]
)
def test_a_layer_made_of_anything_else_is_lost(change: dict[str, str], tmp_path: Path) -> None:
    record = fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    restore(tmp_path, contents=False)
    (path,) = tmp_path.glob("heavy-*.toml")
    toml.write(path, {"metadata": {**toml.load(path)["metadata"], **change}})
    (reason,) = lost_layers(Layers(tmp_path), record, contents=False)
    assert reason == "the heavy files of large are not in the last image"
    fill_layers(Layers(tmp_path), site_packages(tmp_path), [WHEEL], LAUNCH)
    assert path.with_suffix("").is_dir()


@pytest.mark.parametrize("text", ["large", "large a b c d", "", "../x 1 2 3", "large 5 6 many"])
def test_a_record_that_is_none_is_lost(text: str, tmp_path: Path) -> None:
    assert lost_layers(Layers(tmp_path), [text], contents=False)


def test_names_are_those_of_layers_and_none_begins_with_another(tmp_path: Path) -> None:
    wheels = [
        HeavyWheel(name, digest * 64, {}, 0)
        for digest, name in (("1", "a"), ("2", "a-222222222222"), ("3", "a" * 300), ("4", "a" * 59 + "-b"))
    ]
    layers = read_layers(fill_layers(Layers(tmp_path), tmp_path, wheels, LAUNCH))
    names = [one.name for one in layers]
    for name in names:
        check_layer_name(name, [other for other in names if other != name])


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
