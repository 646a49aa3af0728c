"""Each part of the test platform, proved on a buildpack that is not ours: a few lines of sh."""

from __future__ import annotations

import http
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import app_container, image_layout
from buildpack_testing.cnb.creator import Creator, CreatorError, Group
from buildpack_testing.cnb.podman import ContainerSettings
from buildpack_testing.cnb.podman_session import podman as private_podman
from buildpack_testing.cnb.registry_server import RegistryUser
from buildpack_testing.cnb.registry_server import registry as running_registry
from buildpack_testing.cnb.tool_versions import LIFECYCLE, PHASES

if TYPE_CHECKING:
    from buildpack_testing.cnb.base_images import BaseImage
    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.pack import PackCommand
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import BuiltLifecycle

HELLO = "test/hello"
PROCESS = ("perl", "/layers/test_hello/server/tree/serve.pl")
BUILDER = """
[[buildpacks]]
uri = "{buildpack}"
[[order]]
[[order.group]]
id = "test/hello"
version = "1.2.3"
[lifecycle]
uri = "{lifecycle}"
[build]
image = "{build}"
[[run.images]]
image = "{run}"
[[targets]]
os = "linux"
arch = "{arch}"
"""


@pytest.fixture
def hello(fixtures: Path) -> Group:
    """The buildpack on its own."""
    return Group([fixtures / "hello" / "buildpack"], [[HELLO]])


@pytest.fixture
def app(fixtures: Path) -> Path:
    """The app it builds."""
    return fixtures / "hello" / "app"


@pytest.fixture
def creator(podman: Podman, build_image: str, lifecycle: BuiltLifecycle, tmp_path: Path) -> Creator:
    """A fresh place to build in."""
    return Creator(podman=podman, image=build_image, lifecycle=lifecycle, state=tmp_path / "state")


def test_lifecycle_archive_is_what_pack_asks_for(lifecycle: BuiltLifecycle) -> None:
    """The descriptor at the root, every phase and the launcher one directory down."""
    with tarfile.open(lifecycle.archive) as archive:
        names = set(archive.getnames())
    binaries = (*PHASES, "lifecycle", "launcher")
    assert names == {"lifecycle.toml", *(f"lifecycle/{name}" for name in binaries)}
    assert all((lifecycle.directory / name).exists() for name in binaries)


def test_base_images_have_what_they_are_for(
    podman: Podman, build_image: str, build_image_without_python: str, run_image: str
) -> None:
    """The build images compile, only one has Python, the run image has neither; all run as the same user."""
    podman.pull(run_image)
    look = "for p in python3 cc; do command -v $p; done; echo $(id -u) $(id -un) $HOME"
    images = (build_image, build_image_without_python, run_image)
    found = [podman.run(image, "sh", "-c", look).stdout.decode().split("\n") for image in images]
    assert found == [
        ["/usr/bin/python3", "/usr/bin/cc", "1000 cnb /home/cnb", ""],
        ["/usr/bin/cc", "1000 cnb /home/cnb", ""],
        ["1000 cnb /home/cnb", ""],
    ]


def test_build_image_compiles(podman: Podman, build_image: str) -> None:
    """A C compiler that cannot find its headers or its linker would only show in an app with an extension."""
    compile_and_run = (
        "cd /tmp && echo '#include <stdio.h>\nint main(void) { return puts(\"compiled\") < 0; }' >a.c"
        " && cc a.c -o a && ./a"
    )
    assert podman.run(build_image, "sh", "-c", compile_and_run).stdout == b"compiled\n"


def test_base_images_do_not_tell_where_they_were_made(run_base: BaseImage) -> None:
    """Nothing of this machine's names and resolvers is in an image that is compared by its digest."""
    layer = image_layout.read(run_base.layout).manifest["layers"][0]
    with tarfile.open(image_layout.blob(run_base.layout, layer["digest"])) as tar:
        names = {name.removeprefix("./") for name in tar.getnames()}
    assert "etc/passwd" in names
    assert not names & {"etc/hostname", "etc/resolv.conf", "etc/machine-id", "dev/null"}


