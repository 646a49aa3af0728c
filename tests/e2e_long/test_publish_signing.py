"""Signing with the real cosign, of both lines in use, into a real registry; verified by cosign itself."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.attestation.provenance import MEDIA_TYPE
from buildpack_release.errors import ExitCode
from buildpack_testing.cnb.tool_versions import COSIGN_3, COSIGNS, GoTool
from buildpack_testing.cnb.tools import ensure_tool
from oci_registry.content import Manifest
from oci_registry.referrers_tag import fallback_tag
from oci_registry.store import Content
from oci_registry.testing.distribution import RealRegistry, real_registry
from support.app_images import AppShape
from support.needs import need
from support.packaging import environment, inv
from support.publishing import make_repository, pack
from support.registries import client
from support.sample_repository import write, write_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse"
SETTINGS = '[tool.buildpack-release.signing]\nkey = "../keys/cosign.key"\nlog = false\n'


@dataclass(frozen=True)
class Keys:
    """A key pair of cosign's; its password is in the environment."""

    folder: Path
    env: dict[str, str]

    def verify(self, reference: str, key: str = "cosign.pub") -> bool:
        """Let cosign verify an image; no log is asked, here is no network."""
        command = [
            "cosign",
            "verify",
            "--key",
            str(self.folder / key),
            "--insecure-ignore-tlog=true",
            reference,
        ]
        return subprocess.run(command, env=self.env, capture_output=True, check=False).returncode == 0


def with_cosign(env: dict[str, str], tool: GoTool) -> dict[str, str]:
    """Put one line of cosign first on PATH."""
    return {**env, "PATH": f"{ensure_tool(tool).parent}:{os.environ['PATH']}"}


@pytest.fixture(params=COSIGNS, ids=lambda tool: f"{tool.name} {tool.version}")
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Keys:
    need("cosign")
    folder = tmp_path / "keys"
    folder.mkdir()
    env = with_cosign(
        environment(
            HOME=str(tmp_path), DOCKER_CONFIG="", REGISTRY_AUTH_FILE="",
            STRATA_CACHE_DIR=str(tmp_path / "cache"), COSIGN_PASSWORD=PASSWORD,
        ),
        request.param,
    )  # fmt: skip
    for prefix in ("cosign", "other"):
        subprocess.run(
            ["cosign", "generate-key-pair", f"--output-key-prefix={prefix}"],
            cwd=folder, env=env, check=True, capture_output=True,
        )  # fmt: skip
    return Keys(folder, env)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path / "repository")
    write(root / "tasks.py", (ROOT / "tasks.py").read_text("utf-8"))
    write_settings(root, SETTINGS)
    return pack(root)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    need("registry")
    with real_registry(tmp_path / "registry") as registry:
        yield registry


def publish(root: Path, registry: RealRegistry, keys: Keys) -> list[str]:
    """Publish, and return the images by their digests."""
    done = inv("publish", "--to", f"{registry.host}/acme", "--yes", root=root, env=keys.env)
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stderr + done.stdout
    return [line.replace(":1.0.0@", "@") for line in done.stdout.splitlines()]


def documents(image: str) -> list[str]:
    """The provenance and the SBOM beside an image, by their digests."""
    name, _, digest = image.partition("@")
    host, _, path = name.partition("/")
    with client(host) as remote:
        found = remote.repository(path).referrers(digest)
    titled = [one for one in found if "org.opencontainers.image.title" in one.annotations]
    assert len(titled) == 2
    return [f"{name}@{one.digest}" for one in titled]


def test_signed_with_a_key(root: Path, registry: RealRegistry, keys: Keys) -> None:
    """Each image and each document, by digest; cosign finds the signatures; a second run signs nothing."""
    to = ("--to", f"{registry.host}/acme")
    images = publish(root, registry, keys)
    assert len(images) == 3
    signed = [*images, *(one for image in images for one in documents(image))]
    assert len(signed) == 9
    assert all(keys.verify(one) for one in signed)
    assert not any(keys.verify(one, "other.pub") for one in signed)
    again = inv("publish", *to, "--yes", root=root, env=keys.env)
    assert "Nothing to do" in again.stderr
    assert "signed: 0 now, 3 before" in again.stderr
    verified = inv("publish.verify", *to, root=root, env=keys.env)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.count(" not checked ") == 3
    assert "Signatures are stored, and not checked" in verified.stderr


