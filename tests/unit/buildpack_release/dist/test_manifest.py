from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildpack_release.dist.embedded import Embedded, EmbeddedRuntime
from buildpack_release.dist.manifest import (
    FILE,
    DistManifest,
    DistPackage,
    PackagedDocument,
    PackagedImage,
    PackagedLayer,
)
from buildpack_release.model.targets import DeclaredTarget

if TYPE_CHECKING:
    from pathlib import Path

TEXT = st.text(max_size=8)
LAYERS = st.builds(PackagedLayer)
IMAGES = st.builds(PackagedImage, layers=st.lists(LAYERS, max_size=2).map(tuple))
TARGETS = st.sampled_from([DeclaredTarget("linux", "amd64"), DeclaredTarget("linux", "arm", "v7")])
RUNTIMES = st.lists(st.builds(EmbeddedRuntime), max_size=2).map(tuple)
EMBEDDED = st.builds(
    Embedded,
    interpreters=st.dictionaries(TARGETS, TEXT),
    runtimes=st.dictionaries(TARGETS, RUNTIMES),
    catalogue=TEXT,
)
PACKAGES = st.builds(
    DistPackage,
    id=TEXT,
    version=TEXT,
    variant=TEXT,
    inputs=TEXT,
    layout=TEXT,
    digest=TEXT,
    bytecode=st.dictionaries(st.text(max_size=4), st.text(max_size=6), max_size=2),
    images=st.lists(IMAGES, max_size=2).map(tuple),
    compressor=TEXT,
    embedded=EMBEDDED,
    sbom=st.builds(PackagedDocument, path=TEXT, digest=TEXT),
)
SBOM = PackagedDocument("a.cdx.json", "sha256:b", 3)


def package(buildpack_id: str, variant: str = "", version: str = "1.0.0") -> DistPackage:
    return DistPackage(buildpack_id, version, variant, "sha256:i", {}, "x.oci", "sha256:d", (), SBOM)


@given(packages=st.lists(PACKAGES, max_size=3))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, packages: list[DistPackage]
) -> None:
    """All of it."""
    dist = tmp_path_factory.mktemp("dist")
    manifest = DistManifest(tuple(packages))
    (dist / FILE).write_text(manifest.dumps(), "utf-8")
    assert DistManifest.read(dist) == manifest


def test_there_is_one_package_for_an_id_and_variant() -> None:
    """A newer one takes its place; the order is always the same."""
    manifest = DistManifest().with_package(package("b")).with_package(package("a", "v"))
    manifest = manifest.with_package(package("a")).with_package(package("b", version="2.0.0"))
    assert [(one.id, one.variant, one.version) for one in manifest] == [
        ("a", "", "1.0.0"),
        ("a", "v", "1.0.0"),
        ("b", "", "2.0.0"),
    ]
    assert manifest.find(("a", "v")) == package("a", "v")
    assert manifest.without(("a", "v")).find(("a", "v")) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"schema": 1, "buildpacks": []}', '{"schema": 4, "buildpacks": [{}]}']
)
def test_a_broken_manifest_counts_as_empty(tmp_path: Path, text: str) -> None:
    """Then everything is packaged again, which also repairs it."""
    (tmp_path / FILE).write_text(text)
    assert DistManifest.read(tmp_path) == DistManifest()
    assert DistManifest.read(tmp_path / "none") == DistManifest()


def test_the_file_is_for_programs() -> None:
    """Its keys are an interface: sizes in bytes, digests with their algorithm."""
    layer = PackagedLayer("a@1.0.0", "sha256:u", "sha256:c", 5, 9)
    image = PackagedImage("linux/amd64", "sha256:m", "a.cnb", "sha256:f", 20, (layer,))
    embedded = Embedded(runtimes={DeclaredTarget("linux", "amd64"): (EmbeddedRuntime("3.13.0", "ab"),)})
    made = DistPackage(
        *("a", "1.0.0", "", "sha256:i", {"3.12": "3.12.1"}, "a.oci", "sha256:x"),
        *((image,), SBOM, "zlib 1", embedded),
    )
    assert json.loads(DistManifest((made,)).dumps()) == {
        "schema": 4,
        "buildpacks": [
            {
                "id": "a",
                "version": "1.0.0",
                "variant": "",
                "inputs": "sha256:i",
                "bytecode": {"3.12": "3.12.1"},
                "compressor": "zlib 1",
                "embedded": {
                    "interpreters": {},
                    "runtimes": {"linux/amd64": [{"version": "3.13.0", "sha256": "ab"}]},
                    "catalogue": "",
                    "tools": {},
                },
                "layout": {"path": "a.oci", "digest": "sha256:x"},
                "images": [
                    {
                        "target": "linux/amd64",
                        "digest": "sha256:m",
                        "file": {"path": "a.cnb", "digest": "sha256:f", "size": 20},
                        "layers": [
                            {
                                "buildpack": "a@1.0.0",
                                "diff-id": "sha256:u",
                                "digest": "sha256:c",
                                "size": 5,
                                "uncompressed-size": 9,
                            }
                        ],
                    }
                ],
                "sbom": {"path": "a.cdx.json", "digest": "sha256:b", "size": 3},
                "provenance": {"path": "a.provenance.json"},
            }
        ],
    }
