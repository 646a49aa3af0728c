"""Builders against real parts: a registry server, skopeo, pack, and the tasks themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.builder.builder_image import make_builder
from buildpack_release.builder.create import Created, create_builder, gather
from buildpack_release.builder.writing import push_builder
from buildpack_release.errors import ExitCode, ReleaseError
from buildpack_testing.cnb import image_layout
from buildpack_testing.cnb.pack import PackCommand
from buildpack_testing.cnb.registry_server import RegistryUser
from buildpack_testing.cnb.registry_server import registry as running_registry
from buildpack_testing.cnb.tools import ensure_pack
from oci_registry.reference import Reference
from oci_registry.remote.registries import Registries, connection
from oci_registry.remote.retry import RetryPolicy
from oci_registry.testing.faulty import FaultyRegistry, InjectedFault
from oci_registry.testing.memory import MemoryRegistry
from support.builder_parts import Parts, order, read_builder
from support.builder_parts import parts as make_parts
from support.main_job import ROOT
from support.needs import need
from support.sample_repository import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.cnb.registry_server import Registry

BUILDER = "acme/builder"


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return make_parts(tmp_path / "the parts")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    need("registry", "skopeo")
    with running_registry(tmp_path / "registry") as found:
        yield found


def create(parts: Parts, to: str | Path) -> tuple[Created, list[str]]:
    lines: list[str] = []
    return create_builder(parts.config, str(to), dist=parts.dist, report=lines.append), lines


def push_package(registry: Registry, file: Path, repository: str) -> str:
    """Bring a `.cnb` file into a registry as others would."""
    reference = registry.reference(repository, "1")
    command = ["skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", f"oci-archive:{file}"]
    subprocess.run([*command, f"docker://{reference}"], check=True, capture_output=True)
    return reference


def skopeo_inspect(reference: str) -> Any:  # noqa: ANN401  JSON is untyped
    command = ["skopeo", "inspect", "--tls-verify=false", f"docker://{reference}"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def test_a_builder_is_pushed_with_its_tag(parts: Parts, registry: Registry) -> None:
    """Others read what we said we wrote, and the layout of the same builder is the same to the bit."""
    reference = registry.reference(BUILDER, "1.0")
    created, _ = create(parts, reference)
    seen = skopeo_inspect(reference)
    assert seen["Digest"] == created.image.digest
    assert seen["Labels"]["io.buildpacks.buildpack.order"].count("acme/all") == 1
    assert seen["RepoTags"] == ["1.0"]
    create(parts, parts.folder / "out")
    assert image_layout.read(parts.folder / "out").digest == created.image.digest


def test_parts_of_the_same_registry_are_mounted(parts: Parts, registry: Registry) -> None:
    """Nothing of the base or of a package is downloaded, nor sent again; the second run writes nothing."""
    base = registry.push_layout(parts.folder / "base/layout", "bases/build", "1")
    package = push_package(registry, parts.folder / "all.cnb", "packages/all")
    parts.configure(package, order=order(["acme/all"]), base=base)
    reference = registry.reference(BUILDER, "1")
    created, lines = create(parts, reference)
    # Mounted: one layer of the base, three buildpacks. Sent: folders, lifecycle, three files, configuration.
    assert "6 blobs sent, 4 mounted, 0 already there" in lines
    again, lines = create(parts, reference)
    assert (created.is_new, again.is_new) == (True, False)
    assert "0 blobs sent, 0 mounted, 10 already there" in lines
    log = registry.log.read_text().splitlines()
    downloads = [line for line in log if '"GET' in line and "/blobs/sha256" in line]
    assert downloads, "configurations are read"
    layers = {layer.digest for layer in created.image.layers}
    assert not [line for line in downloads for digest in layers if digest in line]


def test_parts_of_another_registry_are_copied(parts: Parts, registry: Registry, tmp_path: Path) -> None:
    base = registry.push_layout(parts.folder / "base/layout", "bases/build", "1")
    package = push_package(registry, parts.folder / "all.cnb", "packages/all")
    parts.configure(package, order=order(["acme/all"]), base=base)
    with running_registry(tmp_path / "other") as other:
        created, _ = create(parts, other.reference(BUILDER, "1"))
        assert skopeo_inspect(other.reference(BUILDER, "1"))["Digest"] == created.image.digest
        for layer in created.image.layers:
            status, _, _ = other.get(f"/v2/{BUILDER}/blobs/{layer.digest}")
            assert status == 200
    create(parts, parts.folder / "out")
    read_builder(parts.folder / "out")


def test_an_image_that_is_not_there_is_named(parts: Parts, registry: Registry) -> None:
    parts.configure("all.cnb", order=order(["acme/all"]), base=registry.reference("no/base"))
    with pytest.raises(ReleaseError) as caught:
        create(parts, parts.folder / "out")
    assert f"there is no image {registry.reference('no/base')}" in str(caught.value)
    assert caught.value.file == parts.config
    assert caught.value.line is not None


def test_a_run_image_for_another_processor_is_refused(parts: Parts, registry: Registry) -> None:
    """Apps would be built that cannot start. One that cannot be looked at is only mentioned."""
    layout = parts.folder / "arm"
    layout.mkdir()
    config = {"architecture": "arm64", "os": "linux", "config": {}}
    image_layout.write(layout / "layout", parts.folder / "base/rootfs.tar", config, tag="x")
    run = registry.push_layout(layout / "layout", "bases/run", "1")
    text = parts.config.read_text()
    write(parts.config, text.replace("example/run", run))
    with pytest.raises(ReleaseError, match="is for linux/arm64, the base for linux/amd64"):
        create(parts, parts.folder / "out")
    write(parts.config, text.replace("example/run", registry.reference("no/run")))
    _, lines = create(parts, parts.folder / "out")
    assert any("warning: the run image" in line and "cannot be read" in line for line in lines)


def test_a_registry_with_a_login_takes_builders(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The credentials and the authority are found where other tools have them."""
    need("registry", "skopeo")
    login = RegistryUser("someone", "pass word")
    with running_registry(tmp_path / "registry", login=login, tls=True) as registry:
        monkeypatch.setenv("SSL_CERT_FILE", str(registry.authority))
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.setenv("DOCKER_CONFIG", str(registry.docker_config))
        created, lines = create(parts, registry.reference(BUILDER, "1"))
        assert registry.read(registry.reference(BUILDER, "1")).digest == created.image.digest
        assert not [line for line in lines if login.password in line]


