"""Publishing to further real registries, and carrying layouts there with what is beside the images.

Distribution 3 and the registry in crane (go-containerregistry) are built from the Go module proxy;
docker-registry (distribution 2.8) is the one that all other tests publish to.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.publish.publish_report import next_command
from buildpack_testing.cnb.tool_versions import CRANE, DISTRIBUTION, ORAS
from buildpack_testing.cnb.tools import ensure_tool
from oci_registry.testing.distribution import RealRegistry, crane_registry, real_registry
from oci_registry.testing.faulty import FaultyRegistry
from support.needs import need
from support.publishing import NAMES, agreed, make_repository, pack, publication, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(make_repository(tmp_path_factory.mktemp("packed") / "a repository"))


@pytest.fixture(params=["distribution 3", "crane"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealRegistry]:
    if request.param == "crane":
        need("crane")
        with crane_registry(tmp_path / "registry", ensure_tool(CRANE)) as running:
            yield running
    else:
        need("newer registry")
        with real_registry(tmp_path / "registry", program=ensure_tool(DISTRIBUTION)) as running:
            yield running


def problems(root: Path, host: str) -> list[tuple[str, ...]]:
    return [one.problems for one in publication(root, host).verify()]


def test_everything_is_published_read_back_and_published_only_once(
    packed: Path, registry: RealRegistry
) -> None:
    publication(packed, registry.host).publish(agreed)
    assert problems(packed, registry.host) == [()] * len(NAMES)
    with FaultyRegistry(registry.url) as proxy:
        publication(packed, proxy.host).publish(agreed)
        assert written(proxy.requests) == []


def test_layouts_carried_with_oras_keep_sbom_and_provenance(
    packed: Path, registry: RealRegistry, tmp_path: Path
) -> None:
    """With the very command that publishing into layouts names at its end."""
    need("oras")

    layouts = tmp_path / "to carry"
    results = replace(publication(packed, registry.host), destination=layouts).publish(agreed)
    for result in results:
        command = next_command(f"oci:{layouts}", [result])
        line = command.replace("REGISTRY/NAMESPACE", f"{registry.host}/acme")
        line = line.replace("oras", str(ensure_tool(ORAS)), 1)
        done = subprocess.run(
            ["sh", "-c", f"{line} --to-plain-http --no-tty"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert problems(packed, registry.host) == [()] * len(NAMES)