def test_creator_builds_into_a_layout(
    creator: Creator, hello: Group, app: Path, run_base: BaseImage, podman: Podman
) -> None:
    """Twice the same digest, the layer restored the second time; the image runs."""
    first = creator.into_layout(app, hello, run_image=run_base, name="app/hello:1")
    second = creator.into_layout(app, hello, run_image=run_base, name="app/hello:1")
    assert second.digest == first.digest
    assert "the layer was restored" not in first.output
    assert "the layer was restored" in second.output
    _check_image(first)
    _check_app(podman, app_container.load(podman, first))


def test_creator_builds_into_a_registry(
    *, creator: Creator, hello: Group, app: Path, registry: Registry, run_image: str, podman: Podman
) -> None:
    """Twice the same digest, which the report has too; from nothing, the layers are the same."""

    def build(name: str) -> BuiltImage:
        return creator.into_registry(app, hello, registry=registry, run_image=run_image, name=name)

    first, second = build("app/hello:1"), build("app/hello:1")
    assert second.digest == first.digest == first.report["image"]["digest"]
    creator.forget_cache()
    third = build("app/other:1")
    assert "the layer was restored" not in third.output
    assert third.diff_ids == first.diff_ids
    _check_image(first)
    _check_app(podman, app_container.load(podman, first))


