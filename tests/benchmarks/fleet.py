"""A fleet of app images: one is built by the real lifecycle, the others are copies with a layer more."""

from __future__ import annotations

import gzip
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.bench import APPS, COMPOSITE
from benchmarks.rebuilds import RealLifecycle, push_mounted
from buildpack_release.images.image_references import find_places
from buildpack_release.images.known_runtime import KnownRuntime, RuntimeLayers
from buildpack_release.images.patch_plan import PatchRules, Planner
from buildpack_release.images.runtime_command import RuntimeCommand
from buildpack_release.model.repository import Repository
from buildpack_testing.cnb.creator import Group
from buildpack_testing.cnb.podman import Mount
from buildpack_testing.local_sources import mirror_variables
from buildpack_testing.runtime_set import make_set
from buildpack_testing.runtimes import make_runtimes
from buildpack_testing.standalone.archives import make_standalone
from oci_registry.blob_source import BlobSource
from oci_registry.content import CONFIG, LAYER, Document, Manifest, canonical_json, sha256
from oci_registry.parallel import in_parallel
from oci_registry.reading import read_tree
from oci_registry.remote.registries import Registries, connection
from oci_registry.store import Content
from support.app_images import layer_tar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from benchmarks.bench import Bench
    from buildpack_release.images.patch_plan import PlannedPatch
    from buildpack_testing.cnb.creator import Creator
    from buildpack_testing.cnb.registry_server import Registry
    from oci_registry.content import Descriptor
    from oci_registry.reading import ImageTree
    from oci_registry.remote.client import RegistryClient

LINE = "3.13"
_RUNTIMES = "/runtimes"


@dataclass(frozen=True)
class Builds:
    """Builds of the Flask sample by the real lifecycle, with a catalogue of the older patch, or of both."""

    bench: Bench
    registry: Registry
    creators: Sequence[Creator]
    group: Group
    run_image: str
    variables: Mapping[str, str]
    versions: tuple[str, str]

    def build(self, creator: Creator, name: str, *, old: bool = False) -> str:
        """Build an image, or build it again; return its reference."""
        catalogue = f"{_RUNTIMES}/{'old/' if old else ''}runtimes.toml"
        variables = {**self.variables, "BP_PYTHON_RUNTIMES": catalogue, "BP_PYTHON_VERSION": LINE}
        built = creator.into_registry(
            APPS / "flask",
            self.group,
            registry=self.registry,
            run_image=self.run_image,
            name=f"{name}:1",
            variables=variables,
        )
        return built.reference

    def rebuild_all(self, *, old: bool = False) -> None:
        """Build with all creators, side by side."""
        with ThreadPoolExecutor(len(self.creators)) as pool:
            list(pool.map(lambda one: self.build(one, f"built/{one.state.name}", old=old), self.creators))


def prepare(bench: Bench, registry: Registry, stack: ExitStack, *, creators: int) -> Builds:
    """Set up what builds need: base images, the lifecycle, two patches of a line. Raises MissingToolError."""
    installed = [one for one in make_runtimes(report=bench.say).archives if one.minor == LINE]
    released = make_standalone(minors=frozenset({LINE}), report=bench.say).archives
    archives = sorted([*installed, *released], key=lambda one: one.version)
    both = make_set(archives, bench.directory("fleet/runtimes"))
    make_set(archives[:1], both.directory / "old")
    mirror = stack.enter_context(mirror_variables(both))
    lifecycle = RealLifecycle.start(bench, registry, stack)
    mount = Mount(both.directory, _RUNTIMES)
    return Builds(
        bench,
        registry,
        [lifecycle.creator(f"fleet/creator-{number}", mount) for number in range(creators)],
        Group(bench.assembled, [[COMPOSITE]]),
        lifecycle.run_image,
        {**bench.index_variables, "BP_DEPENDENCY_MIRROR": mirror["BP_DEPENDENCY_MIRROR"]},
        (archives[0].version, archives[-1].version),
    )


