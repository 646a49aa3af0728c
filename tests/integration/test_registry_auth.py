"""Getting in: passwords, tokens and certificates, at the registry in memory and at the real one."""

from __future__ import annotations

import base64
import json
import ssl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from buildpack_release.errors import ExitCode, exit_code_of
from oci_registry.errors import AccessDeniedError, UnavailableError
from oci_registry.remote.credentials import Keychain
from oci_registry.remote.login import IdentityToken, Login, Password, RegistryToken
from oci_registry.remote.secret import ConcealedText
from oci_registry.remote.wire import ConnectionOptions
from oci_registry.store import TransferOutcome
from oci_registry.testing.access import BasicGuard
from oci_registry.testing.distribution import Certificate, real_registry
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from oci_registry.testing.token_server import BearerGuard, TokenServer, base64url, encoded_json
from support.needs import need
from support.registries import client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

USER, PASSWORD = "publisher", "correct horse"
USERS = {USER: PASSWORD}
BOTH = pytest.mark.parametrize("kind", ["memory", "real"])


@dataclass(frozen=True)
class Only:
    """A source of one login."""

    login: Login | None

    def find(self, registry: str, repository: str) -> Login | None:  # noqa: ARG002 (always the same)
        return self.login


GOOD = Only(Password(USER, ConcealedText(PASSWORD), "the test"))
WRONG = Only(Password(USER, ConcealedText("battery staple"), "the test"))
NOBODY = Only(None)


@contextmanager
def with_passwords(kind: str, directory: Path) -> Iterator[str]:
    if kind == "memory":
        with MemoryRegistry(guard=BasicGuard(USERS)) as memory:
            yield memory.host
        return
    need("registry")
    with real_registry(directory / "registry", users=USERS) as real:
        yield real.host


@BOTH
def test_a_password_lets_in(kind: str, tmp_path: Path) -> None:
    with with_passwords(kind, tmp_path) as host, client(host, credentials=GOOD) as remote:
        remote.ping()
        remote.repository("a").push(image(b"layer"), ["1"])
        assert remote.repository("a").manifests.head("1") is not None


@BOTH
@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (WRONG, "check them"),
        (NOBODY, "no credentials"),
        (Only(IdentityToken(ConcealedText("t"), "the test")), "token"),
    ],
    ids=["wrong", "none", "token"],
)
def test_without_the_right_password_there_is_one_clear_error(
    kind: str, tmp_path: Path, credentials: Only, expected: str
) -> None:
    """It has its own exit code, is not retried, and 401 is never taken for 'absent'."""
    waits: list[float] = []
    with (
        with_passwords(kind, tmp_path) as host,
        client(host, credentials=credentials, waits=waits) as remote,
        pytest.raises(AccessDeniedError) as caught,
    ):
        remote.repository("a").manifests.head("1")
    assert exit_code_of(caught.value) == ExitCode.AUTH
    assert expected in str(caught.value)
    assert "battery" not in str(caught.value)
    assert waits == []


@BOTH
def test_the_login_of_a_docker_config_is_found(kind: str, tmp_path: Path) -> None:
    with with_passwords(kind, tmp_path) as host:
        auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {f"http://{host}/v2/": {"auth": auth}}}))
        keychain = Keychain.from_environment({"DOCKER_CONFIG": str(tmp_path)})
        with client(host, credentials=keychain) as remote:
            remote.repository("a").push(image(b"layer"), ["1"])


# TLS


@dataclass(frozen=True)
class Authority:
    """A certificate authority, and what it signed for a server on loopback."""

    bundle: Path
    server: Certificate
    issued: trustme.LeafCert

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issued.configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    ca = trustme.CA()
    issued = ca.issue_cert("127.0.0.1", "localhost")
    bundle, certificate, key = (tmp_path / name for name in ("ca.pem", "server.pem", "server.key"))
    ca.cert_pem.write_to_path(bundle)
    issued.private_key_pem.write_to_path(key)
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    return Authority(bundle, Certificate(certificate, key), issued)


