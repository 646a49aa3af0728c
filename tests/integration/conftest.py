"""What real builds need, made once: runtime archives and wheels on loopback, assembled buildpacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import MissingToolError, NetworkError
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.assemble import assemble_all
from buildpack_release.progress import say
from buildpack_testing.local_sources import mirror_variables, served_index
from buildpack_testing.package_index import fill_index
from buildpack_testing.runtimes import make_runtimes
from buildpack_testing.server import StaticServer, serve
from support.component_builds import assemble_components
from support.main_job import APPS, COMPOSITE, PIP, ROOT, MainJob
from support.needs import lack
from support.private_builds import PrivateBuilds, private_builds
from support.venv_builds import LEFT, RIGHT, VenvBuilds, venv_builds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.runtime_set import RuntimeSet


@pytest.fixture(scope="session")
def runtimes() -> RuntimeSet:
    """Runtime archives of this machine's CPythons, or else the real ones (20 s each, the first time)."""
    try:
        return make_runtimes(report=say)
    except (MissingToolError, NetworkError) as error:
        lack(f"missing: runtime archives ({error})")


@pytest.fixture(scope="session")
def mirror(runtimes: RuntimeSet) -> Iterator[dict[str, str]]:
    """The variables that name a mirror with the runtime archives."""
    with mirror_variables(runtimes) as variables:
        yield variables


@pytest.fixture(scope="session")
def wheel_server() -> Iterator[StaticServer]:
    """An index with the wheels of the sample apps for every supported Python (filled once)."""
    files = [path for app in sorted(APPS.iterdir()) if (path := app / "requirements.txt").is_file()]
    with serve(fill_index(files, report=say).directory) as server:
        yield server


@pytest.fixture(scope="session")
def wheel_index(wheel_server: StaticServer) -> dict[str, str]:
    """The variables that name the index."""
    return served_index(wheel_server)


@pytest.fixture(scope="session")
def composite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """The composite and its components, assembled."""
    into = tmp_path_factory.mktemp("assembled")
    return tuple(assemble_all(Repository.discover(ROOT), [COMPOSITE], into, report=say))


@pytest.fixture(scope="session")
def pip_tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """strata/pip-tool, assembled."""
    return assemble_components([PIP], tmp_path_factory.mktemp("assembled pip-tool"))[0]


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[VenvBuilds]:
    """An app to edit, and an index with left 1.0 and right 2.0, which requires left."""
    with venv_builds(tmp_path / "a b") as made:
        made.publish(LEFT, RIGHT)
        yield made


@pytest.fixture
def private(builds: VenvBuilds) -> Iterator[PrivateBuilds]:
    """The app of ``builds``, whose packages come from a private index."""
    with private_builds(builds) as made:
        yield made


@pytest.fixture(scope="module")
def job(
    tmp_path_factory: pytest.TempPathFactory,
    composite: tuple[Path, ...],
    mirror: dict[str, str],
    wheel_index: dict[str, str],
) -> MainJob:
    """One workspace for the tests of a module: each builds what it needs, reusing what is left."""
    return MainJob(tmp_path_factory.mktemp("main job"), composite, mirror | wheel_index)
