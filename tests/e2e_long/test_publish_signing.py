"""Signing with the real cosign and a key, into a real registry; verified by cosign itself."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ExitCode
from buildpack_testing.cnb.tools import ensure_cosign
from oci_registry.testing.distribution import RealRegistry, real_registry
from support.needs import need
from support.packaging import environment, inv
from support.publishing import make_repository, pack
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


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    need("cosign")
    program = ensure_cosign()
    folder = tmp_path / "keys"
    folder.mkdir()
    env = environment(
        HOME=str(tmp_path), DOCKER_CONFIG="", REGISTRY_AUTH_FILE="", STRATA_CACHE_DIR=str(tmp_path / "cache"),
        COSIGN_PASSWORD=PASSWORD, PATH=f"{program.parent}:{os.environ['PATH']}",
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


def test_signed_with_a_key(root: Path, registry: RealRegistry, keys: Keys) -> None:
    """Each image by its digest; cosign finds the signatures; a second run signs nothing."""
    to = ("--to", f"{registry.host}/acme")
    done = inv("publish", *to, "--yes", root=root, env=keys.env)
    assert done.returncode == 0, done.stderr
    assert "signed: 3 now, 0 before" in done.stderr
    assert PASSWORD not in done.stderr + done.stdout
    images = [line.replace(":1.0.0@", "@") for line in done.stdout.splitlines()]
    assert len(images) == 3
    assert all(keys.verify(one) for one in images)
    assert not any(keys.verify(one, "other.pub") for one in images)
    again = inv("publish", *to, "--yes", root=root, env=keys.env)
    assert "Nothing to do" in again.stderr
    assert "signed: 0 now, 3 before" in again.stderr
    verified = inv("publish.verify", *to, root=root, env=keys.env)
    assert verified.returncode == 0, verified.stderr
    assert verified.stdout.count(" yes ") == 3


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
