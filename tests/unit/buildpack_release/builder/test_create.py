"""Composing builders into layouts: what is in them, and that they are reproducible."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from buildpack_common.parsing import parse_toml
from buildpack_release.builder.builder_summary import address, summary
from buildpack_release.dist.embedded import Embedded
from buildpack_release.dist.manifest import SCHEMA
from buildpack_release.errors import ConflictError, UsageError
from buildpack_testing.archive import unpack
from buildpack_testing.cnb import image_layout
from support.builder_parts import (
    Parts,
    base,
    buildpack,
    create,
    created_in,
    file_in_builder,
    json_label,
    order,
    package,
    read_builder,
    said,
)
from support.sample_repository import write


def test_a_builder_holds_what_the_platform_specification_says(parts: Parts) -> None:
    """The base's layer, then the folders, the lifecycle, a layer for each buildpack, and the files."""
    out = parts.folder / "out"
    create(parts, out)
    config, layers = read_builder(out)
    assert [min(layer) for layer in layers] == [
        "etc/hello",
        "/cnb",
        "/cnb/lifecycle",
        "/cnb/buildpacks/acme_a",
        "/cnb/buildpacks/acme_all",
        "/cnb/buildpacks/acme_b",
        "/cnb/order.toml",
        "/cnb/stack.toml",
        "/cnb/run.toml",
    ]
    folders = {name: (one.uid, one.gid, one.mode) for name, one in layers[1].items()}
    user, root = (1001, 1002, 0o755), (0, 0, 0o755)
    assert folders == {
        "/workspace": user,
        "/layers": user,
        "/cnb": root,
        "/cnb/buildpacks": root,
        "/cnb/extensions": root,
        "/platform": root,
        "/platform/env": root,
        "/cnb/build-config": root,
        "/cnb/build-config/env": root,
    }
    settings = config["config"]
    assert (settings["WorkingDir"], settings["User"]) == ("/layers", "1001:1002")
    assert settings["Env"] == ["PATH=/bin", "CNB_USER_ID=1001", "CNB_GROUP_ID=1002"]
    assert settings["Labels"]["who"] == "base"
    assert {one.mtime for layer in layers[1:] for one in layer.values()} == {315532801}
    assert len(config["history"]) == len(config["rootfs"]["diff_ids"]) == len(layers)


def test_the_files_say_what_the_configuration_says(parts: Parts) -> None:
    more = (
        'mirrors = ["m.example.org/run"]\n[[build.env]]\nname = "BP_A"\nvalue = "x y"\nsuffix = "default"\n'
    )
    parts.configure("all.cnb", order=order(["acme/all"], ["acme/a?", "acme/b@2.0.0"]), more=more)
    out = parts.folder / "out"
    create(parts, out)
    groups = parse_toml(file_in_builder(out, "/cnb/order.toml"))["order"]
    assert groups == [
        {"group": [{"id": "acme/all", "version": "3.0.0"}]},
        {
            "group": [
                {"id": "acme/a", "version": "1.0.0", "optional": True},
                {"id": "acme/b", "version": "2.0.0"},
            ]
        },
    ]
    image = {"image": "example/run", "mirrors": ["m.example.org/run"]}
    assert parse_toml(file_in_builder(out, "/cnb/run.toml")) == {"images": [image]}
    assert parse_toml(file_in_builder(out, "/cnb/stack.toml")) == {"run-image": image}
    assert file_in_builder(out, "/cnb/build-config/env/BP_A.default") == "x y"


def test_the_labels_are_those_that_pack_reads(parts: Parts) -> None:
    out = parts.folder / "out"
    create(parts, out)
    config, _ = read_builder(out)
    assert json_label(config, "io.buildpacks.buildpack.order") == [
        {"group": [{"id": "acme/all", "version": "3.0.0"}]}
    ]
    layers = json_label(config, "io.buildpacks.buildpack.layers")
    assert {(id_, version) for id_, versions in layers.items() for version in versions} == {
        ("acme/a", "1.0.0"),
        ("acme/all", "3.0.0"),
        ("acme/b", "2.0.0"),
    }
    assert layers["acme/a"]["1.0.0"]["layerDiffID"] == config["rootfs"]["diff_ids"][3]
    metadata = json_label(config, "io.buildpacks.builder.metadata")
    assert [one["id"] for one in metadata["buildpacks"]] == ["acme/a", "acme/all", "acme/b"]
    assert metadata["lifecycle"]["api"] == {"buildpack": "0.9", "platform": "0.12"}
    assert metadata["stack"] == {"runImage": {"image": "example/run", "mirrors": []}}


