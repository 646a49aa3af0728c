"""`inv publish` in surroundings that it does not like: quotas, private CAs, plain HTTP, wrong passwords."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from buildpack_release.errors import ExitCode
from oci_registry.testing.access import BasicGuard, QuotaGuard
from oci_registry.testing.distribution import Certificate, real_registry
from oci_registry.testing.memory import MemoryRegistry
from support.needs import need
from support.packaging import inv
from support.publishing import alone, make_repository, pack
from support.releasing import make_project
from support.sample_repository import write

if TYPE_CHECKING:
    import subprocess

ROOT = Path(__file__).parents[2]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return alone(tmp_path / "home", REQUESTS_CA_BUNDLE="", SSL_CERT_FILE="")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the real tasks and its packages."""
    root = make_repository(tmp_path_factory.mktemp("packed") / "repository")
    write(root / "tasks.py", (ROOT / "tasks.py").read_text("utf-8"))
    return pack(root)


def error(done: subprocess.CompletedProcess[str]) -> str:
    """The text from the error on; there must be one, and no traceback."""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Error:") == 1, done.stderr
    return done.stderr[done.stderr.index("Error:") :]


@pytest.mark.parametrize("status", [403, 413, 507])
def test_a_quota_that_is_used_up(root: Path, env: dict[str, str], status: int) -> None:
    """It is said what is the matter, at once; no version is visible; with more room it goes on."""
    with MemoryRegistry() as undisturbed:
        to = ("--to", f"{undisturbed.host}/acme", "--yes")
        assert inv("publish", *to, root=root, env=env).returncode == 0
        expected = undisturbed.store.state()
    guard = QuotaGuard(limit=1800, status=status)
    with MemoryRegistry(guard=guard) as registry:
        to = ("--to", f"{registry.host}/acme", "--yes")
        done = inv("publish", *to, root=root, env=env)
        assert done.returncode == ExitCode.FAILED, done.stderr
        assert "no room" in error(done)
        assert "run this again" in done.stderr
        assert "password" not in done.stderr, "it is not about credentials"
        assert "trying again" not in done.stderr, "waiting does not help"
        assert guard.used, "some of it has arrived"
        assert all(tags == () for _, _, tags in map(tuple, registry.store.state().values()))
        guard.limit *= 100
        before = guard.used
        assert inv("publish", *to, root=root, env=env).returncode == 0
        assert registry.store.state() == expected
        assert guard.used > before


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_private_authority(root: Path, env: dict[str, str], tmp_path: Path, variable: str) -> None:
    """Untrusted unless it is named; what to name is said."""
    need("registry")
    authority, bundle = trustme.CA(key_type=trustme.KeyType.ECDSA), tmp_path / "a bundle.pem"
    authority.cert_pem.write_to_path(str(bundle))
    issued = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)
    certificate = Certificate(tmp_path / "certificate.pem", tmp_path / "key.pem")
    certificate.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(certificate.key))
    with real_registry(tmp_path / "registry", tls=certificate) as registry:
        to = ("--to", f"{registry.host}/acme")
        untrusted = inv("publish", *to, "--yes", root=root, env=env)
        assert untrusted.returncode == ExitCode.NETWORK
        assert variable in error(untrusted)
        trusting = {**env, variable: str(bundle)}
        done = inv("publish", *to, "--yes", root=root, env=trusting)
        assert done.returncode == 0, done.stderr
        assert inv("publish.verify", *to, "--anonymous", root=root, env=trusting).returncode == 0
        missing = inv("publish.plan", *to, root=root, env={**env, variable: str(tmp_path / "none.pem")})
        assert missing.returncode == ExitCode.AUTH
        assert "none.pem" in error(missing)
        unverified = inv("publish.plan", *to, "--insecure", root=root, env=env)
        assert unverified.returncode == 0, unverified.stderr
        assert "Nothing to do" in unverified.stdout


def test_plain_http_elsewhere_is_only_used_when_asked(root: Path, env: dict[str, str]) -> None:
    """0.0.0.0 leads to this machine, but does not say so by its name."""
    with MemoryRegistry() as registry:
        elsewhere = registry.host.replace("127.0.0.1", "0.0.0.0")
        to = ("--to", f"{elsewhere}/acme", "--yes")
        done = inv("publish", *to, root=root, env=env)
        assert done.returncode == ExitCode.NETWORK
        assert "--insecure" in error(done)
        assert registry.requests == [], "not even asked in plain HTTP"
        allowed = inv("publish", *to, "--insecure", root=root, env=env)
        assert allowed.returncode == 0, allowed.stderr
        assert registry.store.incomplete_tags() == []


def test_insecure_is_not_for_credentials_of_others(root: Path, env: dict[str, str], tmp_path: Path) -> None:
    """A server whose certificate is not trusted gets the password only with --insecure."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA(key_type=trustme.KeyType.ECDSA).issue_cert(
        "127.0.0.1", key_type=trustme.KeyType.ECDSA
    ).configure_cert(context)
    with MemoryRegistry(tls=context, guard=BasicGuard({"publisher": "correct horse"})) as registry:
        login = {"HOST": registry.host, "USERNAME": "publisher", "PASSWORD": "correct horse"}
        env = {**env, **{f"STRATA_REGISTRY_{name}": value for name, value in login.items()}}
        to = ("--to", f"{registry.host}/acme", "--yes")
        assert inv("publish", *to, root=root, env=env).returncode == ExitCode.NETWORK
        assert registry.requests == []
        assert inv("publish", *to, "--insecure", root=root, env=env).returncode == 0


def test_a_wrong_password_ends_a_release(env: dict[str, str], tmp_path: Path) -> None:
    """With its own exit code, before anything is tagged; nothing of it is shown."""
    project = make_project(tmp_path / "project", env)
    project.bump()
    with MemoryRegistry(guard=BasicGuard({"publisher": "correct horse"})) as registry:
        login = {"HOST": registry.host, "USERNAME": "publisher", "PASSWORD": "battery staple"}
        env = {**env, **{f"STRATA_REGISTRY_{name}": value for name, value in login.items()}}
        done = inv("release", "--to", f"{registry.host}/acme", "--yes", "--push", root=project.root, env=env)
        assert done.returncode == ExitCode.AUTH, done.stderr
        assert registry.host in error(done)
        assert "staple" not in done.stdout + done.stderr
        assert project.git("tag") == ""
        env["STRATA_REGISTRY_PASSWORD"] = "correct horse"
        done = inv("release", "--to", f"{registry.host}/acme", "--yes", "--push", root=project.root, env=env)
        assert done.returncode == 0, done.stderr
        assert "horse" not in done.stdout + done.stderr
