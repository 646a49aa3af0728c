"""The parts of the real platform, started once a session. What a machine lacks is reported by name.

Under CI=true a missing part is a failure; elsewhere the tests that need it are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError
from buildpack_testing.cnb import base_images, preflight, tools
from buildpack_testing.cnb.pack import PackCommand
from buildpack_testing.cnb.podman_session import podman as private_podman
from buildpack_testing.cnb.podman_session import unpack
from buildpack_testing.cnb.registry_server import registry as running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_testing.cnb.base_images import BaseImage
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import Lifecycle, Pack


def pytest_report_header() -> list[str]:
    """Say at the start what the machine lacks, and which lifecycle and pack are used."""
    try:
        found = [("lifecycle", tools.find_lifecycle()), ("pack", tools.find_pack())]
        lacking = preflight.describe(preflight.missing()).splitlines()
    except ReleaseError as error:
        return str(error).splitlines()
    return [*lacking, *(f"{name} {tool.version}: {tool.origin}" for name, tool in found if tool)]


def need(*names: str) -> None:
    """Skip the test, or under CI=true fail it, unless the machine has the parts named."""
    lacking = preflight.missing(names)
    if not lacking:
        return
    message = preflight.describe(lacking)
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def lifecycle() -> Lifecycle:
    """The lifecycle, installed."""
    need("lifecycle")
    return tools.ensure_lifecycle()


@pytest.fixture(scope="session")
def pack_tool() -> Pack:
    """The pack command, installed."""
    need("pack")
    return tools.ensure_pack()


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry on loopback, in plain HTTP."""
    need("registry", "skopeo")
    with running_registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture(scope="session")
def podman(registry: Registry) -> Iterator[Podman]:
    """A private podman that knows the registry, and the base images already."""
    need("podman", "container runtime", "root", "skopeo", "base images")
    unpacked = unpack(base_images.ensure(recipe) for recipe in base_images.RECIPES.values())
    with private_podman([registry.address], base_images=unpacked) as found:
        yield found


@pytest.fixture(scope="session")
def docker_host(podman: Podman) -> Iterator[str]:
    """The Docker API of the private podman."""
    with podman.service() as address:
        yield address


@pytest.fixture(scope="session")
def build_base() -> BaseImage:
    """The build image with python3 and a C compiler."""
    need("base images")
    return base_images.ensure(base_images.BUILD)


@pytest.fixture(scope="session")
def build_base_without_python() -> BaseImage:
    """The build image without any Python."""
    need("base images")
    return base_images.ensure(base_images.BUILD_WITHOUT_PYTHON)


@pytest.fixture(scope="session")
def run_base() -> BaseImage:
    """The run image: no Python, no compiler."""
    need("base images")
    return base_images.ensure(base_images.RUN)


@pytest.fixture(scope="session")
def build_image(podman: Podman, registry: Registry, build_base: BaseImage) -> str:
    """The build image with python3, in the registry and in podman's storage."""
    reference = registry.push_layout(build_base.layout, build_base.repository, build_base.tag)
    podman.pull(reference)
    return reference


@pytest.fixture(scope="session")
def build_image_without_python(
    podman: Podman, registry: Registry, build_base_without_python: BaseImage
) -> str:
    """The build image without Python, in the registry and in podman's storage."""
    base = build_base_without_python
    reference = registry.push_layout(base.layout, base.repository, base.tag)
    podman.pull(reference)
    return reference


@pytest.fixture(scope="session")
def run_image(registry: Registry, run_base: BaseImage) -> str:
    """The run image in the registry."""
    return registry.push_layout(run_base.layout, run_base.repository, run_base.tag)


@pytest.fixture(scope="session")
def pack(pack_tool: Pack, tmp_path_factory: pytest.TempPathFactory) -> PackCommand:
    """A pack with a home of its own: what needs no daemon."""
    return PackCommand(pack_tool.executable, tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="session")
def pack_with_podman(
    pack_tool: Pack, docker_host: str, tmp_path_factory: pytest.TempPathFactory
) -> PackCommand:
    """A pack with a home of its own and podman's socket: what builds."""
    return PackCommand(pack_tool.executable, tmp_path_factory.mktemp("pack"), docker_host=docker_host)


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The directory of the real small projects that these tests build."""
    return Path(__file__).parent / "fixtures"
