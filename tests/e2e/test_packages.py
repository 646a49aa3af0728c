"""The packages that `inv package` makes, in the hands of pack: inspected, put into builders, built with."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from buildpack_release.model.repository import Repository
from buildpack_testing.cnb import app_container
from support.builders import BuilderMaker
from support.main_job import COMPOSITE, PIP, ROOT, RUNTIME, VENV
from support.sample_builds import SAMPLES, WEB, WHOLE

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.cnb.pack import PackCommand
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import BuiltLifecycle
    from support.sample_builds import SampleBuilds

ALL = WHOLE
VERSIONS = {one.id: one.descriptor.version for one in Repository.discover(ROOT).buildpacks}


@pytest.fixture(scope="module")
def maker(
    *,
    pack: PackCommand,
    registry: Registry,
    lifecycle: BuiltLifecycle,
    build_image: str,
    run_image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> BuilderMaker:
    """Makes builders on the base images of the tests."""
    return BuilderMaker(
        pack=pack,
        registry=registry,
        lifecycle=lifecycle,
        build_image=build_image,
        run_image=run_image,
        directory=tmp_path_factory.mktemp("builders"),
    )


def file_of(packages: Path, buildpack: str, arch: str) -> Path:
    """Return the package of a buildpack for an architecture."""
    return packages / f"{buildpack.replace('/', '_')}-{VERSIONS[buildpack]}-linux-{arch}.cnb"


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
@pytest.mark.parametrize("buildpack", ALL)
def test_pack_reads_each_package(pack: PackCommand, packages: Path, buildpack: str, arch: str) -> None:
    """Its id, its version, and what is in it: of the composite all parts, of a component only itself."""
    told = pack.inspect_buildpack(file_of(packages, buildpack, arch))
    listed = told.partition("Buildpacks:")[2].partition("Detection Order:")[0]
    found = set(re.findall(r"^ +(strata/\S+) .* (\d+\.\d+\.\d+) ", listed, re.MULTILINE))
    parts = ALL if buildpack == COMPOSITE else (buildpack,)
    assert found == {(part, VERSIONS[part]) for part in parts}
    order = re.findall(r"[├└] (strata/[a-z-]+)@", told.partition("Detection Order:")[2])
    assert order == list(ALL if buildpack == COMPOSITE else (buildpack,))


def test_pack_makes_a_builder_of_a_part(maker: BuilderMaker, packages: Path) -> None:
    """The runtime on its own, and the two others behind somebody else's Python, are whole packages."""
    arch = maker.architecture
    for name, members in {"runtime": (RUNTIME,), "installer": (PIP, VENV)}.items():
        files = [file_of(packages, one, arch) for one in members]
        reference = maker.create(f"builder/{name}", [*files, WEB], [*members, "test/web"])
        held = maker.label(reference, "buildpack.layers")
        assert set(held) == {*members, "test/web"}
        (group,) = maker.label(reference, "buildpack.order")
        assert [entry["id"] for entry in group["group"]] == [*members, "test/web"]


def test_pack_builds_with_a_builder_of_all_packages(
    *,
    maker: BuilderMaker,
    pack_with_podman: PackCommand,
    podman: Podman,
    packages: Path,
    samples: SampleBuilds,
) -> None:
    """Through podman's socket: the image is the one `creator` makes of the directories, and it serves."""
    files = [file_of(packages, one, maker.architecture) for one in ALL]
    builder = maker.create("builder/all", [*files, WEB], [COMPOSITE, "test/web"])
    assert set(maker.label(builder, "buildpack.layers")) == {*ALL, "test/web"}

    sample = SAMPLES["flask"]
    output = pack_with_podman.build(
        "localhost/app/flask",
        sample.app,
        builder=builder,
        run_image=samples.run_image,
        variables=samples.variables("flask"),
        options=("--volume", samples.feed.volume),
    )
    assert "Successfully built image" in output

    built, _ = samples.twice("flask")
    packed = podman.inspect("localhost/app/flask")["RootFS"]["Layers"]
    # pack gives /workspace itself another mode, a part of the app's layer; all else is the same to the bit.
    assert set(built.diff_ids) - set(packed) == set(built.app_layers)
    with app_container.serve(podman, "localhost/app/flask") as app:
        assert sample.answer in app.fetch(sample.path).body
        assert app.command_line()[1:] == sample.arguments
        assert app.stop() == 0


PROJECT = """\
[_]
schema-version = "0.2"

[[io.buildpacks.build.env]]
name = "BP_PYTHON_VERSION"
value = ">=3.10"
"""


@pytest.mark.parametrize("place", ["file", "registry"])
def test_pack_builds_with_the_composite_and_somebody_else_s_builder(
    *,
    maker: BuilderMaker,
    pack_with_podman: PackCommand,
    podman: Podman,
    packages: Path,
    registry: Registry,
    samples: SampleBuilds,
    tmp_path: Path,
    place: str,
) -> None:
    """What the README shows first: the composite is enough, and variables stand in project.toml."""
    sample = SAMPLES["flask"]
    app = tmp_path / "app"
    shutil.copytree(sample.app, app)
    (app / "project.toml").write_text(PROJECT)
    layout = packages / f"{COMPOSITE.replace('/', '_')}-{VERSIONS[COMPOSITE]}.oci"
    composite = (
        str(file_of(packages, COMPOSITE, maker.architecture))
        if place == "file"
        else registry.push_layout(layout, COMPOSITE, VERSIONS[COMPOSITE])
    )
    builder = maker.create("builder/other", [WEB], ["test/web"])
    output = pack_with_podman.build(
        f"localhost/app/{place}",
        app,
        builder=builder,
        run_image=samples.run_image,
        variables=samples.feed.variables,
        options=(
            *("--buildpack", composite),
            # The phases run one by one then, with the lifecycle of an image; a builder has the same one.
            *("--lifecycle-image", builder),
            *("--volume", samples.feed.volume),
        ),
    )
    assert "Successfully built image" in output
    assert "BP_PYTHON_VERSION" in output
    with app_container.serve(podman, f"localhost/app/{place}") as served:
        assert sample.answer in served.fetch(sample.path).body
