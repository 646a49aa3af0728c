"""Real packages with large libraries, in layers of their own: each computes something in a real container."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from buildpack_release.progress import say
from buildpack_testing.cnb import app_container
from buildpack_testing.cnb.podman import ContainerSettings
from buildpack_testing.local_sources import mirror_variables, served_index
from buildpack_testing.package_index import fill_index
from buildpack_testing.server import serve
from support.main_job import APPS, ROOT, VENV
from support.sample_builds import RUNTIMES, Feed
from support.wheels import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.runtime_set import RuntimeSet
    from support.sample_builds import SampleBuilds

APP = ROOT / "tests/fixtures/projects/heavy"
LAUNCHER = "/cnb/lifecycle/launcher"
SBOM = "/layers/sbom/launch/strata_app-venv/venv/sbom.cdx.json"
WITH_LAYERS = ("numpy", "onnxruntime", "opencv-python-headless", "pandas", "pyarrow", "scipy")
MODULES = ("numpy", "scipy", "pandas", "pyarrow", "sklearn", "cv2", "onnxruntime", "links")


@pytest.fixture(scope="session")
def feed(runtimes: RuntimeSet) -> Iterator[Feed]:
    """Runtime archives and the packages, served on loopback."""
    files = [APP / name for name in ("requirements.txt", "newer.txt", "other.txt")]
    index = fill_index(files, [runtimes.minors[-1]], report=say)
    with serve(index.directory) as server, mirror_variables(runtimes) as mirror:
        variables = {
            **served_index(server),
            "BP_DEPENDENCY_MIRROR": mirror["BP_DEPENDENCY_MIRROR"],
            "BP_PYTHON_RUNTIMES": f"{RUNTIMES}/{runtimes.catalogue.name}",
        }
        yield Feed(variables=variables, runtimes=runtimes, wheels=index.wheels, index=server)


class HeavyStack:
    """Builds of the app, timed."""

    def __init__(self, samples: SampleBuilds, app: Path) -> None:
        self.samples, self.app = samples, app

    def build(self, **variables: str) -> tuple[BuiltImage, str]:
        """Build it; return what was measured as well."""
        started = time.monotonic()
        built = self.samples.another("stack", self.app, "python use.py links", variables)
        seconds = time.monotonic() - started
        layers = built.image.manifest["layers"]
        size = sum(layer["size"] for layer in layers)
        return built, f"{seconds:.0f} s, {len(layers)} layers, {size / 1e6:.0f} MB compressed"


@pytest.fixture(scope="module")
def stack(samples: SampleBuilds, tmp_path_factory: pytest.TempPathFactory) -> HeavyStack:
    return HeavyStack(samples, shutil.copytree(APP, tmp_path_factory.mktemp("stack") / "app"))


@pytest.fixture(scope="module")
def first(stack: HeavyStack) -> BuiltImage:
    built, figures = stack.build()
    say(f"first build: {figures}")
    return built


def heavy_layers(built: BuiltImage) -> dict[str, str]:
    """Return the diff IDs of the layers with heavy files, by distribution."""
    found = built.launch_layers.items()
    return {name.split("-", 3)[-1]: sha for name, sha in found if name.startswith(f"{VENV}:heavy-")}


def test_the_largest_have_layers(first: BuiltImage) -> None:
    assert sorted(heavy_layers(first)) == [*WITH_LAYERS]


@pytest.mark.parametrize("module", MODULES)
def test_each_computes_something_on_a_read_only_root_as_any_user(
    module: str, first: BuiltImage, podman: Podman
) -> None:
    settings = ContainerSettings(
        entrypoint=LAUNCHER, network="none", read_only=True, options=("--user=12345:0", "--tmpfs=/tmp")
    )
    image = app_container.load(podman, first)
    podman.run(image, "--", "python", "use.py", module, settings=settings)


def test_pip_in_a_container_checks_removes_and_upgrades(
    first: BuiltImage, podman: Podman, feed: Feed
) -> None:
    index = feed.variables["PIP_INDEX_URL"]
    script = (
        "set -e; python -m ensurepip --default-pip >/dev/null; python -m pip check\n"
        f"python -m pip install --quiet --upgrade --index-url {index} numpy; python use.py numpy\n"
        "python -c 'import numpy; print(numpy.__version__)'\n"
        "python -m pip uninstall --quiet --yes numpy; ! python -c 'import numpy.linalg' 2>/dev/null\n"
        f"python -m pip install --quiet --no-deps --index-url {index} numpy==2.5.4; python use.py numpy\n"
        f"python -m pip install --quiet --no-deps --force-reinstall --index-url {index} scipy\n"
        "python use.py scipy; python -m pip check\n"
    )
    settings = ContainerSettings(entrypoint=LAUNCHER, network="host")
    image = app_container.load(podman, first)
    done = podman.run(image, "--", "sh", "-c", script, settings=settings)
    assert done.stdout.decode().split("No broken requirements found.\n") == ["", "2.5.5\n", ""]


def test_the_bill_of_materials_has_them_all(first: BuiltImage, podman: Podman, feed: Feed) -> None:
    """With the digests of their wheels, as if nothing lay elsewhere."""
    settings = ContainerSettings(entrypoint="/bin/cat", network="none")
    image = app_container.load(podman, first)
    shown = podman.run(image, SBOM, settings=settings).stdout
    found = {one["name"]: one for one in json.loads(shown)["components"]}
    for name in WITH_LAYERS:
        (digest,) = (one["content"] for one in found[name]["hashes"])
        (wheel,) = (one for one in feed.wheels if sha256(one) == digest)
        assert wheel.name.startswith(f"{name.replace('-', '_')}-{found[name]['version']}-")


def test_what_is_unchanged_is_neither_restored_nor_archived(stack: HeavyStack, first: BuiltImage) -> None:
    second, figures = stack.build()
    say(f"unchanged: {figures}")
    assert second.digest == first.digest
    assert "Reusing the virtual environment" in second.output
    assert 'Restoring data for "strata/app-venv:heavy-' not in second.output


def test_a_small_change_leaves_their_layers_alone(
    stack: HeavyStack, first: BuiltImage, podman: Podman
) -> None:
    requirements = stack.app / "requirements.txt"
    requirements.write_text(requirements.read_text().replace("idna", "# idna"))
    third, figures = stack.build()
    say(f"one requirement less: {figures}")
    assert heavy_layers(third) == heavy_layers(first)
    image = app_container.load(podman, third)
    podman.run(image, "--", "python", "use.py", "scipy", settings=ContainerSettings(entrypoint=LAUNCHER))


@pytest.fixture(scope="module")
def other(samples: SampleBuilds, tmp_path_factory: pytest.TempPathFactory) -> tuple[BuiltImage, BuiltImage]:
    """Two builds of another app: Django's, whose settings compute something to collect static files."""
    app = shutil.copytree(APPS / "django", tmp_path_factory.mktemp("other") / "app")
    shutil.copyfile(APP / "other.txt", app / "requirements.txt")
    shutil.copyfile(APP / "use.py", app / "use.py")
    with (app / "hello/settings.py").open("a", encoding="utf-8") as settings:
        settings.write("import numpy\nassert numpy.linalg.det([[2.0, 0.0], [0.0, 1.0]]).round(6) == 2.0\n")

    def build() -> BuiltImage:
        return samples.another("other", app, "python use.py nvrtc", {"BP_VENV_HEAVY": "4"})

    return build(), build()


