"""Packages that bring a Python for the buildpacks themselves, on a build image that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import DeclaredTarget, own_arch
from buildpack_release.packaging.package import package
from buildpack_release.progress import say
from buildpack_testing.cnb import app_container
from buildpack_testing.cnb.creator import CreatorError
from support.composed import ComposedBuilders
from support.main_job import COMPOSITE, PIP, ROOT, RUNTIME, VENV
from support.sample_builds import SAMPLES, WEB

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.cnb.pack import PackCommand
    from buildpack_testing.runtime_set import RuntimeSet
    from support.sample_builds import SampleBuilds

BUILDPACK_FAILED = 51


@pytest.fixture(scope="module")
def composed(
    *, samples: SampleBuilds, pack_with_podman: PackCommand, packages: Path, scratch: Path
) -> ComposedBuilders:
    """Makes builders of this repository's packages."""
    directory = scratch / "self-contained-builders"
    directory.mkdir()
    return ComposedBuilders(samples=samples, pack=pack_with_podman, packages=packages, directory=directory)


@pytest.fixture(scope="module")
def runtime_package(runtimes: RuntimeSet, scratch: Path) -> Path:
    """The runtime's package as `inv package --id strata/python-runtime --interpreter ARCHIVE` makes it."""
    target, dist = DeclaredTarget("linux", own_arch()), scratch / "self-contained"
    (outcome,) = package(
        Repository.discover(ROOT),
        [RUNTIME],
        dist=dist,
        build=scratch / "self-contained-assembled",
        targets=[target],
        archives={target: runtimes.archives[-1].file},
        report=say,
    )
    assert outcome.package.id == RUNTIME
    (file,) = dist.glob("*.cnb")
    return file


def test_the_self_contained_runtime_is_enough(
    composed: ComposedBuilders,
    samples: SampleBuilds,
    runtime_package: Path,
    build_image_without_python: str,
) -> None:
    """It runs with its own Python; those after it run with the Python that it provides for the app."""
    members = [RUNTIME, PIP, VENV, "test/web"]
    builder = composed.create(
        "self-contained", [runtime_package, PIP, VENV, WEB], members, base=build_image_without_python
    )
    assert f"{RUNTIME} " in composed.inspect(builder)
    creator = composed.creator(builder)
    first, second = composed.flask(creator), composed.flask(creator)
    assert second.digest == first.digest
    assert list(first.launch_layers) == [f"{RUNTIME}:python", f"{VENV}:venv"]
    with app_container.serve(samples.podman, app_container.load(samples.podman, first)) as app:
        assert SAMPLES["flask"].answer in app.fetch().body
        assert app.stop() == 0


def test_the_default_package_says_what_to_do(
    composed: ComposedBuilders, build_image_without_python: str
) -> None:
    """One error, no traceback: what is missing, and the three ways out."""
    members = [COMPOSITE, "test/web"]
    builder = composed.create("without-python", [COMPOSITE, WEB], members, base=build_image_without_python)
    with pytest.raises(CreatorError) as failed:
        composed.flask(composed.creator(builder))
    assert failed.value.code == BUILDPACK_FAILED
    assert (
        "[Strata] Error: this buildpack needs Python 3.10 or newer to run, and none is on PATH\n"
        "  Use its self-contained package, a build image with python3, or a buildpack before it"
        " that brings Python.\n"
    ) in failed.value.output
    assert "Traceback" not in failed.value.output
