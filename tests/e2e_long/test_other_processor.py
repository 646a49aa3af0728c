"""An app for arm64, under emulation: built from a self-contained package with a lifecycle for arm64, and run.

Everything in the containers is for that processor: the base image, the lifecycle, the Python that the package
brings, the one that the app gets with its byte code, and the compiled wheels. Elsewhere in the tests a layer
for another processor is one that is only said to be.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_api import elf
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import DeclaredTarget, own_arch
from buildpack_release.packaging.package import package
from buildpack_release.progress import say
from buildpack_testing.cnb import app_container, base_images, tools
from buildpack_testing.cnb.creator import Creator, Group
from buildpack_testing.cnb.image_layout import blob
from buildpack_testing.cnb.podman import Mount
from buildpack_testing.cnb.podman_session import podman as private_podman
from buildpack_testing.cnb.podman_session import unpack
from buildpack_testing.emulation import emulation
from buildpack_testing.local_sources import mirror_variables, served_index
from buildpack_testing.package_index import fill_index
from buildpack_testing.packaged import unpack_buildpackage
from buildpack_testing.runtime_set import make_set
from buildpack_testing.server import serve
from buildpack_testing.standalone.releases import RELEASES
from support.main_job import APPS, COMPOSITE, ROOT, RUNTIME, VENV
from support.needs import need
from support.python_archives import real_archives
from support.sample_builds import RUNTIMES, SAMPLES, WEB
from support.sample_repository import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_testing.cnb.base_images import BaseImage
    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.runtime_set import RuntimeSet

ARCH, MACHINE = "arm64", "aarch64"
NEWEST = RELEASES[-1]
# Emulated programs take some ten times as long; the default is for natives.
SECONDS = 300
# What a page of the app tells: the kernel's answer, and what the interpreter's file is for (e_machine).
PAGE = """

@app.get("/machine")
def machine() -> Response:
    with open("/proc/self/exe", "rb") as file:
        header = file.read(20)
    return jsonify(machine=platform.machine(), elf=int.from_bytes(header[18:20], "little"))
"""
AARCH64 = 183
# Asks for a Python at launch and does nothing else.
WISH = {
    "buildpack.toml": 'api = "0.10"\n\n[buildpack]\nid = "test/wish"\nversion = "1.0.0"\nname = "Wish"\n\n'
    '[[targets]]\nos = "linux"\n',
    "bin/detect": """#!/bin/sh
cat >"$CNB_BUILD_PLAN_PATH" <<end
[[requires]]
name = "python"
[requires.metadata]
launch = true
end
""",
    "bin/build": "#!/bin/sh\nexit 0\n",
}


@pytest.fixture(scope="module", autouse=True)
def emulated() -> Iterator[None]:
    """Programs for arm64 run on this machine, meanwhile."""
    need("root", "emulation of arm64", "podman", "container runtime", "skopeo", "debian", "go", "lifecycle")
    with emulation(ARCH):
        yield


@pytest.fixture(scope="module")
def base() -> BaseImage:
    """The image to build and to run on, for arm64: nothing in it but what a run image has, no Python."""
    return base_images.ensure(replace(base_images.RUN, arch=ARCH))


@pytest.fixture(scope="module")
def native_base() -> BaseImage:
    """The same for this machine's processor."""
    return base_images.ensure(base_images.RUN)


@pytest.fixture(scope="module")
def podman(base: BaseImage, native_base: BaseImage) -> Iterator[Podman]:
    with private_podman(base_images=unpack([base, native_base])) as found:
        yield found


@pytest.fixture(scope="module")
def runtimes(tmp_path_factory: pytest.TempPathFactory) -> RuntimeSet:
    """The real archives of one version, for both processors."""
    minors = frozenset({NEWEST.minor})
    archives = [real_archives(minors=minors, arch=arch).archives for arch in {ARCH, own_arch()}]
    directory = tmp_path_factory.mktemp("runtimes")
    directory.chmod(0o755)  # for the containers' user
    return make_set([one for (one,) in archives], directory)


@pytest.fixture(scope="module")
def variables(runtimes: RuntimeSet) -> Iterator[Mapping[str, str]]:
    """Where the builds get Python and wheels from."""
    index = fill_index([APPS / "flask" / "requirements.txt"], [NEWEST.minor], machine=MACHINE, report=say)
    with serve(index.directory) as server, mirror_variables(runtimes) as mirror:
        catalogue = {"BP_PYTHON_RUNTIMES": f"{RUNTIMES}/{runtimes.catalogue.name}"}
        yield {**served_index(server), **mirror, **catalogue}


