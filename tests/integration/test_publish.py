"""`inv publish` as maintainers run it: in processes, to a real registry, read back by the tools of others."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.dist.manifest import DistManifest
from buildpack_release.errors import ExitCode
from buildpack_testing.cnb.pack import PackCommand
from buildpack_testing.cnb.tools import ensure_pack
from oci_registry.remote.known_registries import KnownRegistries
from oci_registry.testing.distribution import RealRegistry, real_registry
from oci_registry.testing.faulty import FaultyRegistry
from oci_registry.testing.memory import MemoryRegistry
from support.needs import need
from support.packaging import INV, inv
from support.publishing import (
    agreed,
    alone,
    annotated,
    make_repository,
    pack,
    publication,
    releases,
    written,
)
from support.registries import KINDS, running
from support.sample_repository import component, composite, plan, write

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return alone(tmp_path / "home")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the real tasks and its packages; not to be changed."""
    root = make_repository(tmp_path_factory.mktemp("packed") / "a repository")
    write(root / "tasks.py", (ROOT / "tasks.py").read_text("utf-8"))
    done = inv("package", root=root, env=alone(root.parent / "home"))
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def root(packed: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(packed, tmp_path / "root", symlinks=True)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    need("registry")
    with real_registry(tmp_path / "registry") as registry:
        yield registry


def skopeo(*arguments: str) -> str:
    need("skopeo")
    done = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def errors(done: subprocess.CompletedProcess[str]) -> str:
    """The text from the error on; there must be one, and no traceback."""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Error:") == 1, done.stderr
    return done.stderr[done.stderr.index("Error:") :]


def test_from_the_plan_to_what_others_read(root: Path, env: dict[str, str], registry: RealRegistry) -> None:
    """Plan, dry run, publish, verify, publish again; stdout is data and stderr progress; skopeo reads it."""
    to = ("--to", f"{registry.host}/acme")
    plan = inv("publish.plan", *to, "--json", root=root, env=env)
    assert [one["action"] for one in json.loads(plan.stdout)["packages"]] == ["push"] * 3
    dry = inv("publish", *to, "--dry-run", root=root, env=env)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "3 to push" in dry.stdout
    assert not (registry.storage / "docker").exists()

    done = inv("publish", *to, "--yes", root=root, env=env)
    assert done.returncode == 0, done.stderr
    digests = {one.id.removeprefix("acme/"): one.digest for one in DistManifest.read(root / "dist")}
    assert done.stdout.splitlines() == [
        f"{registry.host}/acme/{name}:1.0.0@{digests[name]}" for name in ("one", "two", "all")
    ]
    assert re.search(r"\[[123]/3\] acme/all@1\.0\.0 to ", done.stderr)
    assert f"Check it: inv publish.verify --to {registry.host}/acme\n" in done.stderr

    found = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{registry.host}/acme/all:latest"))
    assert found["Digest"] == digests["all"]
    fallback = digests["all"].replace(":", "-")  # this registry does not know referrers
    assert sorted(found["RepoTags"]) == ["1", "1.0", "1.0.0", "latest", fallback]
    assert "acme/one" in found["Labels"]["io.buildpacks.buildpack.layers"]
    verified = inv("publish.verify", *to, "--anonymous", root=root, env=env)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.count(" good ") == 3

    again = inv("publish", *to, "--json", root=root, env=env)
    assert again.returncode == 0, again.stderr
    assert [one["state"] for one in json.loads(again.stdout)] == ["done already"] * 3
    assert "Nothing to do" in again.stderr


def test_a_second_clone_at_another_place_has_nothing_to_push(
    root: Path, env: dict[str, str], registry: RealRegistry, tmp_path: Path
) -> None:
    """Packaged there anew, without any of the first one's files."""
    assert inv("publish", "--to", f"{registry.host}/acme", "--yes", root=root, env=env).returncode == 0
    other = tmp_path / "another place" / "ünder"
    shutil.copytree(root, other, symlinks=True)
    for name in ("dist", "build"):
        shutil.rmtree(other / name)
    other_env = alone(tmp_path / "other home", TZ="Asia/Kathmandu", PYTHONHASHSEED="7")
    assert inv("package", root=other, env=other_env, umask=0o077).returncode == 0
    with FaultyRegistry(registry.url) as watched:
        done = inv("publish", "--to", f"{watched.host}/acme", "--yes", root=other, env=other_env)
        assert done.returncode == 0, done.stderr
        assert "Nothing to do: all 3 are published." in done.stderr
        assert watched.requests
        assert written(watched.requests) == []


def test_without_a_terminal_nothing_is_published_unasked(
    root: Path, env: dict[str, str], registry: RealRegistry
) -> None:
    done = subprocess.run(
        [*INV, "publish", "--to", f"{registry.host}/acme"],
        cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert "3 to push" in done.stderr
    assert "--yes" in errors(done)
    assert not (registry.storage / "docker").exists()


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", ExitCode.OK), (b"n\n", ExitCode.FAILED)])
def test_on_a_terminal_people_are_asked(
    root: Path, env: dict[str, str], registry: RealRegistry, answer: bytes, code: int
) -> None:
    """The question is put after the plan, and its answer counts."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*INV, "publish", "--to", f"{registry.host}/acme"],
        cwd=root, env=env, stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as task:  # fmt: skip
        os.write(leader, answer)
        out, err = task.communicate(timeout=120)
    os.close(leader)
    os.close(follower)
    assert task.returncode == code, err
    assert f"Publish to {registry.host}/acme? [y/N]" in err
    assert bool(out) == (registry.storage / "docker").exists() == (code == 0)


def test_other_content_stops_everything(root: Path, env: dict[str, str], registry: RealRegistry) -> None:
    """With both digests; what is absent is not pushed either. The plan says the same."""
    to = ("--to", f"{registry.host}/acme")
    assert inv("publish", *to, "--id", "acme/two", "--yes", root=root, env=env).returncode == 0
    first = {one.id: one.digest for one in DistManifest.read(root / "dist")}
    (root / "buildpacks/two/README.md").write_text("changed\n")
    stale = inv("publish", *to, "--yes", root=root, env=env)
    assert stale.returncode == ExitCode.CHECK
    assert "acme/two@1.0.0 is stale" in errors(stale)
    assert "Run: inv package" in stale.stderr
    assert inv("package", root=root, env=env).returncode == 0
    second = {one.id: one.digest for one in DistManifest.read(root / "dist")}
    for task in ("publish", "publish.plan"):
        done = inv(task, *to, *(["--yes"] if task == "publish" else []), root=root, env=env)
        assert done.returncode == ExitCode.CONFLICT, done.stderr
        assert first["acme/two"] in errors(done)
        assert second["acme/two"] in errors(done)
    tags = json.loads(skopeo("list-tags", "--tls-verify=false", f"docker://{registry.host}/acme/two"))
    fallback = first["acme/two"].replace(":", "-")
    assert sorted(tags["Tags"]) == ["1", "1.0", "1.0.0", "latest", fallback]
    assert [path.name for path in (registry.storage / "docker/registry/v2/repositories/acme").iterdir()] == [
        "two"
    ]


def test_passwords(root: Path, env: dict[str, str], tmp_path: Path) -> None:
    """A wrong one, none, and the right one; none of them is ever shown."""
    need("registry")
    with real_registry(tmp_path / "guarded", users={"publisher": "correct horse"}) as registry:
        login = {"STRATA_REGISTRY_HOST": registry.host, "STRATA_REGISTRY_USERNAME": "publisher"}
        to = ("--to", f"{registry.host}/acme")
        wrong = inv(
            "publish",
            *to,
            "--yes",
            root=root,
            env={**env, **login, "STRATA_REGISTRY_PASSWORD": "battery staple"},
        )
        assert wrong.returncode == ExitCode.AUTH
        assert registry.host in errors(wrong)
        assert inv("publish", *to, "--yes", root=root, env=env).returncode == ExitCode.AUTH
        env = {**env, **login, "STRATA_REGISTRY_PASSWORD": "correct horse"}
        right = inv("publish", *to, "--yes", root=root, env=env)
        assert right.returncode == 0, right.stderr
        assert inv("publish.verify", *to, root=root, env=env).returncode == 0
        hidden = inv("publish.verify", *to, "--anonymous", root=root, env=env)
        assert hidden.returncode == ExitCode.AUTH
        for done in (wrong, right, hidden):
            assert "staple" not in done.stderr + done.stdout
            assert "horse" not in done.stderr + done.stdout


def test_nobody_answers(root: Path, env: dict[str, str]) -> None:
    done = inv("publish.plan", "--to", "127.0.0.1:1/acme", root=root, env=env)
    assert (done.returncode, done.stdout) == (ExitCode.NETWORK, "")
    assert "127.0.0.1:1" in errors(done)


@pytest.mark.parametrize(
    "arguments",
    [[], ["--to", "acme"], ["--to", "localhost:5000/acme:1"], ["--to", "oci:x", "--id", "acme/no"]],
)
def test_wrong_options(root: Path, env: dict[str, str], arguments: list[str]) -> None:
    for task in ("publish", "publish.plan", "publish.verify"):
        done = inv(task, *arguments, root=root, env=env)
        assert done.returncode == ExitCode.USAGE, done.stderr
        assert errors(done)


def test_before_packaging(root: Path, env: dict[str, str]) -> None:
    shutil.rmtree(root / "dist")
    done = inv("publish", "--to", "oci:out", "--yes", root=root, env=env)
    assert done.returncode == ExitCode.CHECK
    assert "Run: inv package" in errors(done)
    assert not (root / "out").exists()
    assert not (root / "dist").exists()


def test_what_is_damaged_in_the_registry_is_found(
    root: Path, env: dict[str, str], registry: RealRegistry
) -> None:
    """A byte on the registry's disk has changed: it still serves the blob, under the old digest."""
    to = ("--to", f"{registry.host}/acme")
    assert inv("publish", *to, "--yes", root=root, env=env).returncode == 0
    (one, *_) = (package for package in DistManifest.read(root / "dist") if package.id == "acme/one")
    digest = one.images[0].layers[0].digest.removeprefix("sha256:")
    file = registry.storage / f"docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    done = inv("publish.verify", *to, root=root, env=env)
    assert done.returncode == ExitCode.CHECK
    assert done.stdout.count("not right") == 2, "the component and the composite with it"
    assert digest in done.stdout


def test_layouts_that_skopeo_pushes(root: Path, env: dict[str, str], registry: RealRegistry) -> None:
    """Written here, carried over, pushed by another tool: then our plan finds them done."""
    done = inv("publish", "--to", "oci:a transfer", "--yes", root=root, env=env)
    assert done.returncode == 0, done.stderr
    assert "oras cp -r --from-oci-layout 'a transfer/all:1.0.0' REGISTRY/NAMESPACE/all:1.0.0,1" in done.stderr
    assert inv("publish.verify", "--to", "oci:a transfer", root=root, env=env).returncode == 0
    digests = {one.id.removeprefix("acme/"): one.digest for one in DistManifest.read(root / "dist")}
    for name in ("one", "two", "all"):
        # The last one is the index of provenance and SBOM.
        for tag in ("1.0.0", "1.0", "1", "latest", digests[name].replace(":", "-")):
            source, target = (
                f"oci:{root}/a transfer/{name}:{tag}",
                f"docker://{registry.host}/acme/{name}:{tag}",
            )
            skopeo("--insecure-policy", "copy", "--quiet", "--all", "--dest-tls-verify=false", source, target)
    plan = inv("publish.plan", "--to", f"{registry.host}/acme", root=root, env=env)
    assert plan.stdout.endswith("Nothing to do: all 3 are published.\n"), plan.stdout
    assert inv("publish.verify", "--to", f"{registry.host}/acme", root=root, env=env).returncode == 0


def test_pack_reads_what_is_published(
    root: Path, env: dict[str, str], registry: RealRegistry, tmp_path: Path
) -> None:
    """The index, by its tag."""
    need("pack")
    pack = ensure_pack()
    assert inv("publish", "--to", f"{registry.host}/acme", "--yes", root=root, env=env).returncode == 0
    command = PackCommand(pack.executable, tmp_path / "pack")
    text = command.inspect_buildpack(f"{registry.host}/acme/all:1.0.0")
    assert "REMOTE IMAGE" in text
    for name in ("one", "two", "all"):
        assert f"acme/{name}" in text


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three components and a composite for two platforms, packaged."""
    root = make_repository(tmp_path_factory.mktemp("four") / "repository")
    component(root, "acme/three", plans={"x": (None, plan(provides=("three",)))})
    members = [f"acme/{name}@1.0.0" for name in ("one", "two", "three")]
    composite(root, "acme/all", members)
    for file in root.glob("buildpacks/*/buildpack.toml"):
        text = file.read_text()
        if "[[targets]]" in text:
            file.write_text(f'{text}\n[[targets]]\nos = "linux"\narch = "arm64"\n')
    return pack(root)


@pytest.mark.parametrize("kind", KINDS)
def test_how_many_requests_four_packages_for_two_platforms_take(
    four: Path, kind: str, tmp_path: Path
) -> None:
    """For two platforms; into an empty registry, and when everything is there.

    One more where the referrers API is missing and no earlier run has found that out.
    """
    with running(kind, tmp_path / "registry") as registry, FaultyRegistry(registry.url) as watched:
        known = KnownRegistries(tmp_path / "known")
        replace(publication(four, watched.host), known=known).publish(agreed)
        empty = len(watched.requests)
        watched.requests.clear()
        publication(four, watched.host).publish(agreed)
        elsewhere = len(watched.requests)
        watched.requests.clear()
        replace(publication(four, watched.host), known=known).publish(agreed)
        again = [one.method for one in watched.requests]
        deep = replace(publication(four, watched.host), deep=True)
        assert deep.plan().is_done
        assert [one.problems for one in deep.verify()] == [()] * 4
    assert empty <= 120
    assert len(again) == 20
    assert elsewhere == 20 + (not registry.referrers)
    assert set(again) <= {"HEAD", "GET"}


def test_a_plain_look_notices_what_decides(four: Path) -> None:
    """A tag that was moved, another digest, a document that is gone; a lost part waits for a deep one."""
    with MemoryRegistry() as registry:
        publication(four, registry.host).publish(agreed)
        release = releases(four)[0]
        store = registry.store

        def undone(*, deep: bool = False) -> list[str]:
            plan = replace(publication(four, registry.host), deep=deep).plan()
            return [step.reference.rpartition("/")[2] for step in plan.steps if not step.is_done]

        assert undone() == []
        name = f"{release.name}:1.0.0"
        other = annotated(release.tree.root, x="y")
        store.put_manifest(f"acme/{release.name}", "latest", other)
        assert undone() == [name]
        store.put_manifest(f"acme/{release.name}", "latest", release.tree.root)
        store.put_manifest(f"acme/{release.name}", "1.0.0", other)
        assert undone() == [name], "equal content under another digest: the moving tags follow it"
        store.put_manifest(f"acme/{release.name}", "1.0.0", release.tree.root)
        for attachment in release.attachments:
            store.delete_manifest(f"acme/{release.name}", attachment.manifest.digest)
            assert undone() == [name]
            store.put_manifest(f"acme/{release.name}", attachment.manifest.digest, attachment.manifest)
        assert undone(deep=True) == []
        store.delete_manifest(f"acme/{release.name}", release.tree.manifests[0].digest)
        assert undone() == []
        assert undone(deep=True) == [name]
