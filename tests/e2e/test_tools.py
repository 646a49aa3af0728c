"""Each part of the test platform, proved on a buildpack that is not ours: a few lines of sh."""

from __future__ import annotations

import http
import tarfile
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.cnb import app_container, image_layout
from buildpack_testing.cnb.lifecycle import Creator, CreatorError, Group
from buildpack_testing.cnb.podman import Settings, podman as private_podman
from buildpack_testing.cnb.registry_server import Login, registry as running_registry
from buildpack_testing.cnb.versions import LIFECYCLE, PHASES

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.cnb.base_images import BaseImage
    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.pack import PackCommand
    from buildpack_testing.cnb.podman import Podman
    from buildpack_testing.cnb.registry_server import Registry
    from buildpack_testing.cnb.tools import Lifecycle

HELLO = "test/hello"
GREETING = b"Hello from the app\n"


@pytest.fixture
def hello(fixtures: Path) -> Group:
    """The buildpack on its own."""
    return Group([fixtures / "hello" / "buildpack"], [[HELLO]])


@pytest.fixture
def app(fixtures: Path) -> Path:
    """The app it builds."""
    return fixtures / "hello" / "app"


@pytest.fixture
def creator(podman: Podman, build_image: str, lifecycle: Lifecycle, tmp_path: Path) -> Creator:
    """A fresh place to build in."""
    return Creator(podman=podman, image=build_image, lifecycle=lifecycle, state=tmp_path / "state")


def test_lifecycle_archive_is_what_pack_asks_for(lifecycle: Lifecycle) -> None:
    """The descriptor at the root, every phase and the launcher one directory down."""
    with tarfile.open(lifecycle.archive) as archive:
        names = set(archive.getnames())
    assert names == {
        "lifecycle.toml",
        *(f"lifecycle/{name}" for name in (*PHASES, "lifecycle", "launcher")),
    }
    assert all((lifecycle.directory / phase).exists() for phase in PHASES)


def test_base_images_have_what_they_are_for(
    podman: Podman, build_image: str, build_image_without_python: str, run_image: str
) -> None:
    """The build images compile, only one has Python, the run image has neither; all run as the same user."""
    podman.pull(run_image)
    has = {
        image: podman.run(
            image, "sh", "-c", "for p in python3 cc perl; do command -v $p; done; id -u; id -un; true"
        ).stdout.split()
        for image in (build_image, build_image_without_python, run_image)
    }
    assert has[build_image] == [b"/usr/bin/python3", b"/usr/bin/cc", b"/usr/bin/perl", b"1000", b"cnb"]
    assert has[build_image_without_python] == [b"/usr/bin/cc", b"/usr/bin/perl", b"1000", b"cnb"]
    assert has[run_image] == [b"/usr/bin/perl", b"1000", b"cnb"]


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
    creator: Creator, hello: Group, app: Path, registry: Registry, run_image: str, podman: Podman
) -> None:
    """Twice the same digest; the report's is the registry's; with an empty cache the layers are the same."""
    first, second = (
        creator.into_registry(app, hello, registry=registry, run_image=run_image, name="app/hello:1")
        for _ in range(2)
    )
    assert second.digest == first.digest == first.report["image"]["digest"]
    creator.forget_cache()
    third = creator.into_registry(app, hello, registry=registry, run_image=run_image, name="app/other:1")
    assert third.launch_layers == first.launch_layers
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


def test_variables_of_the_platform_arrive(
    creator: Creator, hello: Group, app: Path, run_base: BaseImage, podman: Podman
) -> None:
    """What a user sets for the build reaches the buildpack, and by its layer the launched process, unchanged."""
    name = "a b\n\"$HOME' \u00e4"
    built = creator.into_layout(
        app, hello, run_image=run_base, name="app/hello:1", variables={"HELLO_NAME": name}
    )
    image = app_container.load(podman, built)
    assert app_container.launch_environment(podman, image)["HELLO_NAME"] == name


