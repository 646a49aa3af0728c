"""The parts of the real platform, started once a session. What a machine lacks is reported by name.

Under CI=true a missing part is a failure; elsewhere the tests that need it are skipped.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.package import package
from buildpack_release.progress import say
from buildpack_testing import needs
from buildpack_testing.cnb import base_images, tools
from buildpack_testing.cnb.pack import PackCommand
from buildpack_testing.cnb.podman_session import podman as private_podman
from buildpack_testing.cnb.podman_session import unpack
from buildpack_testing.cnb.registry_server import registry as running_registry
from buildpack_testing.local_sources import mirror_variables, served_index
from buildpack_testing.package_index import fill_index, write_index
from buildpack_testing.runtimes import make_runtimes
from buildpack_testing.server import serve
from support.main_job import APPS, ROOT
from support.needs import lack, need
from support.sample_builds import E2E_FIXTURES, RUNTIMES, Feed, SampleBuilds, pack_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_testing.cnb.base_images import BaseImage
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import BuiltLifecycle, Pack
    from buildpack_testing.runtime_set import RuntimeSet


def pytest_report_header() -> list[str]:
    """Say at the start what the machine lacks, and which lifecycle and pack are used."""
    try:
        found = [("lifecycle", tools.find_lifecycle()), ("pack", tools.find_pack())]
        lacking = needs.describe(needs.missing()).splitlines()
    except ReleaseError as error:
        return str(error).splitlines()
    return [*lacking, *(f"{name} {tool.version}: {tool.origin}" for name, tool in found if tool)]


@pytest.fixture(scope="session")
def lifecycle() -> BuiltLifecycle:
    """The lifecycle, installed."""
    need("lifecycle")
    return tools.ensure_lifecycle()


@pytest.fixture(scope="session")
def pack_tool() -> Pack:
    """The pack command, installed."""
    need("pack")
    return tools.ensure_pack()


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A directory for what is large: unlike the directories of pytest, it goes at the end."""
    with tempfile.TemporaryDirectory(prefix="strata-e2e-") as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def registry(scratch: Path) -> Iterator[Registry]:
    """A registry on loopback, in plain HTTP."""
    need("registry", "skopeo")
    with running_registry(scratch / "registry") as found:
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


@pytest.fixture(scope="session")
def runtimes() -> RuntimeSet:
    """Runtime archives of this machine's CPythons (20 s each, the first time)."""
    try:
        return make_runtimes(report=say)
    except MissingToolError as error:
        lack(str(error))


@pytest.fixture(scope="session")
def feed(runtimes: RuntimeSet, scratch: Path) -> Iterator[Feed]:
    """Runtime archives and the packages of the sample apps, served on loopback."""
    compiled = E2E_FIXTURES / "compiled"
    apps = fill_index(sorted(APPS.glob("*/requirements.txt")), report=say)
    tools = fill_index([compiled / "build-requirements.txt"], report=say)
    servers = fill_index([E2E_FIXTURES / "servers/requirements.txt"], [runtimes.minors[-1]], report=say)
    source = pack_source(
        compiled / "squares", "strata_test_squares-1.0", scratch / "strata_test_squares-1.0.tar.gz"
    )
    index = write_index([*apps.wheels, *tools.wheels, *servers.wheels, source], scratch / "index")
    with serve(index.directory) as server, mirror_variables(runtimes) as mirror:
        variables = {
            **served_index(server),
            "BP_DEPENDENCY_MIRROR": mirror["BP_DEPENDENCY_MIRROR"],
            "BP_PYTHON_RUNTIMES": f"{RUNTIMES}/{runtimes.catalogue.name}",
        }
        yield Feed(variables=variables, runtimes=runtimes, wheels=index.wheels, index=server)


@pytest.fixture(scope="session")
def packages(scratch: Path) -> Path:
    """The directory of all packages of this repository, as `inv package` makes them."""
    dist = scratch / "dist"
    package(Repository.discover(ROOT), dist=dist, build=scratch / "assembled", report=say)
    return dist


@pytest.fixture(scope="session")
def assembled(packages: Path) -> Path:
    """The assembled buildpacks that are in the packages."""
    return packages.with_name("assembled")


@pytest.fixture(scope="session")
def samples(
    *,
    podman: Podman,
    lifecycle: BuiltLifecycle,
    build_image: str,
    registry: Registry,
    run_image: str,
    assembled: Path,
    feed: Feed,
    scratch: Path,
) -> SampleBuilds:
    """The sample apps, each built when first asked for."""
    return SampleBuilds(
        podman=podman,
        lifecycle=lifecycle,
        build_image=build_image,
        registry=registry,
        run_image=run_image,
        assembled=assembled,
        feed=feed,
        root=scratch / "builds",
    )
