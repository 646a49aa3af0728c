"""Resources for kpack: each field is one of kpack's, of its type, and every reference leads somewhere."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from buildpack_release.errors import CheckFailed, ConflictError, ReleaseError, UsageError
from buildpack_release.kpack.kpack_command import KpackOptions, write_kpack
from oci_registry.layout import LayoutArchive, LayoutStore
from oci_registry.remote.registries import Registries, connection
from oci_registry.store import Content, StoredBlob
from oci_registry.testing.memory import MemoryRegistry
from support.builder_parts import Parts, base, order
from support.builder_parts import parts as make_parts
from support.sample_repository import write
from support.variables_of_tests import KPACK_DEFINITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[4]
DEFINITIONS = Path(os.environ.get(KPACK_DEFINITIONS.name) or ROOT.parent / "shared/facts/kpack/swagger.json")
"""kpack's OpenAPI definitions, which its releases carry; they are not a part of this repository."""
APPS = """
[[apps]]
name = "web"
tag = "registry.example/shop/web"
git = "https://git.example/web"
revision = "main"
env = { BP_PYTHON_VERSION = "3.13" }

[[apps]]
name = "worker"
tag = "registry.example/shop/worker"
image = "registry.example/shop/source"
sub-path = "src"
service-account = "builder"
namespace = "shop"
"""


ORDER = order(["acme/all@3.0.0"], ["acme/a"])


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """The parts of a builder, on disk."""
    return make_parts(tmp_path / "the parts")


@pytest.fixture
def registries() -> Iterator[Registries]:
    with Registries(connection(anonymous=True)) as found:
        yield found


@pytest.fixture
def host(parts: Parts, registries: Registries) -> Iterator[str]:
    """The host of a registry with the parts."""
    with MemoryRegistry() as registry:
        layout = LayoutStore(base(parts.folder / "more", labels={"io.buildpacks.stack.id": "acme"}))
        stores: dict[str, LayoutStore | LayoutArchive] = {
            "acme/all": LayoutArchive.read(parts.folder / "all.cnb"),
            "acme/a": LayoutArchive.read(parts.folder / "a.cnb"),
            "base/build": layout,
            "base/run": layout,
            "tools/lifecycle": layout,
        }
        for name, store in stores.items():
            (entry,) = store.index().manifests
            manifest = store.manifest(entry.digest)
            assert manifest is not None
            blobs = [StoredBlob.of(one, store).within(parts.folder) for one in manifest.blobs]
            registries.client(registry.host).repository(name).push(Content(tuple(blobs), (manifest,)), ["1"])
        yield registry.host


def configure(parts: Parts, host: str, *packages: str, order: str = ORDER) -> None:
    text = "".join(f'[[buildpacks]]\nuri = "{one}"\n' for one in packages or (f"{host}/acme/all:1",))
    text += f'{order}[lifecycle]\nuri = "lifecycle.tgz"\n[build]\nimage = "{host}/base/build:1"\n'
    write(parts.config, f'description = "Ours: all"\n{text}[[run.images]]\nimage = "{host}/base/run:1"\n')


