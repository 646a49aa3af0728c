"""Heavy files in layers of their own: in the image, never restored, and always where links lead to."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_api.layers import LayerTypes
from support.component_builds import CONSUMER, NEWEST
from support.main_job import VENV
from support.uv_builds import uv_builds
from support.venv_builds import (
    VenvBuilds,
    downloads,
    reused,
    shared_pip,
    site_packages,
    text_of,
    venv_builds,
)
from support.wheels import Project, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.platform import BuildResult

SIZE = 1 << 20
LARGE = Project(
    "large",
    files={
        "large_data/deep/big.bin": "\0" * SIZE,
        "large_data/small.bin": "\0",
        "large_data/text.txt": "x" * SIZE,
        "large_data/__init__.py": "",
    },
)
OTHER = Project("other", files={"other.bin": "\0\1" * SIZE})
SMALL = Project("small")
LOWERED = {"BP_VENV_HEAVY": "1"}
BIG = "large_data/deep/big.bin"
# What a later buildpack, or the app, does with the file.
USE = "import large, os; print(os.stat(os.path.dirname(large.__file__) + '/large_data/deep/big.bin').st_size)"

LAUNCH = LayerTypes(launch=True)
ALL = LayerTypes(build=True, launch=True, cache=True)
MANAGE = f"""
import sys
{USE}
if sys.argv[1] == "shell":
    print('strata-static-files: {{"app": true, "local": false, "root": ""}}')
