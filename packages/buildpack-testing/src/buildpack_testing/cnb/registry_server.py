"""A real registry on loopback as other tools see it: references, layouts pushed into it, their login files.

Plain HTTP for anybody, or with TLS and a user, as a test asks. Everything is in one directory of the test's.
"""

from __future__ import annotations

import base64
import http
import http.client
import json
import os
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import ReleaseError
from buildpack_testing.cnb.image_layout import LayoutImage
from buildpack_testing.cnb.skopeo import copy_image
from oci_registry.content import MANIFEST_TYPES
from oci_registry.testing.distribution import Certificate, real_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class RegistryUser:
    """A user of the registry. The password is not shown."""

    user: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class Registry:
    """A running registry: address is host:port, authority the CA's certificate if it speaks TLS."""

    address: str
    log: Path
    directory: Path
    authority: Path | None = None
    login: RegistryUser | None = None

    def reference(self, repository: str, tag: str = "latest") -> str:
        """Return the full name of an image in this registry."""
        return f"{self.address}/{repository}:{tag}"

    def read(self, reference: str) -> LayoutImage:
        """Read an image's manifest and config. Raises ReleaseError if it is not there."""
        repository, manifest_name = self._split(reference)
        status, headers, data = self.get(
            f"/v2/{repository}/manifests/{manifest_name}", accept=", ".join(MANIFEST_TYPES)
        )
        if status != http.HTTPStatus.OK:
            raise ReleaseError(
                f"{reference} is not in the registry", detail=f"status {status}: {data[:300]!r}"
            )
        manifest: dict[str, Any] = json.loads(data)
        config: dict[str, Any] = {}
        if "config" in manifest:
            _, _, data = self.get(f"/v2/{repository}/blobs/{manifest['config']['digest']}")
            config = json.loads(data)
        return LayoutImage(headers["Docker-Content-Digest"], manifest, config)

    def get(self, path: str, *, accept: str = "*/*") -> tuple[int, http.client.HTTPMessage, bytes]:
        """Fetch a path of the registry: status, headers, body. Raises OSError."""
        connection = self._connection()
        try:
            headers = {"Accept": accept, **({"Authorization": self.login.header} if self.login else {})}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.msg, response.read()
        finally:
            connection.close()

    def push_layout(self, layout: Path, repository: str, tag: str) -> str:
        """Copy the only image of a layout into the registry and return its reference. Raises ReleaseError."""
        reference = self.reference(repository, tag)
        copy_image(f"oci:{layout}", f"docker://{reference}", *self._skopeo_options(), environment=os.environ)
        return reference

    @property
    def docker_config(self) -> Path:
        """A directory for $DOCKER_CONFIG: with the login, if one is wanted."""
        return self.directory / "docker"

    @property
    def certificates(self) -> Path:
        """A directory with the authority's certificate as tools on containers/image want it (--cert-dir)."""
        return self.directory / "certificates"

    def _skopeo_options(self) -> list[str]:
        options = ["--dest-authfile", str(self.docker_config / "config.json")]
        if self.authority is None:
            return [*options, "--dest-tls-verify=false"]
        return [*options, "--dest-cert-dir", str(self.certificates)]

    def _split(self, reference: str) -> tuple[str, str]:
        path = reference.removeprefix(f"{self.address}/")
        repository, at, digest = path.partition("@")
        if at:
            return repository, digest
        repository, _, tag = path.partition(":")
        return repository, tag or "latest"

    def _connection(self) -> http.client.HTTPConnection:
        if self.authority is None:
            return http.client.HTTPConnection(self.address, timeout=30)
        context = ssl.create_default_context(cafile=str(self.authority))
        return http.client.HTTPSConnection(self.address, timeout=30, context=context)


@contextmanager
def registry(
    directory: Path, *, login: RegistryUser | None = None, tls: bool = False, port: int = 0
) -> Iterator[Registry]:
    """Run a registry on 127.0.0.1 that keeps its files in directory, until the block is left.

    port 0 is a free one; give the former one to bring a registry back. With tls it has a certificate of an
    authority of its own (needs trustme). Raises MissingToolError, ReleaseError.
    """
    certificates = _make_certificates(directory) if tls else None
    with real_registry(
        directory,
        users={login.user: login.password} if login else None,
        tls=certificates.server if certificates else None,
        port=port,
    ) as running:
        authority = certificates.authority if certificates else None
        found = Registry(running.host, running.log, directory, authority, login)
        _write_docker_config(found)
        yield found


@dataclass(frozen=True)
class _Certificates:
    authority: Path
    server: Certificate


def _make_certificates(directory: Path) -> _Certificates:
    import trustme  # only this form of the registry needs it

    certificates = directory / "certificates"
    certificates.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    server = Certificate(directory / "server.pem", directory / "server.key")
    issued.private_key_pem.write_to_path(str(server.key))
    server.certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    authority.cert_pem.write_to_path(str(certificates / "ca.crt"))
    return _Certificates(certificates / "ca.crt", server)


def _write_docker_config(found: Registry) -> None:
    found.docker_config.mkdir(exist_ok=True)
    auths = {}
    if found.login:
        auths[found.address] = {"auth": found.login.header.removeprefix("Basic ")}
    (found.docker_config / "config.json").write_text(json.dumps({"auths": auths}), encoding="utf-8")
