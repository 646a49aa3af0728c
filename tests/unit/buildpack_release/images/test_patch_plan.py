"""Which images are patched, and why others are not: each refusal has its reason, and nothing is guessed."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app_venv.heavy.heavy_layers import HeavyKey
from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.images.app_image import AppImage
from buildpack_release.images.exported_layer import header
from buildpack_release.images.image_references import find_places
from buildpack_release.images.known_runtime import KnownRuntime, RuntimeLayers
from buildpack_release.images.patch_plan import PatchState
from buildpack_release.images.patch_rules import Verdict, judge_layers
from oci_registry.content import DOCKER_LAYER, Manifest
from oci_registry.reading import read_image
from oci_registry.store import Content
from oci_registry.testing.samples import image, index
from support.app_images import LOCATION, RUNTIME, VENV, AppShape, layer_tar

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.images.patch_plan import PlannedPatch
    from unit.buildpack_release.images.conftest import Patching

LIBPYTHON = f"{LOCATION}/cpython/lib/libpython3.13.so.1.0"


def reasons(plan: tuple[PlannedPatch, ...]) -> tuple[str, ...]:
    (one,) = plan
    assert one.state is PatchState.REFUSED, one
    return tuple(reason for image in one.images for reason in image.reasons)


def heroku() -> AppShape:
    """An image as heroku/buildpacks-python makes it: a layer `python` of its own form."""
    layer = {
        "sha": "sha256:" + "0" * 64,
        "data": {
            "arch": "amd64",
            "distro_name": "ubuntu",
            "distro_version": "24.04",
            "python_version": "3.13.0",
        },
        "launch": True,
    }
    return AppShape(
        runtime="heroku/python",
        more_buildpacks=({"key": "heroku/python", "version": "6.5.6", "layers": {"venv": layer}},),
    )


def test_what_is_done_to_each(patching: Patching) -> None:
    """Of a whole namespace: only what is ours, of the line, older, and sound."""
    shapes = {
        "old": AppShape(version="3.13.0"),
        "current": AppShape(version="3.13.1"),
        "other": AppShape(version="3.12.0"),
        "heroku": heroku(),
        "foreign": None,
        "pinned": AppShape(python={"constraints": [".python-version: ==3.13.0"]}),
    }
    names = {
        patching.push(f"shop/{name}", shape.content() if shape else image(b"layer")): name
        for name, shape in shapes.items()
    }
    plan = patching.plan(f"{patching.host}/shop/*", f"{patching.host}/shop/none:1")
    assert {names.get(one.place.name, "none"): one.state.value for one in plan} == {
        "old": "patch",
        "current": "current",
        "other": "other line",
        "heroku": "not ours",
        "foreign": "not ours",
        "pinned": "refused",
        "none": "unread",
    }


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (
            AppShape(python={"constraints": ["pyproject.toml: <3.13.1,>=3.10"]}),
            "the app asks for another Python",
        ),
        (AppShape(python={"recipe": "2"}), "recipe differs"),
        (AppShape(python={"bytecode": False}), "bytecode differs"),
        (AppShape(python={"novelty": "x"}), "of a form that is not known: novelty"),
        (AppShape(without=("sha256",)), "of a form that is not known: no sha256"),
        (AppShape(architecture="arm64"), "the image is for linux/arm64, and its Python is not"),
        (AppShape(python_files={f"{LOCATION}/evil": b"x"}), "somebody changed it"),
        (
            AppShape(venv={"python": "3.13.0"}),
            "strata/app-venv:venv names Python 3.13.0 in its metadata (python)",
        ),
        (
            AppShape(venv={"conditions": ['python_full_version < "3.13.1"']}),
            "is no longer what it was when strata/app-venv:venv was made",
        ),
        (
            AppShape(venv={"needs_libpython": ["lib/uwsgi.so"]}),
            "libpython is needed by lib/uwsgi.so, and the new layer has no shared one",
        ),
        (
            AppShape(
                more_buildpacks=(
                    {
                        "key": "acme/native",
                        "version": "1",
                        "layers": {"x": {"sha": "sha256:x", "launch": True, "data": {"built": "for 3.13.0"}}},
                    },
                )
            ),
            "acme/native:x names Python 3.13.0",
        ),
        (AppShape(archives={"sbom": b"no archive"}), "the bills of materials"),
        (AppShape(bill="sha256:" + "0" * 64), "no layer with the bills of materials that its label names"),
        (AppShape(without=("version",)), "do not say which one it is"),
    ],
)
def test_what_cannot_be_patched_is_refused_with_the_reason(
    patching: Patching, shape: AppShape, reason: str
) -> None:
    """Also if it is asked to go on: this is certain."""
    name = patching.push("shop/web", shape)
    assert any(reason in found for found in reasons(patching.plan(name, force=True)))


def test_layers_of_heavy_files_do_not_depend_on_the_patch(patching: Patching) -> None:
    key = HeavyKey("4", "large", "0" * 64, "1" * 64, "/layers/strata_app-venv/heavy-000000000000-large")
    layer = {"sha": "sha256:x", "launch": True, "data": key.to_metadata()}
    entry = {"key": "strata/app-venv", "version": "1", "layers": {"heavy-000000000000-large": layer}}
    name = patching.push("shop/web", AppShape(more_buildpacks=(entry,)))
    (one,) = patching.plan(name)
    assert (one.state, one.images[0].warnings) == (PatchState.PATCH, ())


@pytest.mark.parametrize("key", ["constraints", "conditions", "made_by"])
def test_what_is_not_recorded_is_a_doubt(patching: Patching, key: str) -> None:
    """It refuses, unless it is asked to go on; then it is told."""
    name = patching.push("shop/web", AppShape(without=(key,)))
    assert any("--force goes on" in reason for reason in reasons(patching.plan(name)))
    (one,) = patching.plan(name, force=True)
    assert one.state is PatchState.PATCH
    assert any("not recorded" in warning for warning in one.images[0].warnings)


def test_a_downgrade_is_refused(patching: Patching) -> None:
    name = patching.push("shop/web", AppShape(version="3.13.1"))
    found = reasons(patching.plan(name, python="3.13.0", force=True))
    assert any("would be a downgrade from 3.13.1" in one for one in found)


def test_other_owners_need_another_layer(patching: Patching) -> None:
    """Two builders, two layers: that of the right one is taken."""
    layers = patching.layers(
        *(AppShape(version=v, owner=o) for v in ("3.13.0", "3.13.1") for o in ((1, 2), (3, 4)))
    )
    name = patching.push("shop/web", AppShape(owner=(3, 4)))
    (one,) = patching.plan(name, layers=layers)
    assert one.state is PatchState.PATCH
    assert one.images[0].runtime is not None
    assert one.images[0].runtime.place.uid == 3


def test_a_layer_that_is_there_twice_is_refused(patching: Patching) -> None:
    """Which of them is meant, nobody could say."""
    shape = AppShape()
    name = patching.push("shop/web", AppShape(archives={"launcher": shape.layers["python"]}))
    assert any("is there 2 times" in one for one in reasons(patching.plan(name)))


def test_an_old_layer_that_nobody_knows_is_a_doubt(patching: Patching) -> None:
    """It cannot be held against what was released."""
    name = patching.push("shop/web", AppShape())
    (one,) = patching.plan(name)
    runtime = one.images[0].runtime
    assert runtime is not None
    app = AppImage(read_image(one.place.store, one.place.manifest()))
    verdict = Verdict()
    judge_layers(app, app.buildpack_layers[0], ReleaseError("no archive"), runtime, verdict)
    assert verdict.doubts == ["whether its layer is as it was released is not known: no archive"]
    assert not verdict.refusals


def test_a_processor_without_any_python_stops_no_others(patching: Patching) -> None:
    """A catalogue of one's own may be for some of a fleet's processors alone."""
    ours = patching.push("shop/web", AppShape())
    other = patching.push("shop/other", AppShape(architecture="s390x", python={"arch": "s390x"}))
    one, two = patching.plan(ours, other)
    assert one.state is PatchState.PATCH
    assert reasons((two,)) == ("the catalogue has no Python for linux/s390x",)


def test_a_layer_that_cannot_be_made_stops_no_others(
    patching: Patching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an image says may be what nobody can build. If that was all, it is the error of the run."""
    monkeypatch.setenv("STRATA_CACHE_DIR", str(tmp_path / "a cache"))
    strange = AppShape(
        python={"location": "/layers/python"}, archives={"python": layer_tar({"/layers/python/a": b""})}
    )
    names = [patching.push("shop/web", AppShape()), patching.push("shop/strange", strange)]
    layers = patching.layers()
    one, two = patching.plan(*names, layers=layers)
    assert one.state is PatchState.PATCH
    assert reasons((two,)) == (
        "its new layer cannot be made: /layers/python is no place of a layer called python",
    )
    with pytest.raises(CheckFailed, match="is no place of a layer"):
        patching.plan(names[1], layers=layers)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (AppShape(python={"location": "/layers/../x/python"}), "a layer cannot be at '/layers/../x/python'"),
        (AppShape(python={"keep": ["a\0b"]}), "which no build would have written"),
        (AppShape(labels={"io.buildpacks.base.distro.name": "a\nb"}), "which no build would have written"),
        (AppShape(venv={"path": "\ud800"}), "half a character"),
    ],
)
def test_what_no_build_has_written_is_refused(patching: Patching, shape: AppShape, reason: str) -> None:
    """It would become paths and variables of a build on this machine, and documents."""
    location = str(shape.python.get("location", LOCATION))
    names = ["/".join(location.split("/")[: count + 1]) for count in range(1, location.count("/") + 1)]
    if location != LOCATION:
        folders = (header(one, mode=0o755, owner=(0, 0), kind=tarfile.DIRTYPE) for one in names)
        shape = replace(shape, archives={"python": b"".join(folders) + bytes(1024)})
    name = patching.push("shop/web", shape)
    assert any(reason in found for found in reasons(patching.plan(name, force=True)))


