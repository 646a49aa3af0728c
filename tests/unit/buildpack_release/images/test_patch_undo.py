"""Going back from a patch goes back to the very image that was patched, and loses nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from buildpack_release.images.app_image import PATCH_LABEL
from buildpack_release.images.image_references import find_places
from buildpack_release.images.patch import PatchOptions, patch
from buildpack_release.images.patch_undo import plan_undo, undo
from buildpack_release.images.tag_template import TagTemplate
from oci_registry.content import DOCKER_LIST, DOCKER_MANIFEST, Manifest
from oci_registry.store import Content
from oci_registry.testing.samples import index
from support.app_images import AppShape, layer_tar

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.images.image_references import ImagePlace
    from oci_registry.remote.client import RemoteRepository
    from unit.buildpack_release.images.conftest import Patching

OTHER_RUN_IMAGE = {"run": layer_tar({"/etc/os-release": b"ID=debian patched"}, owner=(0, 0))}


def repository(patching: Patching) -> RemoteRepository:
    return patching.registries.client(patching.host).repository("shop/web")


def places(patching: Patching) -> list[ImagePlace]:
    return list(find_places([f"{patching.host}/shop/web:1"], patching.registries))


def test_the_way_back(patching: Patching, tmp_path: Path) -> None:
    """The old image stays reachable, under a tag if one is asked for; `--undo` goes back to it, once."""
    name = patching.push("shop/web", AppShape())
    store = repository(patching)
    before = store.manifests.get("1").digest
    patching.patch(tmp_path / "s", name, options=PatchOptions(keep=TagTemplate("{tag}-{old}")))
    assert store.manifests.get("1-3.13.0").digest == before
    assert undo(plan_undo(places(patching)), say=lambda _: None) == ()
    assert store.manifests.get("1").digest == before
    (again,) = plan_undo(places(patching))
    assert (again.before, again.reason) == (None, "it was not patched")


def patched_shape(patching: Patching, **others: object) -> AppShape:
    """Return what the image at the tag would be after a patch, and something else."""
    origin = {
        "from": repository(patching).digest("1"),
        "python": "3.13.0",
        "layer": AppShape().diff_id("python"),
    }
    return AppShape(version="3.13.1", labels={PATCH_LABEL: json.dumps(origin)}, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("others", "is_lost"),
    [
        ({}, False),
        ({"archives": OTHER_RUN_IMAGE}, True),
        ({"app": "another"}, True),
        ({"architecture": "arm64"}, False),
    ],
)
def test_what_was_done_since_is_not_lost(
    patching: Patching, others: dict[str, object], is_lost: bool
) -> None:
    """A rebase for example: the old image has the old run image. Who wants that says so."""
    patching.push("shop/web", AppShape())
    patching.push("shop/web", patched_shape(patching, **others))
    (one,) = plan_undo(places(patching))
    assert (one.before is None) is is_lost
    assert one.reason.startswith("it was changed since") is is_lost
    (forced,) = plan_undo(places(patching), force=True)
    assert forced.before is not None


def test_settings_that_were_changed_since_are_not_lost(patching: Patching) -> None:
    """A label for example, as tools add them to an image."""
    patching.push("shop/web", AppShape())
    shape = patched_shape(patching)
    patching.push("shop/web", AppShape(version="3.13.1", labels={**shape.labels, "owner": "shop"}))
    (one,) = plan_undo(places(patching))
    assert one.before is None


def test_an_index_of_docker_s_goes_back_too(patching: Patching, tmp_path: Path) -> None:
    """It has no annotations, so its images tell; also if only some of them were patched the last time."""
    amd64 = AppShape(manifest_type=DOCKER_MANIFEST)
    arm64 = AppShape(manifest_type=DOCKER_MANIFEST, python={"arch": "arm64"}, architecture="arm64")
    parts = index([("amd64", amd64.content()), ("arm64", arm64.content())])
    root = Manifest.from_json({**parts.root.document, "mediaType": DOCKER_LIST})
    name = patching.push("shop/web", Content(parts.blobs, (*parts.manifests[:-1], root)))
    versions = {
        one: [AppShape(version=v, python={"arch": arch}) for v in ("3.13.0", one) for arch in archs]
        for one, archs in {"3.13.1": ("amd64", "arm64"), "3.13.2": ("amd64", "arm64")}.items()
    }
    digests = [root.digest]
    for version, shapes in versions.items():
        layers = patching.layers(
            *shapes, AppShape(version="3.13.1"), AppShape(version="3.13.1", python={"arch": "arm64"})
        )
        plan = patching.plan(name, python=version, layers=layers)
        (result,) = patch(plan, PatchOptions(), tmp_path, say=lambda _: None)
        assert result.fault is None
        digests.append(result.digest)
    for expected in reversed(digests[:-1]):
        assert undo(plan_undo(places(patching)), say=lambda _: None) == ()
        assert repository(patching).digest("1") == expected
    assert [one.reason for one in plan_undo(places(patching))] == ["it was not patched"]


def test_what_is_gone_is_told(patching: Patching) -> None:
    """A registry may have removed what has no tag."""
    patching.push("shop/web", AppShape(labels={PATCH_LABEL: json.dumps({"from": "sha256:" + "0" * 64})}))
    (one,) = plan_undo(places(patching))
    assert "is gone: sha256:0000" in one.reason