def test_creator_reports_how_it_failed(
    creator: Creator, hello: Group, tmp_path: Path, run_base: BaseImage
) -> None:
    """No buildpack takes part: the lifecycle's own exit code and output, no half image."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(CreatorError) as caught:
        creator.into_layout(tmp_path / "empty", hello, run_image=run_base, name="app/empty:1")
    assert caught.value.code == 20
    assert "No buildpack groups passed detection" in caught.value.output
    assert not (creator.state / "layout" / "localhost" / "app").exists()


def test_variables_of_the_platform_arrive(
    creator: Creator, hello: Group, app: Path, run_base: BaseImage, podman: Podman
) -> None:
    """What a user sets for the build reaches the buildpack, and by its layer the process, unchanged."""
    variables = {"HELLO_NAME": "a b\n\"$HOME' \u00e4"}
    built = creator.into_layout(app, hello, run_image=run_base, name="app/hello:1", variables=variables)
    environment = app_container.launch_environment(podman, app_container.load(podman, built))
    assert environment.items() >= variables.items()


def test_pack_makes_a_builder_and_builds_with_it(
    *,
    pack: PackCommand,
    pack_with_podman: PackCommand,
    podman: Podman,
    registry: Registry,
    creator: Creator,
    run_image: str,
    hello: Group,
    app: Path,
    tmp_path: Path,
) -> None:
    """The lifecycle's archive and the base images are accepted; pack's image is the one creator makes."""
    lifecycle = creator.lifecycle
    assert lifecycle is not None
    arch = registry.read(creator.image).config["architecture"]
    text = BUILDER.format(
        buildpack=hello.buildpacks[0],
        lifecycle=lifecycle.archive,
        build=creator.image,
        run=run_image,
        arch=arch,
    )
    config, builder = tmp_path / "builder.toml", registry.reference("test/builder", "1")
    config.write_text(text, encoding="utf-8")
    pack.create_builder(builder, config)
    labels = registry.read(builder).config["config"]["Labels"]
    assert f'"version":"{LIFECYCLE.version}"' in labels["io.buildpacks.builder.metadata"]

    output = pack_with_podman.build("localhost/app/packed", app, builder=builder, run_image=run_image)
    assert "hello: built by cnb in /workspace" in output
    _check_app(podman, "localhost/app/packed")

    podman.pull(builder)
    creator = replace(creator, image=builder, lifecycle=None)
    built = creator.into_registry(app, None, registry=registry, run_image=run_image, name="app/built:1")
    packed = podman.inspect("localhost/app/packed")["RootFS"]["Layers"]
    # pack gives /workspace itself another mode, a part of the app's layer; all else is the same to the bit.
    assert len(packed) == len(built.diff_ids)
    assert set(built.diff_ids) - set(packed) == set(built.app_layers)


def test_registry_with_tls_and_login(run_base: BaseImage, tmp_path: Path) -> None:
    """Nothing can be read without the password; it is in no representation."""
    login = RegistryUser("someone", "pass word")
    with running_registry(tmp_path / "registry", login=login, tls=True) as registry:
        reference = registry.push_layout(run_base.layout, "base/run", "1")
        assert registry.read(reference).digest == run_base.digest
        status, _, _ = replace(registry, login=None).get("/v2/base/run/tags/list")
        assert status == http.HTTPStatus.UNAUTHORIZED
        assert "pass word" not in repr(registry)


def test_registry_comes_back_with_what_it_had(run_base: BaseImage, tmp_path: Path) -> None:
    """A registry that was stopped goes on at the same address: for tests of interrupted releases."""
    with running_registry(tmp_path / "registry") as registry:
        reference = registry.push_layout(run_base.layout, "base/run", "1")
        port = int(registry.address.rpartition(":")[2])
    with pytest.raises(OSError, match="refused"):
        registry.get("/v2/")
    with running_registry(tmp_path / "registry", port=port) as again:
        assert again.read(reference).digest == run_base.digest


def test_podman_sessions_do_not_see_each_other(podman: Podman, build_image: str) -> None:
    """A second session, started and ended meanwhile, has no images and takes no containers along."""
    with podman.container(
        build_image, "sleep", "60", settings=ContainerSettings(network="none")
    ) as container:
        with private_podman() as other:
            assert other.command("images", "--quiet").stdout == b""
            assert other.command("ps", "--all", "--quiet").stdout == b""
        assert not other.directory.exists()
        assert container.running()


def test_killed_podman_session_is_cleaned_up(run_base: BaseImage) -> None:
    """Containers, mounts and files of a session that was killed are gone when the next one starts."""
    with subprocess.Popen(
        [sys.executable, "-c", _LEAVE_A_CONTAINER, run_base.layout], stdout=subprocess.PIPE, text=True
    ) as session:
        assert session.stdout is not None
        left, container_process = session.stdout.readline().split()
        session.send_signal(signal.SIGKILL)
    assert Path(left).is_dir()
    assert Path("/proc", container_process).exists()
    with private_podman():
        assert not Path(left).exists()
        assert not Path("/proc", container_process).exists()
        assert left not in Path("/proc/self/mounts").read_text(encoding="utf-8")


_LEAVE_A_CONTAINER = """
import sys, time
from buildpack_testing.cnb.podman import ContainerSettings
from buildpack_testing.cnb.podman_session import podman
with podman() as engine:
    image = engine.load(f"oci:{sys.argv[1]}", "localhost/run")
    with engine.container(image, "sleep", "600", settings=ContainerSettings(network="none")) as container:
        print(engine.directory, container.state()["Pid"], flush=True)
        time.sleep(600)
"""


def _check_image(built: BuiltImage) -> None:
    """The parsed results say what the buildpack did."""
    assert list(built.launch_layers) == [f"{HELLO}:server"]
    assert built.layer_metadata == {f"{HELLO}:server": {"recipe": 1}}
    assert built.labels["test.hello"] == "greeting"
    assert built.entrypoint == ("/cnb/process/web",)
    assert tuple(built.processes["web"]["command"]) == PROCESS
    assert (built.user, built.working_directory) == ("1000:1000", "/workspace")
    assert {*built.launch_layers.values(), *built.app_layers} <= set(built.diff_ids)


def _check_app(podman: Podman, image: str) -> None:
    """The app is process 1 on a read-only file system, answers, and ends by its own SIGTERM handler."""
    with app_container.serve(podman, image) as app:
        assert app.fetch() == app_container.HttpResponse(200, b"Hello from the app\n")
        assert app.fetch("/name").body == b"world"
        assert app.command_line() == PROCESS
        assert app.environment()["HELLO_NAME"] == "world"
        assert app.stop() == 7