def test_static_files_are_collected_with_what_is_heavy_there(other: tuple[BuiltImage, BuiltImage]) -> None:
    """Made in the first build, restored for the second."""
    before, after = other
    for built in other:
        assert "collected into /workspace/staticfiles" in built.output
    assert "Reusing the virtual environment" in after.output
    assert f'Restoring data for "{VENV}:heavy-' in after.output
    assert after.digest == before.digest


def test_another_app_has_the_layer_of_the_same_wheel(
    first: BuiltImage, other: tuple[BuiltImage, BuiltImage]
) -> None:
    of_the_other = heavy_layers(other[0])
    assert sorted(of_the_other) == ["numpy", "nvidia-cuda-cupti-cu12", "nvidia-cuda-nvrtc-cu12"]
    assert of_the_other["numpy"] == heavy_layers(first)["numpy"]


@pytest.mark.parametrize("module", ["numpy", "nvrtc", "cupti"])
def test_libraries_in_a_directory_that_is_shared_find_each_other(
    module: str, other: tuple[BuiltImage, BuiltImage], podman: Podman
) -> None:
    settings = ContainerSettings(entrypoint=LAUNCHER, network="none", read_only=True)
    image = app_container.load(podman, other[1])
    podman.run(image, "--", "python", "use.py", module, settings=settings)


def test_without_layers_of_its_own_it_is_one_large_layer(stack: HeavyStack, podman: Podman) -> None:
    whole, figures = stack.build(BP_VENV_HEAVY="off")
    say(f"off: {figures}")
    assert heavy_layers(whole) == {}
    again, figures = stack.build(BP_VENV_HEAVY="off")
    say(f"off, unchanged: {figures}")
    assert again.digest == whole.digest
