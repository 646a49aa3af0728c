"""Patching changes one layer and what speaks of it; it may be run again, and loses nothing of others."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.attestation.builder_identity import BuilderIdentity
from buildpack_release.errors import ConflictError, UsageError
from buildpack_release.images.app_image import PATCH_LABEL
from buildpack_release.images.image_references import find_places
from buildpack_release.images.patch import PatchOptions, check_targets, patch
from buildpack_release.images.patch_plan import PatchRules, PatchState, Planner
from buildpack_release.images.patch_provenance import attach_provenance, write_statement
from buildpack_release.images.patch_undo import plan_undo, undo
from buildpack_release.images.tag_template import TagTemplate
from oci_registry.content import DOCKER_MANIFEST, INDEX, Manifest
from oci_registry.layout import LayoutStore
from oci_registry.remote.registries import Registries, connection
from oci_registry.remote.retry import RetryPolicy
from oci_registry.store import Content
from oci_registry.testing.faulty import FaultyRegistry, InjectedFault
from oci_registry.testing.hosted import Habit, HostedRegistry
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import index
from support.app_images import RUNTIME, AppShape
from support.registries import client

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.images.patch_plan import PlannedPatch
    from oci_registry.remote.client import RegistryClient, RemoteRepository
    from oci_registry.store import Store
    from unit.buildpack_release.images.conftest import Patching

BUILDER = BuilderIdentity("urn:test")


def repository(patching: Patching, name: str = "shop/web") -> RemoteRepository:
    return patching.registries.client(patching.host).repository(name)


def config(store: RemoteRepository, manifest: Manifest) -> dict[str, Any]:
    assert manifest.config is not None
    found: dict[str, Any] = json.loads(store.blobs.read(manifest.config.digest))
    return found


def files(store: RemoteRepository, digest: str) -> dict[str, bytes | None]:
    data = io.BytesIO(gzip.decompress(store.blobs.read(digest)))
    with tarfile.open(fileobj=data) as archive:
        return {
            one.name: found.read() if (found := archive.extractfile(one)) else None
            for one in archive.getmembers()
        }


def test_only_python_and_what_speaks_of_it_changes(patching: Patching, tmp_path: Path) -> None:
    """All other layers, labels, settings stay; the layer is the released one; the history says so."""
    name = patching.push("shop/web", AppShape())
    store = repository(patching)
    before = store.manifests.get("1")
    (result,) = patching.patch(tmp_path / "s", name)
    assert result.fault is None
    after = store.manifests.get("1")
    assert after.digest == result.digest != before.digest
    changed = [
        at for at, pair in enumerate(zip(before.layers, after.layers, strict=True)) if pair[0] != pair[1]
    ]
    assert changed == [1, 3]
    new = AppShape(version="3.13.1")
    assert files(store, after.layers[1].digest) == files(store, new_layer(patching, "1"))
    old_boms, new_boms = (files(store, one.layers[3].digest) for one in (before, after))
    differing = {one for one in old_boms if old_boms[one] != new_boms[one]}
    assert old_boms.keys() == new_boms.keys()
    assert differing == {"/layers/sbom/launch/strata_python-runtime/python/sbom.cdx.json"}
    old_config, new_config = config(store, before), config(store, after)
    assert new_config["rootfs"]["diff_ids"][1] == new.diff_id("python")
    metadata = json.loads(new_config["config"]["Labels"]["io.buildpacks.lifecycle.metadata"])
    assert metadata["buildpacks"][0]["layers"]["python"]["data"]["version"] == "3.13.1"
    assert metadata["buildpacks"][0]["layers"]["python"]["sha"] == new.diff_id("python")
    assert metadata["sbom"]["sha"] == new_config["rootfs"]["diff_ids"][3]
    assert "3.13.0 exchanged against 3.13.1" in new_config["history"][1]["comment"]
    assert json.loads(new_config["config"]["Labels"][PATCH_LABEL])["from"] == before.digest
    for one in (old_config, new_config):
        for label in (PATCH_LABEL, "io.buildpacks.lifecycle.metadata"):
            one["config"]["Labels"].pop(label, None)
        one.pop("rootfs"), one.pop("history")
    assert old_config == new_config


def new_layer(patching: Patching, number: str) -> str:
    store = repository(patching, f"released/{number}")
    return store.manifests.get("1").layers[1].digest


def test_what_the_app_asked_for_stays_in_its_metadata(patching: Patching, tmp_path: Path) -> None:
    """It is about the app, not about the layer that comes from elsewhere."""
    asked = ["pyproject.toml: >=3.12"]
    patching.patch(tmp_path / "s", patching.push("shop/web", AppShape(python={"constraints": asked})))
    found = config(repository(patching), repository(patching).manifests.get("1"))
    metadata = json.loads(found["config"]["Labels"]["io.buildpacks.lifecycle.metadata"])
    assert metadata["buildpacks"][0]["layers"]["python"]["data"]["constraints"] == asked


def test_a_second_run_does_nothing(patching: Patching, registry: MemoryRegistry, tmp_path: Path) -> None:
    """Nothing is patched twice."""
    name = patching.push("shop/web", AppShape())
    patching.patch(tmp_path / "s", name)
    state = registry.store.state()
    assert patching.patch(tmp_path / "s", name) == ()
    assert registry.store.state() == state
    assert [one.state for one in patching.plan(name)] == [PatchState.CURRENT]


def test_twelve_requests_an_image(patching: Patching, registry: MemoryRegistry, tmp_path: Path) -> None:
    """Beyond what all have in common; no layer of Python is uploaded, none is mounted twice."""
    names = [patching.push(f"shop/{number}", AppShape(app=str(number))) for number in range(3)]
    layers = patching.layers()
    first = len(registry.requests)
    plan = patching.plan(*names, layers=layers)
    common = 3  # what is looked for in the old layer and in the new one, and whether that is sound
    results = patch(plan, PatchOptions(), tmp_path, say=lambda _: None)
    assert all(one.fault is None for one in results)
    asked = registry.requests[first:]
    assert len(asked) <= 12 * len(names) + common
    assert sum("mount=" in one.target for one in asked) == len(names)
    assert not registry.store.incomplete_tags()


def test_a_tag_that_has_moved_is_left_alone(
    patching: Patching, registry: MemoryRegistry, tmp_path: Path
) -> None:
    """Somebody has pushed another build since: it is not lost, and the next run takes it."""
    name = patching.push("shop/web", AppShape())
    moved = AppShape(app="newer").content()

    def somebody_pushes(*_: object) -> None:
        repository(patching).push(moved, ["1"])

    (result,) = patching.patch(tmp_path / "s", name, options=PatchOptions(before_tag=somebody_pushes))
    assert isinstance(result.fault, ConflictError)
    assert repository(patching).manifests.get("1").digest == moved.root.digest
    (again,) = patching.patch(tmp_path / "s", name)
    assert again.fault is None


def test_another_tag_is_new_or_the_same(patching: Patching, tmp_path: Path) -> None:
    """`--to-tag` writes over nothing; the old tag stays where it was."""
    name = patching.push("shop/web", AppShape())
    before = repository(patching).manifests.get("1").digest
    options = PatchOptions(to_tag=TagTemplate("{tag}-py{python}"))
    for _ in range(2):
        (result,) = patching.patch(tmp_path / "s", name, options=options)
        assert (result.fault, result.tag) == (None, "1-py3.13.1")
    assert repository(patching).manifests.get("1").digest == before
    patching.push("shop/web", AppShape(app="other"), "1-py3.13.1")
    (result,) = patching.patch(tmp_path / "s", name, options=options)
    assert isinstance(result.fault, ConflictError)


def test_a_kept_tag_is_not_written_over(patching: Patching, tmp_path: Path) -> None:
    """It is another image's; nothing is done then."""
    name = patching.push("shop/web", AppShape())
    patching.push("shop/web", AppShape(app="other"), "kept")
    before = repository(patching).manifests.get("1").digest
    (result,) = patching.patch(tmp_path / "s", name, options=PatchOptions(keep=TagTemplate("kept")))
    assert isinstance(result.fault, ConflictError)
    assert repository(patching).manifests.get("1").digest == before


