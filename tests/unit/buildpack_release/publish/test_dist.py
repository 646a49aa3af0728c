"""Only what is complete, whole and fresh is published."""

from __future__ import annotations

import fcntl
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.dist.manifest import DistManifest
from buildpack_release.errors import CheckFailed, ExitCode, UsageError, exit_code_of
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.jobs import plan_jobs
from buildpack_release.packaging.package import package
from buildpack_release.publish.dist import check_names, reading
from support.publishing import pack, releases
from support.sample_repository import write_settings

if TYPE_CHECKING:
    from pathlib import Path


def refused(root: Path, *ids: str) -> str:
    with pytest.raises(CheckFailed) as caught:
        releases(root, *ids)
    assert exit_code_of(caught.value) is ExitCode.CHECK
    return str(caught.value)


def test_components_come_first(packed: Path) -> None:
    assert [one.title for one in releases(packed)] == ["acme/one@1.0.0", "acme/two@1.0.0", "acme/all@1.0.0"]


def test_a_composite_brings_what_it_contains(packed: Path) -> None:
    assert [one.name for one in releases(packed, "acme/all")] == ["one", "two", "all"]
    assert [one.name for one in releases(packed, "acme/two")] == ["two"]


def test_an_id_that_there_is_not(packed: Path) -> None:
    with pytest.raises(UsageError):
        releases(packed, "acme/three")


def test_no_packages(root: Path) -> None:
    (root / "dist/manifest.json").unlink()
    text = refused(root, "acme/one")
    assert "dist/ has no package of acme/one@1.0.0" in text
    assert "Run: inv package --id acme/one" in text


@pytest.mark.parametrize(
    "file",
    [
        "buildpacks/two/README.md",
        "LICENSE",
        "packages/buildpack-api/share/bin/build",
    ],
)
def test_sources_that_changed_since(root: Path, file: str) -> None:
    """In a buildpack, or in what all of them carry."""
    with (root / file).open("a") as text:
        text.write("# changed\n")
    assert "is stale" in refused(root)
    assert "Run: inv package" in refused(root)


def test_a_change_in_a_component_makes_its_composite_stale(root: Path) -> None:
    """Even if the component itself has been packaged again meanwhile, alone."""
    (root / "buildpacks/two/README.md").write_text("changed\n")
    package(
        Repository.discover(root), ["acme/two"], dist=root / "dist", build=root / "build",
        toolchain=Toolchain((), (), root / "cache"), report=lambda _: None,
    )  # fmt: skip
    assert "the package of acme/all@1.0.0 is stale" in refused(root)


def test_another_version(root: Path) -> None:
    path = root / "buildpacks/two/buildpack.toml"
    path.write_text(path.read_text().replace("1.0.0", "1.0.1"))
    order = root / "buildpacks/all/buildpack.toml"
    text = order.read_text().replace(
        'id = "acme/two"\nversion = "1.0.0"', 'id = "acme/two"\nversion = "1.0.1"'
    )
    order.write_text(text)
    assert "is of another version than the sources: 1.0.1" in refused(root)


def test_a_package_for_fewer_platforms(root: Path) -> None:
    """Published, it could never be completed under the same version."""
    path = root / "buildpacks/one/buildpack.toml"
    path.write_text(f'{path.read_text()}\n[[targets]]\nos = "linux"\narch = "arm64"\n')
    assert "is for linux/amd64, but the buildpack is for linux/amd64, linux/arm64" in refused(
        root, "acme/one"
    )


def test_damage_anywhere_in_what_is_published(root: Path) -> None:
    """The archives (.cnb) are not."""
    for path in sorted((root / "dist").rglob("*")):
        is_other = path.suffix == ".cnb" or path.name in (".lock", "manifest.json", "SHA256SUMS")
        if path.is_file() and not is_other:
            whole = path.read_bytes()
            path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
            assert "is damaged" in refused(root), path.name
            path.write_bytes(whole)
    assert len(releases(root)) == 3


def test_after_packaging_again_it_is_fit(root: Path) -> None:
    (root / "buildpacks/two/README.md").write_text("changed\n")
    refused(root)
    assert len(releases(pack(root))) == 3


def test_what_people_should_know_is_noted(root: Path) -> None:
    """Missing bytecode makes builds slower; other kinds are published by themselves. Neither is refused."""
    no_commit = "its provenance names no commit: this is not a git checkout"
    assert all(one.notes == (no_commit,) for one in releases(root))
    write_settings(root, 'bytecode = ["3.10", "3.11"]\n')
    manifest = DistManifest.read(root / "dist")
    one = manifest.find(("acme/one", ""))
    assert one is not None
    job = plan_jobs(Repository.discover(root), ["acme/one"])[0]
    bytecode = {"3.10": "3.10.1"}
    compiled = replace(one, bytecode=bytecode, inputs=job.inputs_digest(bytecode, ()))
    manifest = manifest.with_package(compiled).with_package(replace(one, variant="self-contained"))
    (root / "dist/manifest.json").write_text(manifest.dumps())
    assert releases(root, "acme/one")[0].notes == (
        "no bytecode for Python 3.11 in it",
        no_commit,
        "there is a package of the kind self-contained, too: --variant self-contained",
    )


def test_ids_that_would_share_a_name() -> None:
    with pytest.raises(CheckFailed, match='published as "python"') as caught:
        check_names(["acme/python", "acme/pip", "strata/python"])
    assert "acme/python, strata/python" in caught.value.detail


def test_packaging_waits_while_packages_are_read(root: Path) -> None:
    """And reading waits for packaging, and says so."""
    lock = os.open(root / "dist/.lock", os.O_RDWR)
    said: list[str] = []
    fcntl.flock(lock, fcntl.LOCK_EX)
    entered = threading.Event()

    def report(text: str) -> None:
        said.append(text)
        entered.set()

    def read() -> None:
        with reading(root / "dist", report=report), pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    thread = threading.Thread(target=read)
    thread.start()
    assert entered.wait(10)
    fcntl.flock(lock, fcntl.LOCK_UN)
    thread.join(10)
    os.close(lock)
    assert "waiting" in said[0]


def test_a_copy_without_a_lock_can_be_read(root: Path) -> None:
    """An artefact of another machine, or a read-only file system."""
    (root / "dist/.lock").unlink()
    with reading(root / "dist", report=lambda _: None):
        assert len(releases(root)) == 3
    assert not (root / "dist/.lock").exists()
