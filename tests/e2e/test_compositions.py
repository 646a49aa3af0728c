"""The compositions of "Compose your own builder": made by `inv builder.create`, read by pack, built with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import app_container
from buildpack_testing.cnb.podman import ContainerSettings
from support.composed import ComposedBuilders
from support.main_job import COMPOSITE, PIP, RUNTIME, VENV
from support.sample_builds import COMPONENTS, E2E_FIXTURES, RUNTIMES, SAMPLES, WEB

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.cnb.pack import PackCommand
    from support.sample_builds import SampleBuilds

NODE, OTHER = "test/native-node", "test/other-python"


@pytest.fixture(scope="module")
def composed(
    *, samples: SampleBuilds, pack_with_podman: PackCommand, packages: Path, scratch: Path
) -> ComposedBuilders:
    """Makes builders of this repository's packages."""
    directory = scratch / "compositions"
    directory.mkdir()
    return ComposedBuilders(samples=samples, pack=pack_with_podman, packages=packages, directory=directory)


def test_the_whole_of_it(composed: ComposedBuilders, samples: SampleBuilds) -> None:
    """(a) The image's layers are those that the assembled directories give."""
    builder = composed.create("whole", [COMPOSITE, WEB], [COMPOSITE, "test/web"])
    told = composed.inspect(builder)
    assert all(f"{one} " in told for one in (COMPOSITE, *COMPONENTS, "test/web"))
    built = composed.flask(composed.creator(builder))
    directly, _ = samples.twice("flask")
    assert built.launch_layers == directly.launch_layers
    assert built.app_layers == directly.app_layers


def test_python_for_a_build_only(composed: ComposedBuilders, samples: SampleBuilds) -> None:
    """(b) Python is there for the other buildpack, comes back from the cache, and is not in the image."""
    builder = composed.create("node", [RUNTIME, E2E_FIXTURES / "native-node"], [f"{RUNTIME}?", NODE])
    told = composed.inspect(builder)
    assert f"{RUNTIME} " in told
    assert PIP not in told
    creator = composed.creator(builder)
    app = E2E_FIXTURES / "native-app"
    first, second = composed.build(creator, app), composed.build(creator, app)
    assert "python is /layers/strata_python-runtime/python/cpython/bin/python" in second.output
    assert "Unpacking" in first.output
    assert "Unpacking" not in second.output
    assert list(first.launch_layers) == [f"{NODE}:native"]
    assert second.digest == first.digest
    image = app_container.load(samples.podman, first)
    said = samples.podman.run(
        image, settings=ContainerSettings(network="none", read_only=True)
    ).stdout.decode()
    assert said == f"made by Python {samples.feed.runtimes.archives[-1].version}\n"
    looked = ContainerSettings(entrypoint="find", network="none")
    found = samples.podman.run(image, "/layers", "-name", "*python*", settings=looked).stdout.decode()
    assert found.split() == []


def test_somebody_else_s_python(composed: ComposedBuilders, samples: SampleBuilds) -> None:
    """(c) pip and the environment are made with it and start with it; nothing of our runtime is there."""
    builder = composed.create(
        "other", [E2E_FIXTURES / "other-python", PIP, VENV, WEB], [OTHER, PIP, VENV, "test/web"]
    )
    told = composed.inspect(builder)
    assert f"{OTHER} " in told
    assert RUNTIME not in told
    archive = samples.feed.runtimes.archives[-1].file
    place = archive.relative_to(samples.feed.runtimes.catalogue.parent)
    creator = composed.creator(builder)
    variables = {"OTHER_PYTHON": f"{RUNTIMES}/{place}"}
    first, second = composed.flask(creator, variables), composed.flask(creator, variables)
    assert list(first.launch_layers) == [f"{OTHER}:own", f"{VENV}:venv"]
    assert "Reusing the virtual environment" in second.output
    # That Python is not compiled: using it must write no .pyc files, with their times, into its layer.
    assert second.digest == first.digest
    with app_container.serve(samples.podman, app_container.load(samples.podman, first)) as app:
        assert SAMPLES["flask"].answer in app.fetch().body
        assert app.environment()["PATH"].split(":")[1] == "/layers/test_other-python/own/python/bin"
        assert app.stop() == 0