"""


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[VenvBuilds]:
    with venv_builds(tmp_path / "a b") as made:
        made.wanted = "build = true\nheavy-files = false"
        made.publish(LARGE, OTHER, SMALL)
        yield made


def heavy_layers(result: BuildResult) -> dict[str, tuple[LayerTypes, str]]:
    """Return types and diff ID of the layers with heavy files, by distribution."""
    found = [one for one in result.layers if one.buildpack == VENV and one.name.startswith("heavy-")]
    return {str(one.metadata["distribution"]): (one.types, one.diff_id) for one in found}


def restored(builds: VenvBuilds) -> list[str]:
    """Return the distributions of which heavy files are there after a build."""
    root = builds.root / "work space/layers/strata_app-venv"
    return sorted(path.name.rpartition("-")[2] for path in root.glob("heavy-*") if path.is_dir())


def used_at_launch(builds: VenvBuilds) -> str:
    with builds.platform().container() as container:
        return container.run(["python", "-c", USE]).stdout.strip()


def build(builds: VenvBuilds, **variables: str) -> BuildResult:
    return builds.build({**LOWERED, **variables})


def test_big_binary_files_lie_elsewhere_and_work_as_before(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("large-1.0", "small-1.0"))
    result = build(builds)
    layers = builds.root / "work space/layers/strata_app-venv"
    link = site_packages(builds) / BIG
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    digest = sha256(builds.wheels[0])
    (layer,) = layers.glob("heavy-*-large")
    assert layer.name == f"heavy-{digest[:12]}-large"
    assert link.resolve() == layer.resolve() / "files" / BIG
    assert [path.name for path in layer.iterdir()] == ["files"], "nothing with a meaning to the lifecycle"
    assert [path.name for path in layer.rglob("*") if path.is_file()] == ["big.bin"]
    for name in ("large.py", "large_data/small.bin", "large_data/text.txt"):
        assert not (site_packages(builds) / name).is_symlink()
    assert heavy_layers(result) == {"large": (LAUNCH, result.layer(VENV, layer.name).diff_id)}
    assert result.layer(VENV, "venv").size < SIZE * 2
    assert "Heavy files in layers of their own (1.0 MB): large" in text_of(result)
    assert used_at_launch(builds) == str(SIZE)


def test_nothing_of_it_is_restored_when_the_environment_is_reused(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("large-1.0"))
    first = build(builds)
    second = build(builds)
    assert reused(second)
    assert restored(builds) == []
    assert heavy_layers(second) == heavy_layers(first)
    assert used_at_launch(builds) == str(SIZE)
    third = build(builds)
    assert (reused(third), restored(builds)) == (True, [])


@pytest.mark.parametrize(
    ("image", "cache", "there"), [(True, False, ["large"]), (False, True, []), (True, True, ["large"])]
)
def test_whatever_is_gone_the_image_has_what_links_lead_to(
    builds: VenvBuilds, *, image: bool, cache: bool, there: list[str]
) -> None:
    """The image alone, the cache alone, and both, as with ``--clear-cache`` and another tag."""
    builds.require(*builds.locked("large-1.0"))
    first = build(builds)
    builds.platform().store.forget(image=image, cache=cache)
    downloads(builds)
    second = build(builds)
    assert not reused(second)
    assert downloads(builds) == ["large-1.0"]
    lost = "is made anew: the heavy files of large are not in the last image" in text_of(second)
    assert lost == (image and not cache)
    assert restored(builds) == there, "where the last image has it, it is not made again"
    assert heavy_layers(second) == heavy_layers(first)
    assert second.layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id
    assert used_at_launch(builds) == str(SIZE)
    assert reused(build(builds))


def test_an_image_of_another_tag_may_lack_the_layer(builds: VenvBuilds) -> None:
    """One cache serves all tags of a name: the image that is taken for the last one may be an older one."""
    image = builds.platform().store.image
    builds.require(*builds.locked("small-1.0"))
    build(builds)
    older = (builds.platform().workspace.store / "image.json").read_text()
    builds.require(*builds.locked("large-1.0"))
    build(builds)
    (builds.platform().workspace.store / "image.json").write_text(older)
    again = build(builds)
    assert not reused(again)
    assert image() is not None
    assert used_at_launch(builds) == str(SIZE)


def test_what_is_unchanged_is_moved_with_its_links(builds: VenvBuilds) -> None:
    """The files are neither restored nor installed again, and the environment is as a new one would be."""
    builds.publish(Project("small", "2.0"))
    builds.require(*builds.locked("large-1.0", "other-1.0", "small-1.0"))
    first = build(builds)
    builds.require(*builds.locked("large-1.0", "other-1.0", "small-2.0"))
    second = build(builds)
    assert not reused(second)
    assert "their files are the same: 2 of 3 packages" in text_of(second)
    assert restored(builds) == []
    assert heavy_layers(second) == heavy_layers(first)
    assert used_at_launch(builds) == str(SIZE)
    third = build(builds)
    assert reused(third)
    fresh = builds.build(LOWERED, clear=True)
    assert fresh.layer(VENV, "venv").diff_id == second.layer(VENV, "venv").diff_id
    assert fresh.layer(VENV, "venv").metadata == second.layer(VENV, "venv").metadata
    assert heavy_layers(fresh) == heavy_layers(first)


@pytest.mark.parametrize("gone", ["image", "contents"])
def test_links_that_would_lead_nowhere_are_not_moved(builds: VenvBuilds, gone: str) -> None:
    builds.publish(Project("small", "2.0"))
    builds.require(*builds.locked("large-1.0", "small-1.0", "other-1.0"))
    first = build(builds)
    builds.require(*builds.locked("large-1.0", "small-2.0", "other-1.0"))
    if gone == "image":
        builds.platform().store.forget(image=True, cache=False)
    else:
        builds.wanted, builds.consumer = "build = true", f'python -c "{USE}"'
    downloads(builds)
    second = build(builds)
    assert "their files are the same" not in text_of(second)
    assert sorted(downloads(builds)) == ["large-1.0", "other-1.0", "small-2.0"]
    assert {name: digest for name, (_, digest) in heavy_layers(second).items()} == {
        name: digest for name, (_, digest) in heavy_layers(first).items()
    }
    assert used_at_launch(builds) == str(SIZE)
    if gone == "contents":
        builds.require(*builds.locked("large-1.0", "small-1.0", "other-1.0"))
        third = build(builds)
        assert "their files are the same: 2 of 3 packages" in text_of(third)
        assert third.run(CONSUMER).printed == f"{SIZE}\n"


def test_what_a_later_buildpack_writes_through_a_link_does_not_stay(builds: VenvBuilds) -> None:
    """It is in the cache with the layer; the file that a link leads to counts like one that is moved."""
    builds.publish(Project("small", "2.0"))
    builds.wanted = "build = true"
    builds.consumer = f'cd "$VIRTUAL_ENV"/lib/*/site-packages\nprintf x >>{BIG}\n'
    builds.require(*builds.locked("large-1.0", "small-1.0"))
    build(builds)
    builds.consumer = ""
    builds.require(*builds.locked("large-1.0", "small-2.0"))
    changed = build(builds)
    fresh = builds.build(LOWERED, clear=True)
    assert heavy_layers(changed) == heavy_layers(fresh)
    assert changed.layer(VENV, "venv").diff_id == fresh.layer(VENV, "venv").diff_id


def test_another_size_or_none_moves_nothing(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("large-1.0", "other-1.0"))
    build(builds)
    higher = build(builds, BP_VENV_HEAVY="2")
    assert heavy_layers(higher).keys() == {"other"}
    assert used_at_launch(builds) == str(SIZE)


def test_a_build_that_loads_them_has_them_and_the_next_one_gets_them_back(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("large-1.0"))
    first = build(builds)
    builds.wanted, builds.consumer = "build = true", f'python -c "{USE}"'
    second = build(builds)
    assert "anew: the heavy files of large are not there, and this build may load them" in " ".join(
        text_of(second).split()
    )
    assert second.run(CONSUMER).printed == f"{SIZE}\n"
    assert heavy_layers(second) == {"large": (ALL, heavy_layers(first)["large"][1])}
    third = build(builds)
    assert reused(third)
    assert third.run(CONSUMER).printed == f"{SIZE}\n"
    builds.wanted, builds.consumer = "build = true\nheavy-files = false", ""
    fourth = build(builds)
    assert reused(fourth)
    assert heavy_layers(fourth) == heavy_layers(first)
    fifth = build(builds)
    assert (reused(fifth), restored(builds)) == (True, [])
    assert used_at_launch(builds) == str(SIZE)


def test_the_first_build_may_load_them(builds: VenvBuilds) -> None:
    builds.wanted, builds.consumer = "build = true", f'python -c "{USE}"'
    builds.require(*builds.locked("large-1.0"))
    assert build(builds).run(CONSUMER).printed == f"{SIZE}\n"
    second = build(builds)
    assert reused(second)
    assert second.run(CONSUMER).printed == f"{SIZE}\n"


def test_static_files_of_django_are_collected_with_them_in_every_build(builds: VenvBuilds) -> None:
    """A project's settings and models import whatever the app imports."""
    builds.publish(Project("django"))
    builds.require(*builds.locked("large-1.0", "django-1.0"))
    (builds.app / "manage.py").write_text(MANAGE)
    for is_reused in (False, True, True):
        result = build(builds)
        assert reused(result) is is_reused
        assert "collected into the storage that the settings name" in text_of(result)
        assert [types for types, _ in heavy_layers(result).values()] == [ALL]
    result = build(builds, BP_DJANGO_COLLECTSTATIC="off")
    assert (reused(result), [types for types, _ in heavy_layers(result).values()]) == (True, [LAUNCH])