def test_pack_makes_a_builder_and_builds_with_it(
    pack: PackCommand,
    pack_with_podman: PackCommand,
    podman: Podman,
    registry: Registry,
    build_image: str,
    run_image: str,
    lifecycle: Lifecycle,
    fixtures: Path,
    app: Path,
    tmp_path: Path,
) -> None:
    """pack accepts the lifecycle archive and the base images; its image is the one that creator makes."""
    config = tmp_path / "builder.toml"
    config.write_text(
        f'[[buildpacks]]\nuri = "{fixtures / "hello" / "buildpack"}"\n'
        f'[[order]]\n[[order.group]]\nid = "{HELLO}"\nversion = "1.2.3"\n'
        f'[lifecycle]\nuri = "{lifecycle.archive}"\n'
        f'[build]\nimage = "{build_image}"\n[[run.images]]\nimage = "{run_image}"\n'
        '[[targets]]\nos = "linux"\narch = "amd64"\n',
        encoding="utf-8",
    )
    builder = registry.reference("test/builder", "1")
    pack.create_builder(builder, config)
    labels = registry.read(builder).config["config"]["Labels"]
    assert f'"version":"{LIFECYCLE.version}"' in labels["io.buildpacks.builder.metadata"]

    output = pack_with_podman.build("localhost/app/packed", app, builder=builder, run_image=run_image)
    assert "hello: built by cnb in /workspace" in output
    _check_app(podman, "localhost/app/packed")

    podman.pull(builder)
    creator = Creator(podman=podman, image=builder, state=tmp_path / "state")
    built = creator.into_registry(app, None, registry=registry, run_image=run_image, name="app/built:1")
    packed = podman.inspect("localhost/app/packed")["RootFS"]["Layers"]
    assert built.diff_ids == tuple(packed)


def test_registry_with_tls_and_login(run_base: BaseImage, tmp_path: Path) -> None:
    """Nothing can be read without the password; it is in no message of ours."""
    login = Login("someone", "pass word")
    with running_registry(tmp_path / "registry", login=login, tls=True) as registry:
        reference = registry.push_layout(run_base.layout, "base/run", "1")
        assert registry.read(reference).digest == run_base.digest
        stranger = type(registry)(registry.address, registry.log, registry.directory, registry.authority)
        status, _, _ = stranger.get("/v2/base/run/tags/list")
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
        assert again.address == registry.address
        assert again.read(reference).digest == run_base.digest


def test_podman_sessions_do_not_see_each_other(podman: Podman, build_image: str) -> None:
    """A second session, started and ended meanwhile, has no images and takes no containers along."""
    with podman.container(build_image, "sleep", "60", settings=Settings(network="none")) as container:
        with private_podman() as other:
            assert other.command("images", "--quiet").stdout == b""
            assert other.command("ps", "--all", "--quiet").stdout == b""
        assert not other.directory.exists()
        assert container.running()


def _check_image(built: BuiltImage) -> None:
    """The parsed results say what the buildpack did."""
    assert list(built.launch_layers) == [f"{HELLO}:server"]
    assert built.layer_metadata == {f"{HELLO}:server": {"recipe": 1}}
    assert built.labels["test.hello"] == "greeting"
    assert built.entrypoint == ("/cnb/process/web",)
    assert built.processes["web"]["command"] == ["perl", "/layers/test_hello/server/tree/serve.pl"]
    assert (built.user, built.working_directory) == ("1000:1000", "/workspace")
    assert set(built.launch_layers.values()) | set(built.app_layers) <= set(built.diff_ids)


def _check_app(podman: Podman, image: str) -> None:
    """The app is process 1 on a read-only file system, answers, and ends by its own SIGTERM handler."""
    with app_container.serve(podman, image) as app:
        assert app.fetch() == app_container.Answer(200, GREETING)
        assert app.command_line() == ("perl", "/layers/test_hello/server/tree/serve.pl")
        assert app.environment()["HELLO_NAME"] == "world"
        assert app.stop() == 7
