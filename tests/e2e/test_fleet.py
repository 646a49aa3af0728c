"""Images of the real lifecycle are looked after: the layer of their Python is made anew, and exchanged.

A patched image runs, is rebased by the lifecycle, and the next build goes on from it.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.images.exported_layer import LayerPlace
from buildpack_release.images.image_references import single_place
from buildpack_release.images.known_runtime import RuntimeLayers
from buildpack_release.images.patch import PatchOptions, patch
from buildpack_release.images.patch_plan import PatchRules, PatchState, Planner
from buildpack_release.images.patch_undo import plan_undo, undo
from buildpack_release.images.runtime_command import RuntimeCommand
from buildpack_release.images.tag_template import TagTemplate
from buildpack_release.model.repository import Repository
from buildpack_release.progress import say
from buildpack_testing.cnb import app_container
from buildpack_testing.cnb.base_images import GROUP_ID, USER_ID
from buildpack_testing.cnb.built_image import BuiltImage
from buildpack_testing.cnb.creator import PLATFORM_API, Creator
from buildpack_testing.cnb.podman import ContainerSettings, Mount
from buildpack_testing.local_sources import mirror_variables
from buildpack_testing.runtime_set import make_set
from buildpack_testing.runtimes import make_runtimes
from oci_registry.blob_source import BlobSource
from oci_registry.content import CONFIG, Document, Manifest, canonical_json, sha256
from oci_registry.content import LAYER as LAYER_TYPE
from oci_registry.reading import read_tree
from oci_registry.reference import Reference
from oci_registry.remote.registries import Registries
from oci_registry.store import Content
from support.app_images import layer_tar
from support.main_job import ROOT, RUNTIME, VENV
from support.needs import lack, need
from support.python_archives import real_archives
from support.sample_builds import LAYERS, RUNTIMES, SAMPLES, VENV_TREE, changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildpack_release.images.patch import PatchResult
    from support.sample_builds import SampleBuilds

LINE = "3.13"
PLACE = f"{LAYERS}/strata_python-runtime/python"
LAYER = f"{RUNTIME}:python"
ALL, ONLY_OLD = f"{RUNTIMES}/runtimes.toml", f"{RUNTIMES}/old/runtimes.toml"
"""Catalogues of builders: with both patches, and with the older one alone."""


@dataclass(frozen=True)
class TwoPatches:
    """Two patches of one line, builds with either, and the command that makes their layers."""

    builds: SampleBuilds
    old: str
    new: str
    command: RuntimeCommand

    def built(self, place: str, version: str, *, catalogue: str = ALL) -> BuiltImage:
        """Build the Flask sample, or build it again, with one of the catalogues."""
        flask = SAMPLES["flask"]
        variables = {"BP_PYTHON_VERSION": version, "BP_PYTHON_RUNTIMES": catalogue}
        return self.builds.another(place, flask.app, flask.command, variables)

    def patched(self, reference: str, scratch: Path) -> PatchResult:
        """Patch an image to the newest patch; the layers are made here."""
        registries = self.command.registries
        planner = Planner(PatchRules(RUNTIME, LINE), RuntimeLayers(self.command))
        plan = planner.plan([single_place(reference, registries)])
        (found,) = plan[0].images
        assert plan[0].state is PatchState.PATCH, found.reasons
        (result,) = patch(plan, PatchOptions(keep=TagTemplate("{tag}-{old}")), scratch, say=say)
        assert result.fault is None
        return result


@pytest.fixture(scope="module")
def patches(samples: SampleBuilds, scratch: Path) -> Iterator[TwoPatches]:
    """A patch of this machine's, and a later one as python-build-standalone has released it."""
    need("mount namespaces")
    installed = make_runtimes(report=say)
    released = real_archives(minors=frozenset({LINE}))
    archives = [*(one for one in installed.archives if one.minor == LINE), *released.archives]
    if len({one.version for one in archives}) < 2:
        lack(f"missing: a CPython {LINE} other than {released.archives[0].version}")
    archives.sort(key=lambda one: one.version)
    both = make_set(archives, scratch / "two patches")
    make_set(archives[:1], both.directory / "old")
    with mirror_variables(both) as mirror, Registries(report=say) as registries:
        variables = {**samples.feed.variables, "BP_DEPENDENCY_MIRROR": mirror["BP_DEPENDENCY_MIRROR"]}
        feed = replace(samples.feed, runtimes=both, variables=variables)
        with pytest.MonkeyPatch.context() as environment:
            for name, value in mirror.items():
                environment.setenv(name, value)
            command = RuntimeCommand.of(Repository.discover(ROOT), registries, say)
            old, new = (one.version for one in both.archives)
            yield TwoPatches(replace(samples, feed=feed), old, new, command)