def test_system_buildpacks_get_their_file_and_label(parts: Parts) -> None:
    system = '[[system.pre.buildpacks]]\nid = "acme/a"\n'
    system += '[[system.post.buildpacks]]\nid = "acme/b"\noptional = true\n'
    parts.configure("all.cnb", order=order(["acme/all"]), more=system)
    out = parts.folder / "out"
    create(parts, out)
    post = {"id": "acme/b", "version": "2.0.0", "optional": True}
    expected = {
        "pre": {"buildpacks": [{"id": "acme/a", "version": "1.0.0"}]},
        "post": {"buildpacks": [post]},
    }
    assert parse_toml(file_in_builder(out, "/cnb/system.toml")) == {"system": expected}
    assert json_label(read_builder(out)[0], "io.buildpacks.buildpack.system") == expected


def test_equal_inputs_give_equal_bits(parts: Parts, tmp_path: Path) -> None:
    """Wherever they lie, whatever their times, the umask, and the order in which packages are listed."""
    parts.configure("a.cnb", "all.cnb", order=order(["acme/all"]))
    first = create(parts, tmp_path / "first").image.digest
    other = Parts(tmp_path / "elsewhere")
    shutil.copytree(parts.folder, other.folder)
    for path in other.folder.rglob("*"):
        os.utime(path, (1, 1))
    other.configure("all.cnb", "a.cnb", order=order(["acme/all"]))
    umask = os.umask(0o077)
    try:
        second = create(other, tmp_path / "second").image.digest
    finally:
        os.umask(umask)
    assert first == second
    assert image_layout.read(tmp_path / "first").digest == first


def test_layers_of_base_and_packages_stay_as_they_are(parts: Parts) -> None:
    """Compressing them anew would make other blobs, which registries and nodes do not have yet."""
    out = parts.folder / "out"
    create(parts, out)
    layers = [layer["digest"] for layer in image_layout.read(out).manifest["layers"]]
    base_layers = image_layout.read(parts.folder / "base/layout").manifest["layers"]
    assert layers[0] == base_layers[0]["digest"]
    created = create(parts)
    packaged = {module.layer.digest for module in created.composition.modules}
    assert len(packaged) == 3
    assert packaged < set(layers)


def test_the_second_run_writes_nothing(parts: Parts) -> None:
    out = parts.folder / "out"
    assert create(parts, out).is_new
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    assert not create(parts, out).is_new
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


def test_a_changed_builder_replaces_the_old_one(parts: Parts) -> None:
    out = parts.folder / "out"
    create(parts, out)
    parts.configure("a.cnb", order=order(["acme/a"]))
    created = create(parts, out)
    blobs = {path.name for path in (out / "blobs/sha256").iterdir()}
    documents = (created.image.config, created.image.manifest)
    wanted = {one.digest for one in documents} | {one.digest for one in created.image.layers}
    assert {f"sha256:{name}" for name in blobs} == wanted
    assert image_layout.read(out).digest == created.image.digest


def test_what_an_interrupted_run_left_is_used_and_tidied(parts: Parts) -> None:
    """Blobs are there, one of them torn, the index is not: the next run completes the layout."""
    out, reference = parts.folder / "out", parts.folder / "reference"
    expected = create(parts, reference).image.digest
    create(parts, out)
    (out / "index.json").unlink()
    write(out / ".index.json.12345678.partial", "{")
    torn = next(path for path in (out / "blobs/sha256").iterdir() if path.stat().st_size > 100)
    torn.write_bytes(torn.read_bytes()[:50])
    write(out / "blobs/sha256/.abc.12345678.partial")
    assert create(parts, out).image.digest == expected
    names = {path.relative_to(out) for path in out.rglob("*")}
    assert names == {path.relative_to(reference) for path in reference.rglob("*")}
    assert all(
        path.read_bytes() == (reference / path.relative_to(out)).read_bytes() for path in out.rglob("?*.*")
    )


@pytest.mark.parametrize("there", ["a file.txt", "index.json", "blobs/x"])
def test_nothing_of_somebody_else_is_replaced(parts: Parts, there: str) -> None:
    out = parts.folder / "out"
    write(out / "oci-layout", "{}")
    write(out / there, "{}")
    if there == "blobs/x":
        write(out / "readme")
    with pytest.raises(ConflictError, match="something other than a builder"):
        create(parts, out)
    assert (out / there).read_text() == "{}"


def test_the_base_itself_is_not_written_over(parts: Parts) -> None:
    before = image_layout.read(parts.folder / "base/layout").digest
    with pytest.raises(ConflictError):
        create(parts, parts.folder / "base/layout")
    assert image_layout.read(parts.folder / "base/layout").digest == before


def test_a_part_that_is_not_there_is_told_with_the_line_that_names_it(parts: Parts) -> None:
    """Whoever follows the page has no lifecycle yet: the configuration says where it is looked for."""
    (parts.folder / "lifecycle.tgz").unlink()
    with pytest.raises(UsageError, match=r"lifecycle\.tgz") as caught:
        create(parts, parts.folder / "out")
    assert (caught.value.file, caught.value.line) == (
        parts.config,
        parts.config.read_text("utf-8").splitlines().index('uri = "lifecycle.tgz"') + 1,
    )