def test_an_image_without_a_tag_is_refused_before_anything_is_written(patching: Patching) -> None:
    """Nothing would point to the new one."""
    name = patching.push("shop/web", AppShape())
    digest = repository(patching).manifests.get("1").digest
    plan = patching.plan(f"{name.rpartition(':')[0]}@{digest}")
    with pytest.raises(UsageError, match="has no tag"):
        check_targets(plan, PatchOptions())


@pytest.mark.parametrize(
    "options",
    [
        PatchOptions(keep=TagTemplate("{tag}")),
        PatchOptions(keep=TagTemplate("{tag}-x"), to_tag=TagTemplate("{tag}-x")),
        PatchOptions(to_tag=TagTemplate("x" * 126 + "{tag}")),
        PatchOptions(keep=TagTemplate("x" * 126 + "{tag}")),
    ],
)
def test_tags_that_cannot_be_are_refused_before_anything_is_written(
    patching: Patching, options: PatchOptions
) -> None:
    """One for two images, or one that is too long with this image's tag."""
    plan = patching.plan(patching.push("shop/web", AppShape(), "1.22"))
    with pytest.raises(UsageError, match=r"one tag|no tag comes out"):
        check_targets(plan, options)


def test_an_index_loses_what_is_about_old_images(patching: Patching, tmp_path: Path) -> None:
    """Each platform is patched; an attestation of an old one would lie. Going back goes to the old index."""
    amd64, arm64 = AppShape(), AppShape(python={"arch": "arm64"}, architecture="arm64")
    parts = index([("amd64", amd64.content()), ("arm64", arm64.content())])
    attestation = AppShape(app="attestation").content()
    about = {"vnd.docker.reference.digest": amd64.content().root.digest}
    entry = attestation.root.descriptor(
        platform={"os": "unknown", "architecture": "unknown"}, annotations=about
    )
    entries = [*parts.root.document["manifests"], entry.to_json()]
    root = Manifest.from_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    whole = Content((*parts.blobs, *attestation.blobs), (*parts.manifests[:-1], attestation.root, root))
    name = patching.push("shop/both", whole)
    shapes = [
        AppShape(version=version, python={"arch": arch})
        for version in ("3.13.0", "3.13.1")
        for arch in ("amd64", "arm64")
    ]
    plan = patching.plan(name, layers=patching.layers(*shapes))
    assert "the attestation" in plan[0].notes[0]
    (result,) = patch(plan, PatchOptions(), tmp_path, say=lambda _: None)
    assert result.fault is None
    store = repository(patching, "shop/both")
    after = store.manifests.get("1")
    assert [one.platform["architecture"] for one in after.manifests] == ["amd64", "arm64"]
    assert undo(plan_undo(list(find_places([name], patching.registries))), say=lambda _: None) == ()
    assert store.manifests.get("1").digest == root.digest


