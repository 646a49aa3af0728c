"""`inv publish.register` as maintainers run it: a real registry, the CNB registry's code host on loopback."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ExitCode
from buildpack_testing.cnb_registry import CnbRegistry
from oci_registry.testing.distribution import RealRegistry, real_registry
from support.needs import need
from support.packaging import INV, inv
from support.publishing import alone, make_repository, pack
from support.sample_repository import write

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TOKEN = "alice-s token"


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return alone(tmp_path_factory.mktemp("home"), GITHUB_TOKEN="")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_repository(tmp_path_factory.mktemp("packed") / "repository")
    write(root / "tasks.py", (ROOT / "tasks.py").read_text("utf-8"))
    return pack(root)


@pytest.fixture(scope="module")
def registry(
    root: Path, env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealRegistry]:
    """A registry in which everything is published."""
    need("registry")
    with real_registry(tmp_path_factory.mktemp("registry"), address="127.0.0.11") as registry:
        done = inv("publish", "--to", f"{registry.host}/acme", "--yes", root=root, env=env)
        assert done.returncode == 0, done.stderr
        yield registry


@pytest.fixture
def host() -> Iterator[CnbRegistry]:
    with CnbRegistry(polls=0) as host:
        yield host


def test_requests_to_open_by_hand(
    root: Path, env: dict[str, str], registry: RealRegistry, host: CnbRegistry
) -> None:
    """On stdout; nothing is requested."""
    done = inv("publish.register", "--to", f"{registry.host}/acme", "--api", host.url, root=root, env=env)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("ADD")] == [
        f"ADD acme/{name}@1.0.0" for name in ("one", "two", "all")
    ]
    assert f'addr = "{registry.host}/acme/all@sha256:' in done.stdout
    assert done.stderr.count("not requested") == 3
    assert host.issues == []


def test_what_nobody_can_read_gets_no_link(root: Path, env: dict[str, str], registry: RealRegistry) -> None:
    """The CNB registry would answer that it cannot read from this machine: that is told instead."""
    # What cannot be asked, behind a proxy that is not there: it does not matter.
    command = ["publish.register", "--to", f"{registry.host}/acme", "--api", "https://192.0.2.1:9"]
    done = inv(*command, root=root, env={**env, "NO_PROXY": "", "https_proxy": "http://127.0.0.1:9"})
    assert done.returncode == ExitCode.CHECK, done.stderr
    assert "Open it" not in done.stdout
    assert "the CNB registry cannot read from it" in done.stderr


def test_from_request_to_entry(
    root: Path, env: dict[str, str], registry: RealRegistry, host: CnbRegistry
) -> None:
    """Asked before, told on the way; run again there is nothing to do. The token is never shown."""
    command = ["publish.register", "--to", f"{registry.host}/acme", "--api", host.url, "--open"]
    without = inv(*command, "--yes", root=root, env=env)
    assert without.returncode == ExitCode.AUTH
    assert "GITHUB_TOKEN" in without.stderr
    wrong = inv(*command, "--yes", root=root, env={**env, "GITHUB_TOKEN": "mallory-s token"})
    assert wrong.returncode == ExitCode.AUTH
    assert "mallory" not in wrong.stdout + wrong.stderr
    env = {**env, "GITHUB_TOKEN": TOKEN}
    unasked = subprocess.run(
        [*INV, *command],
        cwd=root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert unasked.returncode == ExitCode.USAGE
    assert "--yes" in unasked.stderr
    assert host.issues == []

    done = inv(*command, "--yes", root=root, env=env)
    assert done.returncode == 0, done.stderr
    assert "the namespace acme is new: it will belong to alice" in done.stderr
    assert "[3/3] Registering acme/all@1.0.0" in done.stderr
    assert [issue.labels for issue in host.issues] == [["succeeded"]] * 3
    again = inv(*command, "--json", root=root, env=env)
    assert [one["state"] for one in json.loads(again.stdout)] == ["registered"] * 3
    assert len(host.issues) == 3
    for one in (done, again):
        assert TOKEN not in one.stdout + one.stderr


def test_what_is_not_published(root: Path, env: dict[str, str], tmp_path: Path, host: CnbRegistry) -> None:
    need("registry")
    with real_registry(tmp_path / "empty", address="127.0.0.11") as empty:
        command = ["publish.register", "--to", f"{empty.host}/acme", "--api", host.url]
        done = inv(*command, root=root, env=env)
    assert (done.returncode, done.stdout) == (ExitCode.CHECK, "")
    assert done.stderr.count("it is not published") == 3
    assert "Traceback" not in done.stderr
