"""The bill of materials: valid, without credentials, with everything that the metadata say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app_venv.after.dependencies import Graph
from app_venv.after.sbom import bom_of
from app_venv.environment.checkouts import GitCheckout
from app_venv.environment.installed import InstalledDistribution
from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution
from buildpack_common.sbom_documents import cyclonedx, spdx
from support.sbom_schemas import assert_valid_sbom

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "a" * 64


def installed(
    directory: Path, name: str, version: str, *, requested: bool = False, source: object = None
) -> InstalledDistribution:
    info = directory / name
    info.mkdir()
    if source is not None:
        (info / "direct_url.json").write_text(json.dumps(source))
    fields = {"name": (name,), "license-expression": ("MIT",)}
    return InstalledDistribution(name.lower().replace("_", "-"), version, requested, fields, info)


def document(
    distributions: list[InstalledDistribution], graph: Graph, *packages: ResolvedDistribution
) -> dict[str, Any]:
    bom = bom_of(distributions, InstallationResolution(packages), graph)
    assert_valid_sbom(spdx(bom, {}))
    return assert_valid_sbom(cyclonedx(bom))


def test_what_is_installed_is_named_with_hash_licence_and_needs(tmp_path: Path) -> None:
    found = document(
        [installed(tmp_path, "My_App", "1.0", requested=True), installed(tmp_path, "left", "1!2.0+cpu")],
        Graph({"my-app": ("left",), "left": ()}, ()),
        ResolvedDistribution("left", "1!2.0+cpu", f"sha256:{DIGEST}"),
        ResolvedDistribution("my-app", "1.0", "unprovable"),
    )
    left, app = sorted(found["components"], key=lambda one: one["name"] == "My_App")
    assert (app["name"], app["purl"]) == ("My_App", "pkg:pypi/my-app@1.0")
    assert left["purl"] == "pkg:pypi/left@1%212.0%2Bcpu"
    assert left["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]
    assert "hashes" not in app
    assert [one["properties"][0]["value"] for one in (app, left)] == ["direct", "transitive"]
    graph = {one["ref"]: one["dependsOn"] for one in found["dependencies"]}
    assert graph[app["purl"]] == [left["purl"]]
    assert graph["environment"] == [app["purl"]]


def test_addresses_are_named_without_credentials(tmp_path: Path) -> None:
    vcs = {
        "url": "https://me:s3cr3t@git.example.org/x.git",
        "vcs_info": {"vcs": "git", "commit_id": "0" * 40},
    }
    file = {"url": "https://me:s3cr3t@git.example.org/y.whl?token=s3cr3t", "archive_info": {}}
    found = document(
        [
            installed(tmp_path, "x", "1", source=vcs),
            installed(tmp_path, "y", "1", source=file),
        ],
        Graph({}, ()),
    )
    assert "s3cr3t" not in json.dumps(found)
    x, y = found["components"]
    assert x["purl"] == f"pkg:pypi/x@1?vcs_url=git%2Bhttps://git.example.org/x.git%40{'0' * 40}"
    assert y["purl"] == "pkg:pypi/y@1?download_url=https://git.example.org/y.whl"
    assert y["externalReferences"] == [{"type": "distribution", "url": "https://git.example.org/y.whl"}]


def test_directories_of_the_build_are_not_named(tmp_path: Path) -> None:
    source = {"url": "file:///workspace/lib", "dir_info": {"editable": True}}
    found = document([installed(tmp_path, "x", "1", source=source)], Graph({}, ()))
    assert "workspace" not in json.dumps(found)


def test_what_has_no_metadata_here_is_in_it_nevertheless() -> None:
    found = document([], Graph({}, ()), ResolvedDistribution("old", "3.0", "unprovable"))
    assert [one["purl"] for one in found["components"]] == ["pkg:pypi/old@3.0"]


def test_an_editable_checkout_is_named_by_its_commit_and_without_credentials(tmp_path: Path) -> None:
    """All that pip notes is the directory, in which nothing tells any more where it is from."""
    place = tmp_path / "a b/src/mine"
    source = {"url": (place / "python").as_uri(), "dir_info": {"editable": True}}
    checkout = GitCheckout(place, "https://me:s3cr3t@git.example.org/x.git", "0" * 40)
    bom = bom_of(
        [installed(tmp_path, "mine", "1", source=source)], InstallationResolution(), Graph({}, ()), [checkout]
    )
    (found,) = assert_valid_sbom(cyclonedx(bom))["components"]
    assert found["purl"].endswith(f"?vcs_url=git%2Bhttps://git.example.org/x.git%40{'0' * 40}")
    assert "s3cr3t" not in json.dumps(found)