def test_the_same_buildpack_in_two_packages_is_one(parts: Parts) -> None:
    parts.configure("a.cnb", "all.cnb", "a.cnb", order=order(["acme/all"]))
    _, layers = read_builder(created_in(parts))
    assert len(layers) == 9


def test_a_folder_is_packaged_on_the_way(parts: Parts) -> None:
    """As pack does; the layer is the one that packaging would give."""
    parts.configure("b", "a.cnb", order=order(["acme/a", "acme/b"]))
    config, _ = read_builder(created_in(parts))
    parts.configure("all.cnb", order=order(["acme/all"]))
    packaged, _ = read_builder(created_in(parts))
    label = "io.buildpacks.buildpack.layers"
    assert json_label(config, label)["acme/b"] == json_label(packaged, label)["acme/b"]


def test_docker_names_of_types_become_those_of_oci(parts: Parts) -> None:
    """An OCI manifest with Docker's types is refused by some registries; the bytes are the same."""
    layout = parts.folder / "base/layout"
    index = json.loads((layout / "index.json").read_bytes())
    manifest = json.loads(image_layout.blob(layout, index["manifests"][0]["digest"]).read_bytes())
    docker = "application/vnd.docker"
    manifest["mediaType"] = f"{docker}.distribution.manifest.v2+json"
    manifest["config"]["mediaType"] = f"{docker}.container.image.v1+json"
    manifest["layers"][0]["mediaType"] = f"{docker}.image.rootfs.diff.tar.gzip"
    _replace_manifest(layout, manifest)
    create(parts)
    types = [one["mediaType"] for one in image_layout.read(parts.folder / "out").manifest["layers"]]
    assert set(types) == {"application/vnd.oci.image.layer.v1.tar+gzip"}

    manifest["layers"][0]["mediaType"] = f"{docker}.image.rootfs.foreign.diff.tar.gzip"
    _replace_manifest(layout, manifest)
    shutil.rmtree(parts.folder / "out")
    assert "cannot be used in another image" in said(parts)


def test_the_history_of_the_base_is_kept_if_it_fits(parts: Parts) -> None:
    shutil.rmtree(parts.folder / "base")
    history = [{"created_by": "RUN x"}, {"created_by": "ENV y", "empty_layer": True}]
    base(parts.folder / "base", history=history, container_config={"Hostname": "somebody's"})
    config, _ = read_builder(created_in(parts))
    assert config["history"][:2] == history
    assert "container_config" not in config
    assert config["created"] == "1980-01-01T00:00:01Z"


def test_siblings_come_from_dist(parts: Parts) -> None:
    """Named by id, with or without the version; another version or none there is said with the way out."""
    parts.configure("strata/x@1.0.0", order=order(["strata/x"]))
    assert "inv package --id strata/x" in said(parts)
    folder = buildpack(parts.folder / "x", "strata/x@1.0.0")
    cnb = package(parts.folder / "x.cnb", folder)
    with tarfile.open(cnb) as tar:
        unpack(tar, parts.dist / "x.oci")
    manifest = {"schema": SCHEMA, "buildpacks": [_packaged("strata/x", "1.0.0", "x.oci")]}
    write(parts.dist / "manifest.json", json.dumps(manifest))
    create(parts)
    parts.configure("strata/x", order=order(["strata/x"]))
    assert not create(parts).is_new
    shutil.rmtree(parts.folder / "out")
    parts.configure("strata/x@2.0.0", order=order(["strata/x"]))
    assert "has strata/x@1.0.0, not 2.0.0" in said(parts)
    parts.configure("strata/y", order=order(["strata/y"]))
    assert 'did you mean "strata/x"?' in said(parts)


def test_the_summary_tells_what_was_made_and_what_is_next(parts: Parts) -> None:
    created = create(parts)
    text = summary(created)
    for part in ("acme/all@3.0.0", "0.21.17", "linux/amd64, user 1001:1002", created.image.digest, "written"):
        assert part in text
    assert "skopeo copy oci:" in text
    assert "up to date" in summary(replace(created, is_new=False))
    assert Path(address(created)).resolve() == (parts.folder / "out").resolve()


def _replace_manifest(layout: Path, manifest: object) -> None:
    data = json.dumps(manifest).encode()
    (layout / "new").write_bytes(data)
    descriptor = {
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "digest": hashlib.sha256(data).hexdigest(),
        "size": len(data),
    }
    (layout / "new").rename(layout / "blobs/sha256" / str(descriptor["digest"]))
    descriptor["digest"] = f"sha256:{descriptor['digest']}"
    write(layout / "index.json", json.dumps({"schemaVersion": 2, "manifests": [descriptor]}))


def _packaged(id_: str, version: str, layout: str) -> dict[str, object]:
    """Give an entry of dist/manifest.json."""
    return {
        "id": id_,
        "version": version,
        "variant": "",
        "inputs": "",
        "bytecode": {},
        "compressor": "",
        "embedded": Embedded().data(),
        "layout": {"path": layout, "digest": ""},
        "images": [],
        "sbom": {"path": "", "digest": "", "size": 0},
    }