def test_the_layer_is_the_same_for_all_apps_and_tools(builds: VenvBuilds, tmp_path: Path) -> None:
    builds.require(*builds.locked("large-1.0", "small-1.0"))
    first = heavy_layers(build(builds))["large"]
    builds.require("large", "other")
    second = heavy_layers(build(builds))
    assert second["large"] == first
    assert second.keys() == {"large", "other"}
    with uv_builds(tmp_path / "uv") as with_uv:
        with_uv.wanted = builds.wanted
        with_uv.publish(LARGE, SMALL, Project("small", "2.0"))
        for version, moved in (("1.0", False), ("2.0", True)):
            with_uv.project("large", f"small=={version}")
            with_uv.uv_lock()
            result = build(with_uv)
            assert heavy_layers(result) == {"large": first}
            assert ("their files are the same: 1 of 2 packages" in text_of(result)) is moved
            assert result.layer(VENV, "uv-cache").size < SIZE, "what is moved is not asked for again"
            assert restored(with_uv) == ([] if moved else ["large"])
        assert used_at_launch(with_uv) == str(SIZE)
        assert reused(build(with_uv))


def test_small_apps_and_those_that_say_so_have_none(builds: VenvBuilds) -> None:
    """By default the files of this test are small."""
    builds.require(*builds.locked("large-1.0"))
    usual = builds.build()
    off = build(builds, BP_VENV_HEAVY="off")
    assert not reused(off)
    assert heavy_layers(usual) == heavy_layers(off) == {}
    assert usual.layer(VENV, "venv").diff_id == off.layer(VENV, "venv").diff_id
    assert not (site_packages(builds) / BIG).is_symlink()
    assert heavy_layers(build(builds)) != {}
    assert heavy_layers(build(builds, BP_VENV_HEAVY="off")) == {}
    assert used_at_launch(builds) == str(SIZE)


def test_a_wrong_value_is_told(builds: VenvBuilds) -> None:
    builds.require("large")
    assert "BP_VENV_HEAVY is 'many'" in builds.failure(BP_VENV_HEAVY="many")


def run(command: list[str], env: dict[str, str]) -> str:
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def test_pip_uninstalls_and_upgrades_what_is_linked(builds: VenvBuilds) -> None:
    builds.require(*builds.locked("large-1.0", "small-1.0"))
    build(builds)
    root, pip = site_packages(builds), shared_pip(NEWEST)
    python = root.parents[2] / "bin/python"
    env = {**os.environ, "PYTHONPATH": str(next(pip.glob("lib/*/site-packages")))}
    listed = run([str(python), "-m", "pip", "check"], env)
    assert listed == "No broken requirements found.\n"
    run([str(python), "-m", "pip", "uninstall", "--yes", "large"], env)
    assert not os.path.lexists(root / BIG)
    assert not list(root.glob("large*"))
    assert restored(builds) == ["large"], "a layer below is none of pip's business"
    index = f"--index-url={builds.server.url}/simple/"
    run([str(python), "-m", "pip", "install", index, "large"], env)
    assert (root / BIG).stat().st_size == SIZE
    assert not (root / BIG).is_symlink()