@dataclass(frozen=True, kw_only=True)
class OtherOwners(Creator):
    """A builder whose layers directory belongs to root, and may be written to by everybody."""

    def _lay_out(self, app: Path, variables: Mapping[str, str]) -> None:
        super()._lay_out(app, variables)
        os.chown(self.state / "layers", 0, 0)
        (self.state / "layers").chmod(0o1777)


@pytest.fixture(scope="module")
def before(patches: TwoPatches) -> BuiltImage:
    """An app that asks for the line, from a builder that knows its older patch alone."""
    return patches.built("patched", LINE, catalogue=ONLY_OLD)


@pytest.fixture(scope="module")
def after(patches: TwoPatches, before: BuiltImage, tmp_path_factory: pytest.TempPathFactory) -> BuiltImage:
    """The same image, patched."""
    result = patches.patched(before.reference, tmp_path_factory.mktemp("scratch"))
    found = patches.builds.registry.read(before.reference)
    assert found.digest == result.digest != before.digest
    return BuiltImage(result.address, found, {}, "")


def test_the_layer_is_that_of_the_lifecycle(patches: TwoPatches, before: BuiltImage) -> None:
    """Bit for bit, made without Docker: for the usual owners, and like an image."""
    registry, registries = patches.builds.registry, patches.command.registries
    usual = patches.command.order(patches.old, "", LayerPlace.usual(PLACE, USER_ID, GROUP_ID))
    repository, _, _ = before.reference.rpartition(":")
    image = single_place(f"{repository}@{before.digest}", registries)
    like = patches.command.order_like(image, patches.old, "")
    assert like.place == usual.place
    patches.command.make(like, f"{registry.address}/runtimes/python:{patches.old}")
    made = registry.read(f"{registry.address}/runtimes/python:{patches.old}")
    assert made.config["rootfs"]["diff_ids"][0] == before.launch_layers[LAYER]


def test_the_layer_of_another_builder_has_its_owners(patches: TwoPatches, before: BuiltImage) -> None:
    """Who owns the parents is part of a layer, so two builders give two layers: like the image, like its."""
    flask, registry = SAMPLES["flask"], patches.builds.registry
    creator = OtherOwners(
        podman=patches.builds.podman,
        image=patches.builds.build_image,
        lifecycle=patches.builds.lifecycle,
        state=patches.builds.root / "other owners",
        mounts=(patches.builds.feed.mount,),
    )
    built = creator.into_registry(
        flask.app,
        patches.builds.composite(),
        registry=registry,
        run_image=patches.builds.run_image,
        name="other-owners/app:1",
        variables={
            **patches.builds.feed.variables,
            "BP_PYTHON_RUNTIMES": ALL,
            "BP_PYTHON_VERSION": patches.old,
            "WEB_COMMAND": flask.command,
        },
    )
    like = patches.command.order_like(
        single_place(built.reference, patches.command.registries), patches.old, ""
    )
    assert (like.place.parents[0].uid, like.place.parents[0].mode) == (0, 0o1777)
    patches.command.make(like, f"{registry.address}/runtimes/python:other")
    image = registry.read(f"{registry.address}/runtimes/python:other")
    assert image.config["rootfs"]["diff_ids"][0] == built.launch_layers[LAYER]
    assert built.launch_layers[LAYER] != before.launch_layers[LAYER]


def test_a_patched_image_runs_with_the_other_python(
    patches: TwoPatches, before: BuiltImage, after: BuiltImage
) -> None:
    """The same page, from the same environment; nothing but Python and what speaks of it has changed."""
    podman = patches.builds.podman
    assert changed(before, after) == {LAYER, "sbom"}
    assert after.layer_metadata[LAYER]["version"] == patches.new
    image = app_container.load(podman, after)
    with app_container.serve(podman, image) as app:
        assert SAMPLES["flask"].answer in app.fetch().body
        version = app.container.execute(f"{VENV_TREE}/bin/python", "-V").stdout.decode()
        assert version.split() == ["Python", patches.new]
        code = "import importlib.metadata as m; print(m.version('flask'))"
        assert app.container.execute(f"{VENV_TREE}/bin/python", "-c", code).stdout.strip()


def test_the_layer_is_that_of_a_build_with_the_other_python(patches: TwoPatches, after: BuiltImage) -> None:
    """Bit for bit, and so are the bills of materials of all layers."""
    built = patches.built("built-with-new", LINE)
    assert built.launch_layers[LAYER] == after.launch_layers[LAYER]
    assert built.lifecycle_metadata["sbom"] == after.lifecycle_metadata["sbom"]