@contextmanager
def with_tls(kind: str, directory: Path, authority: Authority) -> Iterator[str]:
    if kind == "memory":
        with MemoryRegistry(tls=authority.context(), guard=BasicGuard(USERS)) as memory:
            yield memory.host
        return
    need("registry")
    with real_registry(directory / "registry", users=USERS, tls=authority.server) as real:
        yield real.host


@BOTH
def test_a_private_authority_is_trusted_when_named(kind: str, tmp_path: Path, authority: Authority) -> None:
    """TLS is found on loopback too, although plain HTTP would be allowed there."""
    options = ConnectionOptions(ca_bundle=authority.bundle)
    with (
        with_tls(kind, tmp_path, authority) as host,
        client(host, credentials=GOOD, options=options) as remote,
    ):
        assert remote.base() == f"https://{host}"
        remote.repository("a").push(image(b"layer"), ["1"])


@BOTH
def test_an_unknown_authority_is_refused(kind: str, tmp_path: Path, authority: Authority) -> None:
    """No request with credentials is sent, nothing is retried, and the error says what to set."""
    waits: list[float] = []
    with (
        with_tls(kind, tmp_path, authority) as host,
        client(host, credentials=GOOD, waits=waits) as remote,
        pytest.raises(UnavailableError, match="TLS") as caught,
    ):
        remote.repository("a").push(image(b"layer"), ["1"])
    assert "REQUESTS_CA_BUNDLE" in caught.value.advice
    assert waits == []


@BOTH
def test_insecure_has_to_be_asked_for(kind: str, tmp_path: Path, authority: Authority) -> None:
    options = ConnectionOptions(insecure=True)
    with (
        with_tls(kind, tmp_path, authority) as host,
        client(host, credentials=GOOD, options=options) as remote,
    ):
        remote.repository("a").push(image(b"layer"), ["1"])


# Tokens


Sign = "Callable[[Mapping[str, Any]], str]"