def test_a_registry_without_mounts_gets_the_layer_once_for_each_repository(
    patching: Patching, tmp_path: Path
) -> None:
    """And the layer comes from another registry there."""
    with MemoryRegistry(mounts=False) as other:
        remote = patching.registries.client(other.host)
        names = []
        for number in range(4):
            repo = f"shop/{number % 2}"
            remote.repository(repo).push(AppShape(app=str(number)).content(), [str(number)])
            names.append(f"{other.host}/{repo}:{number}")
        first = len(other.requests)
        results = patching.patch(tmp_path / "s", *names)
        assert [one.fault for one in results] == [None] * 4
        uploads = sum(
            one.method == "PUT" and "/blobs/uploads/" in one.target for one in other.requests[first:]
        )
        assert uploads <= 2 + 2 * 4  # the layer for each repository; configuration and bills for each image
        assert not other.store.incomplete_tags()


def test_a_layout_is_patched_like_a_registry(patching: Patching, tmp_path: Path) -> None:
    layout = LayoutStore(tmp_path / "a layout")
    content = AppShape().content()
    layout.push(content, mounts={}, progress=lambda *_: None)
    layout.tag(content.root, "1")
    (result,) = patching.patch(tmp_path / "s", f"oci:{tmp_path / 'a layout'}")
    assert result.fault is None
    root = layout.manifest("1")
    assert root is not None
    assert root.digest == result.digest
    assert layout.is_intact(root.descriptor())