def resources(directory: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Read all that the kustomization names, by kind and name."""
    listed = yaml.safe_load((directory / "kustomization.yaml").read_text("utf-8"))["resources"]
    assert {*listed, "kustomization.yaml"} == {path.name for path in directory.iterdir()}
    found = [one for name in listed for one in yaml.safe_load_all((directory / name).read_text("utf-8"))]
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


def options(to: Path, **more: Any) -> KpackOptions:  # noqa: ANN401  options of any kind
    return KpackOptions(to=to, tag="registry.example/builder", **more)


def written(
    parts: Parts, host: str, registries: Registries, **more: object
) -> dict[tuple[str, str], dict[str, Any]]:
    configure(parts, host)
    (parts.folder / "apps.toml").write_text(APPS, "utf-8")
    to = parts.folder / "out"
    everything: dict[str, Any] = {
        "apps": str(parts.folder / "apps.toml"),
        "lifecycle": f"{host}/tools/lifecycle:1",
        **more,
    }
    write_kpack(ROOT, parts.config, options(to, **everything), registries)
    return resources(to)


def test_every_image_is_named_by_its_digest(parts: Parts, host: str, registries: Registries) -> None:
    """Nothing changes in a cluster because a tag has moved."""
    found = written(parts, host, registries)
    images = re.findall(r'image: "?([^"\n]+)', "".join(map(yaml.safe_dump, found.values())))
    pinned = [one for one in images if one.startswith(host)]
    assert len(pinned) == 4
    assert all(re.fullmatch(r".+@sha256:[0-9a-f]{64}", one) for one in pinned)
    assert found["ClusterStack", "strata"]["spec"]["id"] == "acme"


def test_every_reference_leads_somewhere(parts: Parts, host: str, registries: Registries) -> None:
    """From apps to the builder, from there to stack, lifecycle, store."""
    found = {}
    for store in (False, True):
        found = written(parts, host, registries, store=store)
        builder = found["ClusterBuilder", "strata"]["spec"]
        named = [one["spec"]["builder"] for (kind, _), one in found.items() if kind == "Image"]
        named += [builder[key] for key in ("stack", "lifecycle", "store") if key in builder]
        assert {(one["kind"], one["name"]) for one in named} <= found.keys()
        assert ("store" in builder) == store
        assert builder["order"] == [
            {"group": [{"id": "acme/all", "version": "3.0.0"}]},
            {"group": [{"id": "acme/a"}]},
        ]
    assert found["Image", "worker"]["metadata"]["namespace"] == "shop"
    assert found["Image", "worker"]["spec"]["serviceAccountName"] == "builder"


@pytest.mark.skipif(  # noqa: TID251  no command brings them
    not DEFINITIONS.is_file(), reason="missing: kpack's definitions (STRATA_KPACK_DEFINITIONS)"
)
@pytest.mark.parametrize("store", [False, True])
def test_every_field_is_one_of_kpack_s(parts: Parts, host: str, registries: Registries, store: bool) -> None:
    """Of its type, and none that must be there is missing: a cluster would take anything."""
    definitions = json.loads(DEFINITIONS.read_text("utf-8"))["definitions"]
    found = written(parts, host, registries, store=store)
    assert len(found) == 6
    for (kind, name), one in found.items():
        # Nobody writes a status, whatever the definition says.
        problems = list(faults(one, f"kpack.build.v1alpha2.{kind}", definitions))
        assert [text for text in problems if text != "status is missing"] == [], f"{kind} {name}"
    broken = {**one, "spec": {**one["spec"], "tagg": 1, "tag": ["x"]}}
    del broken["spec"]["source"]
    assert sorted(faults(broken, "kpack.build.v1alpha2.Image", definitions)) == [
        "spec.source is missing",
        "spec.tag is a list",
        "spec.tagg is unknown",
    ]


def faults(value: Any, name: str, definitions: Mapping[str, Any], place: str = "") -> Iterator[str]:  # noqa: ANN401
    """Say what is wrong with a value of a definition: unknown, missing, of another type."""
    definition = definitions[name]
    for key in definition.get("required", ()):
        if key not in value:
            yield f"{place}{key} is missing"
    for key, inner in value.items():
        schema = definition.get("properties", {}).get(key)
        if schema is None:
            yield f"{place}{key} is unknown"
        else:
            yield from _faults_of(inner, schema, definitions, f"{place}{key}")


def _faults_of(
    value: Any,  # noqa: ANN401
    schema: Mapping[str, Any],
    definitions: Mapping[str, Any],
    place: str,
) -> Iterator[str]:
    kinds: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
    reference = schema.get("$ref", "").rpartition("/")[2]
    kind: type = dict if reference else kinds[schema["type"]]
    if type(value) is not kind:
        yield f"{place} is a {type(value).__name__}"
    elif reference:
        yield from faults(value, reference, definitions, f"{place}.")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _faults_of(item, schema["items"], definitions, f"{place}[{number}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _faults_of(item, schema["additionalProperties"], definitions, f"{place}.{key}")


def test_a_second_run_replaces_the_first(parts: Parts, host: str, registries: Registries) -> None:
    """What is not written any more goes; equal inputs give equal files."""
    written(parts, host, registries)
    first = {path.name: path.read_bytes() for path in (parts.folder / "out").iterdir()}
    written(parts, host, registries)
    assert {path.name: path.read_bytes() for path in (parts.folder / "out").iterdir()} == first
    found = written(parts, host, registries, apps="", lifecycle="")
    assert {kind for kind, _ in found} == {"ClusterBuildpack", "ClusterStack", "ClusterBuilder"}


@pytest.mark.parametrize("name", ["notes.txt", "builder.yaml"])
def test_files_of_others_are_not_written_over(
    parts: Parts, host: str, registries: Registries, name: str
) -> None:
    configure(parts, host)
    write(parts.folder / "out" / name, "mine\n")
    with pytest.raises(ConflictError):
        write_kpack(ROOT, parts.config, options(parts.folder / "out"), registries)
    assert [path.name for path in (parts.folder / "out").iterdir()] == [name]


def test_what_is_in_no_registry_is_refused(parts: Parts, host: str, registries: Registries) -> None:
    """A cluster could not fetch it; the line is in the message."""
    for uri, message in (("all.cnb", "this is a file"), ("strata/python-runtime", "not said where")):
        configure(parts, host, uri)
        with pytest.raises(UsageError, match=message):
            write_kpack(ROOT, parts.config, options(parts.folder / "out"), registries)


def test_published_buildpacks_of_this_repository_are_found(
    parts: Parts, host: str, registries: Registries
) -> None:
    """By the name and the version that publishing gives them; and one that is not there is an error."""
    configure(parts, host, "strata/python-runtime")
    with pytest.raises(ReleaseError, match=rf"there is no image {host}/acme/python-runtime:[0-9.]+"):
        write_kpack(ROOT, parts.config, options(parts.folder / "out", packages=f"{host}/acme"), registries)


def test_an_order_without_its_buildpacks_is_refused(parts: Parts, host: str, registries: Registries) -> None:
    """Kpack would say so much later. In a composite's package its parts are there, too."""
    for ids, fits in ((["acme/b@2.0.0"], True), (["acme/b@2.0.1"], False), (["acme/c"], False)):
        configure(parts, host, order=order(ids))
        if fits:
            write_kpack(ROOT, parts.config, options(parts.folder / "out"), registries)
            continue
        with pytest.raises(CheckFailed, match="is in none of the buildpackages") as found:
            write_kpack(ROOT, parts.config, options(parts.folder / "out"), registries)
        assert found.value.line is not None


@pytest.mark.parametrize(
    "more",
    [{"name": "A"}, {"service_account": "a b"}, {"namespace": "a.b"}],
    ids=["name", "account", "namespace"],
)
def test_names_that_no_cluster_takes_are_refused(
    tmp_path: Path, registries: Registries, more: dict[str, str]
) -> None:
    with pytest.raises(UsageError, match="RFC 1123"):
        write_kpack(ROOT, tmp_path / "none.toml", options(tmp_path, **more), registries)