def test_an_interrupted_push_leaves_no_tag_and_can_be_repeated(parts: Parts) -> None:
    """Whichever request is the last that the registry answers."""

    def push(host: str) -> str:
        with gather(parts.config, dist=parts.dist, report=lambda _: None) as found:
            image = make_builder(found.composition, found.scratch)
            with Registries(connection(policy=RetryPolicy(attempts=1))) as registries:
                push_builder(image, Reference(host, BUILDER, "1"), registries, found.scratch)
        return image.digest

    with MemoryRegistry() as undisturbed:
        digest = push(undisturbed.host)
        expected, count = undisturbed.store.state()[BUILDER], len(undisturbed.requests)
    for at in range(1, count):
        with MemoryRegistry() as memory, FaultyRegistry(memory) as faulty:
            faulty.arm(InjectedFault.ERROR_500, at=at, on=True)
            with pytest.raises(ReleaseError):
                push(faulty.host)
            assert not memory.store.incomplete_tags()
            faulty.arm(None)
            assert push(faulty.host) == digest
            assert memory.store.state()[BUILDER] == expected


def test_two_runs_at_once_into_one_directory(parts: Parts) -> None:
    """One waits for the other; the result is whole, also where they replace an older builder."""
    out = parts.folder / "out"
    create(parts, out)
    parts.configure("a.cnb", order=order(["acme/a"]))
    with ThreadPoolExecutor(4) as pool:
        made = [future.result()[0] for future in [pool.submit(create, parts, out) for _ in range(4)]]
    assert sorted(one.is_new for one in made) == [False, False, False, True]
    read_builder(out)
    assert image_layout.read(out).digest == made[0].image.digest


def test_pack_reads_the_builder(parts: Parts, registry: Registry, tmp_path: Path) -> None:
    """Buildpacks, the order with the composite's own, the lifecycle, run images."""
    need("pack")
    pack = ensure_pack()
    reference = registry.reference(BUILDER, "1")
    create(parts, reference)
    command = PackCommand(pack.executable, tmp_path / "home")
    seen = " ".join(command.run("builder", "inspect", reference).split())
    for part in (
        "Created By: Name: Strata",
        "Lifecycle: Version: 0.21.17 Buildpack APIs: Deprecated: 0.9 Supported: 0.10, 0.11, 0.12",
        "Run Images: example/run",
        "acme/a - 1.0.0 - acme/all - 3.0.0 - acme/b - 2.0.0 -",
        "└ Group #1: └ acme/all@3.0.0 └ Group #1: ├ acme/a@1.0.0 └ acme/b@2.0.0",
    ):
        assert part in seen


INV = [sys.executable, "-m", "invoke"]


def inv(parts: Parts, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a task of a repository that holds the parts."""
    (parts.folder / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    return subprocess.run([*INV, *arguments], cwd=parts.folder, capture_output=True, text=True, check=False)


def test_the_task_prints_the_address_and_tells_the_rest(parts: Parts) -> None:
    """Stdout is for programs."""
    done = inv(parts, "builder.create", "builder.toml", "--to", "out")
    assert (done.returncode, done.stdout) == (0, "out\n"), done.stderr
    assert "acme/all@3.0.0" in done.stderr
    assert "pack build" in done.stderr


@pytest.mark.parametrize(
    ("change", "to", "code", "message"),
    [
        (("[lifecycle]", "[lifecycel]"), "out", ExitCode.CHECK, 'did you mean "lifecycle"'),
        (("all.cnb", "no.cnb"), "out", ExitCode.USAGE, "no such file"),
        (("", ""), "acme/builder", ExitCode.USAGE, "names no registry"),
        (("", ""), "base/layout", ExitCode.CONFLICT, "something other than a builder"),
    ],
)
def test_a_fault_is_one_clear_error(
    parts: Parts, change: tuple[str, str], to: str, code: ExitCode, message: str
) -> None:
    write(parts.config, parts.config.read_text().replace(*change, 1))
    done = inv(parts, "builder.create", "builder.toml", "--to", to)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (parts.folder / "out").exists()


def test_the_check_is_a_task_with_data_for_programs(parts: Parts) -> None:
    done = inv(parts, "builder.check", "builder.toml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["proofs"][0]["cases"][0]["resolves"] is True
    parts.configure("all.cnb", order=order(["acme/b"]))
    done = inv(parts, "builder.check", "builder.toml")
    assert done.returncode == ExitCode.CHECK
    assert "acme/b requires a, which nothing before it provides" in done.stdout
