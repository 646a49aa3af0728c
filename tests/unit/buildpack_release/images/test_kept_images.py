"""Whoever names all tags does not patch what is there to go back to, nor what was patched already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.images.kept_images import leave_kept
from buildpack_release.images.patch import PatchOptions, patch
from buildpack_release.images.patch_plan import PatchState
from buildpack_release.images.tag_template import TagTemplate
from oci_registry.testing.samples import index
from support.app_images import AppShape

if TYPE_CHECKING:
    from pathlib import Path

    from unit.buildpack_release.images.conftest import Patching

KEEP = PatchOptions(keep=TagTemplate("{tag}-py{old}"))
APART = PatchOptions(to_tag=TagTemplate("{tag}-py{python}"))


def run(patching: Patching, scratch: Path, options: PatchOptions, text: str = "shop/*") -> dict[str, str]:
    """Patch what a text names, and return what was planned for each tag."""
    plan = leave_kept(patching.plan(f"{patching.host}/{text}"), options)
    scratch.mkdir(exist_ok=True)
    results = patch(plan, options, scratch, say=lambda _: None)
    assert [one.fault for one in results] == [None] * len(results)
    return {one.place.tag: one.state.value for one in plan}


def test_the_old_image_that_is_kept_stays_as_it_is(patching: Patching, tmp_path: Path) -> None:
    """When it is run again with the same options."""
    patching.push("shop/web", AppShape())
    store = patching.registries.client(patching.host).repository("shop/web")
    before = store.digest("1")
    assert run(patching, tmp_path / "s", KEEP) == {"1": "patch"}
    after = store.digest("1")
    assert run(patching, tmp_path / "s", KEEP) == {"1": "current", "1-py3.13.0": "kept"}
    assert {tag: store.digest(tag) for tag in store.tags()} == {"1": after, "1-py3.13.0": before}
    # Named alone it is an image like any other.
    assert run(patching, tmp_path / "s", KEEP, "shop/web:1-py3.13.0") == {"1-py3.13.0": "patch"}


def test_all_tags_of_an_image_are_patched(patching: Patching, tmp_path: Path) -> None:
    """Also if a run was killed when it had moved one of them: the others are not kept for anything."""
    for tag in ("1", "1.2", "latest"):
        patching.push("shop/web", AppShape(), tag)
    run(patching, tmp_path / "s", KEEP, "shop/web:1.2")
    planned = run(patching, tmp_path / "s", KEEP)
    assert planned == {"1": "patch", "1.2": "current", "1.2-py3.13.0": "kept", "latest": "patch"}
    store = patching.registries.client(patching.host).repository("shop/web")
    assert len({store.digest(tag) for tag in ("1", "1.2", "latest")}) == 1


def test_a_run_that_ended_before_the_tag_moved_is_gone_on_with(patching: Patching, tmp_path: Path) -> None:
    """Both tags are at the old image then; one of them is the kept one."""
    image = AppShape()
    for tag in ("1", "1-py3.13.0"):
        patching.push("shop/web", image, tag)
    assert run(patching, tmp_path / "s", KEEP) == {"1": "patch", "1-py3.13.0": "kept"}


def test_an_index_that_is_kept_stays_as_it_is(patching: Patching, tmp_path: Path) -> None:
    patching.push("shop/web", index([("amd64", AppShape().content())]))
    run(patching, tmp_path / "s", KEEP)
    assert run(patching, tmp_path / "s", KEEP) == {"1": "current", "1-py3.13.0": "kept"}


def test_what_was_made_under_a_tag_of_its_own_is_not_made_again_of_that(
    patching: Patching, tmp_path: Path
) -> None:
    """A patch later the image itself is patched anew, and not what an earlier patch has made of it."""
    patching.push("shop/web", AppShape())
    patching.push("shop/web", AppShape(app="patched before"), "1-py3.13.0")
    assert run(patching, tmp_path / "s", APART) == {"1": "patch", "1-py3.13.0": "kept"}
    planned = {"1": "patch", "1-py3.13.0": "kept", "1-py3.13.1": "current"}
    assert run(patching, tmp_path / "s", APART) == planned


def test_the_same_tag_of_another_repository_is_another_image(patching: Patching) -> None:
    for name, tag in (("shop/web", "1"), ("shop/api", "1-py3.13.0")):
        patching.push(name, AppShape(), tag)
    plan = leave_kept(patching.plan(f"{patching.host}/shop/*"), KEEP)
    assert [one.state for one in plan] == [PatchState.PATCH] * 2