def test_a_damaged_layer_gets_into_no_image(patching: Patching) -> None:
    """An image whose configuration speaks of another layer than is there could not be unpacked anywhere."""
    name = patching.push("shop/web", AppShape())
    sound = AppShape(version="3.13.1").content()
    other = AppShape(version="3.13.1", python_files={f"{LOCATION}/other": b"x"}).content().blobs[1]
    document = json.loads(sound.root.content)
    document["layers"][1] = other.descriptor(DOCKER_LAYER).to_json()
    damaged = Content((*sound.blobs, other), (Manifest.from_json(document),))
    names = [patching.push("released/old", AppShape()), patching.push("released/new", damaged)]
    places = find_places(names, patching.registries)
    layers = RuntimeLayers(
        patching.command, [one for place in places for one in KnownRuntime.all_in(place, RUNTIME)]
    )
    with pytest.raises(CheckFailed, match=r"the layer of Python 3\.13\.1 in .*released/new is damaged"):
        patching.plan(name, layers=layers)


def test_an_index_is_patched_whole_or_not_at_all(patching: Patching) -> None:
    """If one platform is refused, the tag does not move."""
    good = AppShape()
    bad = AppShape(python={"arch": "arm64", "constraints": ["x: ==3.13.0"]}, architecture="arm64")
    layers = patching.layers(
        AppShape(), AppShape(version="3.13.1"), AppShape(version="3.13.1", python={"arch": "arm64"})
    )
    name = patching.push("shop/both", index([("amd64", good.content()), ("arm64", bad.content())]))
    (one,) = patching.plan(name, layers=layers)
    assert one.state is PatchState.REFUSED
    assert one.new_root is None


def test_the_buildpack_is_that_of_the_repository(patching: Patching) -> None:
    """The names that this file takes for granted."""
    assert (patching.command.buildpack.id, VENV) == (RUNTIME, "strata/app-venv")