def test_what_is_said_of_the_old_bytes_is_not_said_of_the_new_ones(
    patching: Patching, tmp_path: Path
) -> None:
    """A descriptor may hold the content itself, where else it is, the table of contents of its archive."""
    members = {"data": "AAAA", "urls": ["https://x.invalid/"], "annotations": {"toc": "old"}}
    parts = index([("amd64", AppShape(members=members).content())])
    entry = {**parts.root.manifests[0].to_json(), **members}
    root = Manifest.from_json({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})
    name = patching.push("shop/web", Content(parts.blobs, (*parts.manifests[:-1], root)))
    (result,) = patching.patch(tmp_path / "s", name)
    assert result.fault is None
    (entry_after,) = repository(patching).manifests.get("1").manifests
    assert entry_after.extra.keys() == {"platform", "annotations"}
    after = repository(patching).manifests.get(entry_after.digest)
    assert after.config is not None
    assert [bool(one.extra) for one in (after.config, *after.layers)] == [
        False,  # the configuration
        *(one not in ("python", "sbom") for one in AppShape().layers),
    ]


def test_the_media_types_stay_docker_s(patching: Patching, tmp_path: Path) -> None:
    """Of an image in Docker's format."""
    name = patching.push("shop/web", AppShape(manifest_type=DOCKER_MANIFEST))
    (result,) = patching.patch(tmp_path / "s", name)
    assert result.fault is None
    after = repository(patching).manifests.get("1")
    assert after.media_type == DOCKER_MANIFEST
    assert {one.media_type for one in after.layers} == {"application/vnd.docker.image.rootfs.diff.tar.gzip"}


def test_the_provenance_says_what_was_exchanged(patching: Patching) -> None:
    """The old image and both layers, by digest."""
    name = patching.push("shop/web", AppShape())
    (one,) = patching.plan(name)
    statement = json.loads(write_statement(one, BUILDER))
    (exchanged,) = statement["predicate"]["buildDefinition"]["internalParameters"]["exchanged"]
    assert exchanged["layer"] == {
        "old": AppShape().diff_id("python"),
        "new": AppShape(version="3.13.1").diff_id("python"),
    }
    assert one.root is not None
    materials = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert materials[0]["digest"]["sha256"] == one.root.digest.removeprefix("sha256:")


def test_all_tags_of_an_image_have_one_statement(patching: Patching, tmp_path: Path) -> None:
    """They are patched side by side: of several documents an old registry would lose some."""
    layers = patching.layers()
    with MemoryRegistry(referrers=False) as older, Registries(connection(anonymous=True)) as registries:
        store = registries.client(older.host).repository("shop/web")
        store.push(AppShape().content(), [str(number) for number in range(8)])
        places = list(find_places([f"{older.host}/shop/web:*"], registries))
        plan = Planner(PatchRules(RUNTIME, "3.13"), layers).plan(places)

        def attach(store: Store, planned: PlannedPatch, new: Manifest) -> None:
            attach_provenance(store, planned, new, BUILDER)

        results = patch(plan, PatchOptions(before_tag=attach), tmp_path, say=lambda _: None)
        assert [one.fault for one in results] == [None] * 8
        assert len(store.referrers(store.digest("0"))) == 1


def test_it_may_end_at_any_request_and_be_run_again(
    patching: Patching, registry: MemoryRegistry, tmp_path: Path
) -> None:
    """No tag is ever on an incomplete image, and the second run finds what is left to do, and no more."""
    layers = patching.layers()
    done = AppShape(app="any")
    for at in range(1, 40):
        name = f"shop/{at}"
        patching.push(name, done)
        before = registry.store.tags(name)
        with (
            FaultyRegistry(registry, fault=InjectedFault.RESET_BEFORE, at=at, on=True) as dying,
            Registries(connection(anonymous=True, policy=RetryPolicy(attempts=1))) as registries,
        ):
            planner = Planner(PatchRules(RUNTIME, "3.13"), layers)
            plan = planner.plan(list(find_places([f"{dying.host}/{name}:1"], registries)))
            results = patch(plan, PatchOptions(), tmp_path, say=lambda _: None)
        assert registry.store.tags(name) == before
        assert not registry.store.incomplete_tags()
        again = patching.plan(f"{patching.host}/{name}:1", layers=layers)
        finished = patch(again, PatchOptions(), tmp_path, say=lambda _: None)
        assert [one.fault for one in finished] in ([], [None])
        ended = plan[0].state is PatchState.PATCH and all(one.fault is None for one in results)
        if ended and not finished:
            return
    pytest.fail("it never came to its end")