def test_reading_back_verifies_whose_signatures_they_are(
    root: Path, registry: RealRegistry, keys: Keys
) -> None:
    """What another key has signed is none; cosign 3 verifies what cosign 2 has signed."""
    publish(root, registry, keys)
    verify = ("publish.verify", "--to", f"{registry.host}/acme", "--key")
    for env in (keys.env, with_cosign(keys.env, COSIGN_3)):
        verified = inv(*verify, str(keys.folder / "cosign.pub"), root=root, env=env)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert verified.stdout.count(" verified ") == 3
        other = inv(*verify, str(keys.folder / "other.pub"), root=root, env=env)
        assert other.returncode == ExitCode.CHECK, other.stderr
        for what in ("it is", "its provenance is", "its SBOM is"):
            assert other.stdout.count(f"{what} not signed by the key ") == 3
    # Signed by somebody else, it is signed again for whoever asks for it.
    env = {**keys.env, "STRATA_SIGN": str(keys.folder / "other.key")}
    done = inv("publish", "--to", f"{registry.host}/acme", "--yes", root=root, env=env)
    assert "signed: 3 now, 0 before" in done.stderr, done.stderr
    for name in ("cosign.pub", "other.pub"):
        assert inv(*verify, str(keys.folder / name), root=root, env=keys.env).returncode == 0


def test_what_is_tampered_with_is_not_verified(root: Path, registry: RealRegistry, keys: Keys) -> None:
    """Another index under the version's tag, also with the signature of the right one beside it."""
    image = publish(root, registry, keys)[0]
    name, _, digest = image.partition("@")
    verify = ("publish.verify", "--to", f"{registry.host}/acme", "--key", str(keys.folder / "cosign.pub"))
    with client(registry.host) as remote:
        repository = remote.repository(name.partition("/")[2])
        index = repository.manifest(digest)
        assert index is not None
        changed = Manifest.from_json({**index.document, "annotations": {"changed": "yes"}})
        repository.push(Content((), (changed,)), ["1.0.0"])
        unsigned = inv(*verify, root=root, env=keys.env)
        assert unsigned.returncode == ExitCode.CHECK, unsigned.stderr
        assert "it is not signed by the key " in unsigned.stdout
        for one in repository.referrers(digest):
            document = repository.manifest(one.digest)
            assert document is not None
            moved = {**document.document, "subject": changed.descriptor().to_json()}
            repository.attach(Manifest.from_json(moved))
        legacy = repository.manifest(f"{fallback_tag(digest)}.sig")
        if legacy is not None:
            repository.tag(legacy, f"{fallback_tag(changed.digest)}.sig")
        moved_over = inv(*verify, root=root, env=keys.env)
        assert moved_over.returncode == ExitCode.CHECK, moved_over.stderr
        assert "it is not signed by the key " in moved_over.stdout


def test_a_wrong_password_publishes_no_version(root: Path, registry: RealRegistry, keys: Keys) -> None:
    """What has arrived stays for the next run; nobody finds it by a tag."""
    to = ("--to", f"{registry.host}/acme")
    done = inv("publish", *to, "--yes", root=root, env={**keys.env, "COSIGN_PASSWORD": "wrong"})
    assert done.returncode == ExitCode.FAILED
    assert "cosign could not sign" in done.stderr
    assert "Traceback" not in done.stderr
    verified = inv("publish.verify", *to, root=root, env=keys.env)
    assert verified.stdout.count("it is not published") == 3
    assert inv("publish", *to, "--yes", root=root, env=keys.env).returncode == 0
    assert inv("publish.verify", *to, root=root, env=keys.env).returncode == 0


def test_a_patched_image_is_signed_anew(registry: RealRegistry, keys: Keys) -> None:
    """What signed the old image says nothing of the new one; it is signed before its tag points to it."""
    with client(registry.host) as remote:
        shapes = {
            "shop/web": AppShape(),
            "released/old": AppShape(),
            "released/new": AppShape(version="3.13.1"),
        }
        for name, shape in shapes.items():
            remote.repository(name).push(shape.content(), ["1"])
        layers = [
            part for name in ("old", "new") for part in ("--layer", f"{registry.host}/released/{name}:1")
        ]
        sign = ("--provenance", "--sign", str(keys.folder / "cosign.key"))
        options = ("--python", "3.13", *layers, "--yes", *sign)
        env = {**keys.env, "STRATA_SIGN_LOG": "no"}
        done = inv("image.patch", f"{registry.host}/shop/web:1", *options, root=ROOT, env=env)
        assert done.returncode == 0, done.stderr
        assert PASSWORD not in done.stderr + done.stdout
        store = remote.repository("shop/web")
        digest = store.digest("1")
        (statement,) = (one for one in store.referrers(digest) if one.extra.get("artifactType") == MEDIA_TYPE)
    for signed in (digest, statement.digest):
        assert keys.verify(f"{registry.host}/shop/web@{signed}")
        assert not keys.verify(f"{registry.host}/shop/web@{signed}", "other.pub")