def test_other_tools_read_a_patched_image(patches: TwoPatches, before: BuiltImage, after: BuiltImage) -> None:
    """Skopeo lists the same layers in the same order, but for two."""
    listed = []
    for reference in (f"{before.reference}-{patches.old}", after.reference):
        command = ["skopeo", "inspect", "--tls-verify=false", f"docker://{reference}"]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
        listed.append(json.loads(found.stdout)["Layers"])
    differing = [at for at, pair in enumerate(zip(*listed, strict=True)) if pair[0] != pair[1]]
    assert len(differing) == 2
    assert differing[0] == 1


def test_the_lifecycle_rebases_a_patched_image(patches: TwoPatches, after: BuiltImage) -> None:
    """Onto another run image; all else stays, the exchanged layer too. Going back would undo that as well."""
    builds = patches.builds
    run_image = _another_run_image(patches)
    repository, _, _ = after.reference.partition("@")
    settings = ContainerSettings(
        mounts=(Mount(builds.lifecycle.directory, "/cnb/lifecycle"),),
        environment={"CNB_PLATFORM_API": PLATFORM_API},
        user=f"{USER_ID}:{GROUP_ID}",
        entrypoint="/cnb/lifecycle/rebaser",
    )
    # By force: the images of these tests do not name a run image that they may be rebased onto.
    options = ("-force", "-run-image", run_image, "-report", "/tmp/report.toml")
    arguments = (*options, "-previous-image", after.reference)
    builds.podman.run(builds.build_image, *arguments, f"{repository}:rebased", settings=settings)
    rebased = BuiltImage("", builds.registry.read(f"{repository}:rebased"), {}, "")
    assert changed(after, rebased) == {"run image"}
    assert after.launch_layers[LAYER] in rebased.diff_ids
    (back,) = plan_undo([single_place(f"{repository}:rebased", patches.command.registries)])
    assert (back.before, back.reason.partition(",")[0]) == (None, "it was changed since it was patched")


def _another_run_image(patches: TwoPatches) -> str:
    """Push the run image with one more layer, and return its reference."""
    builds = patches.builds
    place = single_place(builds.run_image, patches.command.registries)
    (found,) = read_tree(place.store, place.manifest()).images
    archive = layer_tar({"/etc/patched": b"yes"}, owner=(0, 0))
    blob = BlobSource.from_bytes(gzip.compress(archive))
    config = json.loads(json.dumps(found.config))
    config["rootfs"]["diff_ids"].append(sha256(archive))
    config.get("history", []).append({"created_by": "more"})
    written = Document.of(CONFIG, config)
    layers = [*(one.to_json() for one in found.manifest.layers), blob.descriptor(LAYER_TYPE).to_json()]
    document = {**found.manifest.document, "config": written.descriptor().to_json(), "layers": layers}
    manifest = Manifest(found.manifest.media_type, canonical_json(document))
    store = patches.command.registries.repository(Reference.parse(builds.run_image))
    store.push(Content((blob, BlobSource.from_bytes(written.content)), (manifest,)), ["more"])
    return f"{store.name}:more"


def test_the_next_build_goes_on_from_a_patched_image(
    patches: TwoPatches, before: BuiltImage, after: BuiltImage
) -> None:
    """The exchanged layer is reused, and so is the environment; the cached old Python is dropped once.

    A builder that does not know that patch takes Python back.
    """
    again = patches.built("patched", LINE)
    assert again.launch_layers == after.launch_layers
    assert f"Reusing layer '{LAYER}'" in again.output
    assert f"Reusing layer '{VENV}:venv'" in again.output
    third = patches.built("patched", LINE)
    assert third.digest == again.digest
    back = patches.built("patched", LINE, catalogue=ONLY_OLD)
    assert back.launch_layers == before.launch_layers


def test_a_patched_image_goes_back(patches: TwoPatches, before: BuiltImage, tmp_path: Path) -> None:
    """After all that was built since; what was patched is under its old digest, and its kept tag."""
    registry = patches.builds.registry
    assert registry.read(f"{before.reference}-{patches.old}").digest == before.digest
    result = patches.patched(before.reference, tmp_path)
    places = [single_place(before.reference, patches.command.registries)]
    assert registry.read(before.reference).digest == result.digest
    assert undo(plan_undo(places), say=say) == ()
    back = BuiltImage("", registry.read(before.reference), {}, "")
    assert back.launch_layers == before.launch_layers