def test_one_that_fails_does_not_stop_the_others(
    patching: Patching, registry: MemoryRegistry, tmp_path: Path
) -> None:
    """Somebody else moves one tag: the others are patched, and told."""
    names = [patching.push(f"shop/{number}", AppShape(app=str(number))) for number in range(3)]

    def somebody_pushes(store: object, planned: PlannedPatch, _new: object) -> None:
        if planned.place.name == names[1]:
            repository(patching, "shop/1").push(AppShape(app="newer").content(), ["1"])

    results = patching.patch(tmp_path / "s", *names, options=PatchOptions(before_tag=somebody_pushes))
    assert [one.fault is None for one in results] == [True, False, True]
    assert not registry.store.incomplete_tags()


@pytest.mark.parametrize(
    ("habit", "advice"),
    [
        (Habit.IMMUTABLE_400, "--to-tag '{tag}-py{python}'"),
        (Habit.IMMUTABLE_409, "--to-tag '{tag}-py{python}'"),
        (Habit.IMMUTABLE_412, "--to-tag '{tag}-py{python}'"),
        (Habit.NO_DOCUMENTS, "patch without --provenance"),
    ],
)
def test_a_registry_that_refuses_says_what_else_can_be_done(
    patching: Patching, tmp_path: Path, habit: Habit, advice: str
) -> None:
    """Tags that cannot move, documents that cannot be stored: the image is as it was."""
    image, layers = AppShape().content(), patching.layers()

    def attach(store: Store, planned: PlannedPatch, new: Manifest) -> None:
        attach_provenance(store, planned, new, BUILDER)

    options = PatchOptions(before_tag=attach) if habit is Habit.NO_DOCUMENTS else PatchOptions()
    with (
        MemoryRegistry(referrers=False) as older,
        HostedRegistry(older, habit) as hosted,
        Registries(connection(anonymous=True)) as registries,
    ):
        store = registries.client(older.host).repository("shop/web")
        store.push(image, ["1"])
        places = list(find_places([f"{hosted.host}/shop/web:1"], registries))
        plan = Planner(PatchRules(RUNTIME, "3.13"), layers).plan(places)
        (result,) = patch(plan, options, tmp_path, say=lambda _: None)
        assert store.digest("1") == image.root.digest
    assert result.fault is not None
    assert advice in result.fault.advice


def test_an_image_that_has_lost_a_layer_cannot_be_patched(
    patching: Patching, registry: MemoryRegistry, tmp_path: Path
) -> None:
    """The registry takes no manifest with it, and the tag stays; all others are patched."""
    broken, sound = AppShape(app="lost"), AppShape()
    name, other = patching.push("shop/web", broken), patching.push("shop/sound", sound)
    layers = patching.layers()
    lost = repository(patching).manifests.get("1").layers[list(broken.layers).index("app")]
    registry.store.lose_blob("shop/web", lost.digest)
    before = repository(patching).digest("1")
    one, two = patch(patching.plan(name, other, layers=layers), PatchOptions(), tmp_path, say=lambda _: None)
    assert one.fault is not None
    assert "Build it anew" in one.fault.advice
    assert two.fault is None
    assert repository(patching).digest("1") == before


def test_a_registry_that_asks_to_wait_is_waited_for(
    patching: Patching, registry: MemoryRegistry, tmp_path: Path
) -> None:
    """429 is no fault of the image."""
    patching.push("shop/web", AppShape())
    layers = patching.layers()
    waits: list[float] = []

    def connect(registry: str, *, report: object) -> RegistryClient:
        return client(registry, waits=waits)

    for at in (2, 6, 9):
        with (
            FaultyRegistry(registry, fault=InjectedFault.TOO_MANY, at=at) as busy,
            Registries(connect) as registries,
        ):
            planner = Planner(PatchRules(RUNTIME, "3.13"), layers)
            plan = planner.plan(list(find_places([f"{busy.host}/shop/web:1"], registries)))
            (result,) = patch(plan, PatchOptions(), tmp_path, say=lambda _: None)
            assert result.fault is None
        patching.push("shop/web", AppShape())
    assert len(waits) == 3
    assert all(wait >= 7 for wait in waits)