def es256() -> tuple[Callable[[Mapping[str, Any]], str], bytes]:
    """Make a signer of JWTs that distribution can check, and the certificate (PEM) to check them with."""
    ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
    certificate = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
    key = serialization.load_pem_private_key(ca.private_key_pem.bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    chain = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()

    def sign(claims: Mapping[str, Any]) -> str:
        signed = f"{encoded_json({'alg': 'ES256', 'typ': 'JWT', 'x5c': [chain]})}.{encoded_json(claims)}"
        r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    return sign, ca.cert_pem.bytes()


@contextmanager
def with_tokens(kind: str, directory: Path, **options: Any) -> Iterator[tuple[str, TokenServer]]:  # noqa: ANN401
    """Run a registry that wants tokens, and the server that gives them."""
    options = {"users": USERS, "refresh_tokens": {"identity": USER}, **options}
    if kind == "memory":
        with TokenServer(**options) as tokens, MemoryRegistry(guard=BearerGuard(tokens)) as memory:
            yield memory.host, tokens
        return
    need("registry")
    sign, certificate = es256()
    bundle = directory / "tokens.pem"
    bundle.write_bytes(certificate)
    with TokenServer(sign=sign, issuer="tests", **options) as tokens:
        config = {
            "realm": f"{tokens.url}/token",
            "service": tokens.service,
            "issuer": "tests",
            "rootcertbundle": str(bundle),
        }
        with real_registry(directory / "registry", token=config) as real:
            yield real.host, tokens


@BOTH
@pytest.mark.parametrize(
    ("login", "grant"),
    [
        (Password(USER, ConcealedText(PASSWORD), "the test"), "password"),
        (IdentityToken(ConcealedText("identity"), "the test"), "refresh_token"),
    ],
    ids=["password", "identity token"],
)
def test_a_token_is_fetched_for_each_set_of_scopes_and_kept(
    kind: str, tmp_path: Path, login: Login, grant: str
) -> None:
    """One to write and one to read, however many requests there are."""
    with with_tokens(kind, tmp_path) as (host, tokens), client(host, credentials=Only(login)) as remote:
        repository = remote.repository("team/a")
        repository.push(image(b"layer", b"another"), ["1", "2"])
        repository.manifests.get("1")
        assert sorted(issued.scopes for issued in tokens.issued) == [
            ("repository:team/a:pull",),
            ("repository:team/a:pull,push",),
        ]
        assert {(issued.user, issued.grant) for issued in tokens.issued} == {(USER, grant)}


@BOTH
def test_a_mount_asks_for_both_repositories(kind: str, tmp_path: Path) -> None:
    content = image(b"shared")
    with with_tokens(kind, tmp_path) as (host, tokens), client(host, credentials=GOOD) as remote:
        remote.repository("team/a").push(content)
        origins = dict.fromkeys((blob.digest for blob in content.blobs), "team/a")
        pushed = remote.repository("team/b").push(content, ["1"], mounts=origins)
        assert set(pushed.blobs.values()) == {TransferOutcome.MOUNTED}
        assert ("repository:team/a:pull", "repository:team/b:pull,push") in {
            issued.scopes for issued in tokens.issued
        }


@BOTH
def test_a_mount_that_is_not_permitted_becomes_an_upload(kind: str, tmp_path: Path) -> None:
    content = image(b"shared")

    def permits(user: str | None, repository: str, action: str) -> bool:
        return repository == "team/b"

    with (
        with_tokens(kind, tmp_path, permits=permits) as (host, _),
        client(host, credentials=GOOD) as remote,
    ):
        origins = dict.fromkeys((blob.digest for blob in content.blobs), "team/a")
        pushed = remote.repository("team/b").push(content, ["1"], mounts=origins)
        assert set(pushed.blobs.values()) == {TransferOutcome.UPLOADED}


@BOTH
def test_anybody_pulls_with_an_anonymous_token(kind: str, tmp_path: Path) -> None:
    content = image(b"public")
    with with_tokens(kind, tmp_path) as (host, tokens):
        with client(host, credentials=GOOD) as remote:
            remote.repository("a").push(content, ["1"])
        with client(host, credentials=NOBODY) as remote:
            assert remote.repository("a").manifests.get("1") == content.root
            with pytest.raises(AccessDeniedError, match="no credentials"):
                remote.repository("a").push(image(b"other"), ["2"])
        assert "anonymous" in {issued.grant for issued in tokens.issued}


@BOTH
def test_a_wrong_password_is_refused_by_the_token_server(kind: str, tmp_path: Path) -> None:
    with (
        with_tokens(kind, tmp_path) as (host, _),
        client(host, credentials=WRONG) as remote,
        pytest.raises(AccessDeniedError, match="token server") as caught,
    ):
        remote.repository("a").manifests.head("1")
    assert exit_code_of(caught.value) == ExitCode.AUTH
    assert "battery" not in str(caught.value)


def test_a_token_is_replaced_before_it_expires(tmp_path: Path) -> None:
    """A push may take longer than a token lives; the server is not asked with one that has gone stale."""
    time = [1_000_000.0]

    def now() -> float:
        return time[0]

    with (
        with_tokens("memory", tmp_path, lifetime=60, now=now) as (host, tokens),
        client(host, credentials=GOOD, now=now) as remote,
    ):
        manifests = remote.repository("a").manifests
        counts = []
        for moment in (0, 49, 51):  # it is replaced ten seconds early
            time[0] = 1_000_000.0 + moment
            manifests.head("1")
            counts.append(len(tokens.issued))
        assert counts == [1, 1, 2]


def test_a_revoked_token_is_replaced(tmp_path: Path) -> None:
    with with_tokens("memory", tmp_path) as (host, tokens), client(host, credentials=GOOD) as remote:
        remote.repository("a").push(image(b"layer"), ["1"])
        tokens.revoke_all()
        remote.repository("a").push(image(b"other"), ["2"])
        assert remote.repository("a").manifests.tags() == ("1", "2")


@BOTH
def test_a_ready_token_is_sent_as_it_is(kind: str, tmp_path: Path) -> None:
    """And refused once: there is no way to get another."""
    login = RegistryToken(ConcealedText("stale"), "the test")
    with with_tokens(kind, tmp_path) as (host, tokens), client(host, credentials=Only(login)) as remote:
        with pytest.raises(AccessDeniedError):
            remote.repository("a").manifests.head("1")
        assert tokens.issued == []