@pytest.fixture(scope="module")
def packages(runtimes: RuntimeSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as `inv package --interpreter linux/arm64=ARCHIVE ...` makes them, for both processors."""
    archives = {DeclaredTarget("linux", one.arch or own_arch()): one.file for one in runtimes.archives}
    into = tmp_path_factory.mktemp("packages")
    package(
        Repository.discover(ROOT),
        [COMPOSITE],
        dist=into / "dist",
        build=into / "assembled",
        targets=list(archives),
        archives=archives,
        report=say,
    )
    return into / "dist"


@dataclass(frozen=True)
class Builds:
    """A place where one thing is built, with a lifecycle and packages for one processor."""

    creator: Creator
    group: Group
    variables: Mapping[str, str]
    run_image: BaseImage

    def build(self, app: Path) -> BuiltImage:
        return self.creator.into_layout(
            app, self.group, run_image=self.run_image, name="built/app:1", variables=self.variables
        )


@pytest.fixture(scope="module")
def emulated_builds(
    *,
    podman: Podman,
    base: BaseImage,
    packages: Path,
    runtimes: RuntimeSet,
    variables: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Builds:
    """The whole job, all of it for arm64."""
    root = tmp_path_factory.mktemp("emulated")
    (composite,) = packages.glob(f"strata_python-[0-9]*-linux-{ARCH}*.cnb")
    creator = Creator(
        podman=podman,
        state=root / "state",
        image=f"localhost/{base.repository}:{base.tag}",
        lifecycle=tools.ensure_lifecycle(arch=ARCH),
        mounts=(Mount(runtimes.directory, RUNTIMES),),
    )
    group = Group([*unpack_buildpackage(composite, root / "package"), WEB], [[COMPOSITE, "test/web"]])
    return Builds(creator, group, {**variables, "WEB_COMMAND": SAMPLES["flask"].command}, base)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Flask sample with one more page."""
    app = shutil.copytree(APPS / "flask", tmp_path_factory.mktemp("app") / "flask")
    with (app / "app.py").open("a") as file:
        file.write(PAGE)
    return app


@pytest.fixture(scope="module")
def built(emulated_builds: Builds, app: Path) -> BuiltImage:
    return emulated_builds.build(app)


def test_the_app_answers_from_that_processor(
    podman: Podman, built: BuiltImage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built.image.config["architecture"] == ARCH
    assert list(built.launch_layers) == [f"{RUNTIME}:python", f"{VENV}:venv"]
    with app_container.serve(podman, app_container.load(podman, built), seconds=SECONDS) as running:
        assert SAMPLES["flask"].answer in running.fetch().body
        runtime, machine = (json.loads(running.fetch(path).body) for path in ("/runtime", "/machine"))
        assert running.stop(SECONDS) == 0
    assert runtime["version"] == NEWEST.version
    assert runtime["compiled"].endswith(f"-{MACHINE}-linux-gnu.so")
    assert machine == {"machine": MACHINE, "elf": AARCH64}
    with capsys.disabled():
        print(f"\n{ARCH} on {own_arch()}: Python {runtime['version']} answers {machine}")  # noqa: T201


def test_no_program_or_library_in_the_image_is_for_another_processor(
    emulated_builds: Builds, built: BuiltImage, tmp_path: Path
) -> None:
    """Protects from tools of the build's machine that find their way into a layer."""
    layout = emulated_builds.creator.state / "layout" / "localhost" / "built" / "app" / "1"
    found = {}
    for layer in built.image.manifest["layers"][1:]:
        with tarfile.open(blob(layout, layer["digest"])) as tar:
            for member in filter(tarfile.TarInfo.isreg, tar):
                content = tar.extractfile(member)
                assert content is not None
                (tmp_path / "file").write_bytes(content.read())
                with suppress(elf.NotElfError):
                    found[Path(member.name).name] = elf.architecture(tmp_path / "file")
    speedups = f"_speedups.cpython-{NEWEST.minor.replace('.', '')}-{MACHINE}-linux-gnu.so"
    assert {"launcher", f"python{NEWEST.minor}", speedups} <= found.keys()
    assert set(found.values()) == {ARCH}


def test_a_second_build_changes_nothing(emulated_builds: Builds, built: BuiltImage, app: Path) -> None:
    again = emulated_builds.build(app)
    assert again.digest == built.digest
    assert "python: reused" in again.output
    assert "Reusing the virtual environment" in again.output


def test_the_layer_is_the_one_that_this_machine_makes(
    *,
    podman: Podman,
    native_base: BaseImage,
    base: BaseImage,
    packages: Path,
    runtimes: RuntimeSet,
    variables: Mapping[str, str],
    built: BuiltImage,
    tmp_path: Path,
) -> None:
    """Byte code too: a Python of this processor compiles for the other what that one's own would."""
    (composite,) = packages.glob(f"strata_python-[0-9]*-linux-{own_arch()}*.cnb")
    parts = {path.parent.name: path for path in unpack_buildpackage(composite, tmp_path / "package")}
    for name, text in WISH.items():
        write(tmp_path / "wish" / name, text).chmod(0o755)
    creator = Creator(
        podman=podman,
        state=tmp_path / "state",
        image=f"localhost/{native_base.repository}:{native_base.tag}",
        lifecycle=tools.ensure_lifecycle(),
        mounts=(Mount(runtimes.directory, RUNTIMES),),
    )
    group = Group([parts[RUNTIME.replace("/", "_")], tmp_path / "wish"], [[RUNTIME, "test/wish"]])
    (tmp_path / "app").mkdir()
    crossed = Builds(creator, group, variables, base).build(tmp_path / "app")
    assert (
        f"Compiling with a Python {NEWEST.version} for this machine" in crossed.output or own_arch() == ARCH
    )
    assert crossed.launch_layers[f"{RUNTIME}:python"] == built.launch_layers[f"{RUNTIME}:python"]