def spread(client: RegistryClient, reference: str, names: Sequence[str]) -> None:
    """Push copies of an image into repositories of their own, each with a small layer more, as `NAME:1`."""
    repository = reference.removeprefix(f"{client.registry}/").rpartition(":")[0]
    source = client.repository(repository)
    tree = read_tree(source, source.manifests.get("1"))

    def copy(name: str) -> None:
        push_mounted(client, name, _copy(tree, name), repository, tree.images[0].manifest.layers)

    in_parallel(copy, names, jobs=8)


def _copy(tree: ImageTree, name: str) -> Content:
    (image,) = tree.images
    archive = layer_tar({"/workspace/name": name.encode()})
    layer = BlobSource.from_bytes(gzip.compress(archive, mtime=0))
    config: dict[str, Any] = json.loads(json.dumps(image.config))
    config["rootfs"]["diff_ids"].append(sha256(archive))
    config["history"].append({"created_by": "the copy's own"})
    written = Document.of(CONFIG, config)
    layers = [*(one.to_json() for one in image.manifest.layers), layer.descriptor(LAYER).to_json()]
    document = {**image.manifest.document, "config": written.descriptor().to_json(), "layers": layers}
    manifest = Manifest(image.manifest.media_type, canonical_json(document))
    return Content((layer, BlobSource.from_bytes(written.content)), (manifest,))


@dataclass(frozen=True)
class BareRequest:
    """A request as a bare client sends it: `upload` goes to where the answer before it says."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    upload: str = ""


def planned(root: Path, host: str, names: Sequence[str], layers: Sequence[str]) -> tuple[PlannedPatch, ...]:
    """Plan the patches of images, for what they would send."""
    with Registries(connection(anonymous=True)) as registries:
        command = RuntimeCommand.of(Repository.discover(root), registries, lambda _: None)
        buildpack = command.buildpack.id
        given = [
            one for place in find_places(layers, registries) for one in KnownRuntime.all_in(place, buildpack)
        ]
        planner = Planner(PatchRules(buildpack, LINE), RuntimeLayers(command, given))
        return planner.plan(list(find_places([f"{host}/{name}:1" for name in names], registries)))


def bare_requests(one: PlannedPatch, name: str, origin: str) -> Iterator[BareRequest]:
    """Return what has to be asked and sent to patch an image, in the order of `inv image.patch`."""
    (image,) = one.patched
    old, new, made, runtime = one.root, one.new_root, image.exchanged, image.runtime
    if (
        old is None
        or new is None
        or made is None
        or made.bom is None
        or runtime is None
        or old.config is None
    ):
        raise AssertionError(name)
    manifests, blobs = f"/v2/{name}/manifests", f"/v2/{name}/blobs"
    accept, kind = {"Accept": old.media_type}, {"Content-Type": new.media_type}
    yield BareRequest("GET", f"{manifests}/1", accept)
    yield BareRequest("GET", f"{blobs}/{old.config.digest}", {})
    yield BareRequest("GET", f"{blobs}/{bom_of(one).digest}", {})
    yield BareRequest("POST", f"{blobs}/uploads/?mount={runtime.blob.digest}&from={origin}", {})
    for blob in made.own_blobs:
        yield BareRequest("POST", f"{blobs}/uploads/", {})
        body = b"".join(blob.pieces())
        yield BareRequest("PUT", "", {"Content-Type": "application/octet-stream"}, body, blob.digest)
    yield BareRequest("PUT", f"{manifests}/{new.digest}", kind, new.content)
    yield BareRequest("GET", f"{manifests}/1", accept)
    yield BareRequest("PUT", f"{manifests}/1", kind, new.content)
    yield BareRequest("GET", f"{manifests}/1", accept)


def bom_of(one: PlannedPatch) -> Descriptor:
    """Return the old layer with the bills of materials: the second of the two that are exchanged."""
    old, new = (manifest.layers if manifest else () for manifest in (one.root, one.new_root))
    return [before for before, after in zip(old, new, strict=True) if before != after][1]


def environment(home: Path) -> dict[str, str]:
    """Return an environment for the command without this machine's credentials."""
    home.mkdir(parents=True, exist_ok=True)
    return {**os.environ, "HOME": str(home), "DOCKER_CONFIG": str(home), "REGISTRY_AUTH_FILE": ""}
