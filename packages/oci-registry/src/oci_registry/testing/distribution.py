"""Real registries on a port of loopback: distribution (2.8 is Debian's `docker-registry`), and crane's."""

from __future__ import annotations

import ctypes
import json
import os
import re
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oci_registry.errors import MissingToolError
from oci_registry.testing.processes import server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROGRAM = "docker-registry"


@dataclass(frozen=True)
class Certificate:
    """A server's TLS certificate (with its chain) and key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class RealRegistry:
    """A running registry; `storage` is where it keeps its files, `log` has a line for each request."""

    host: str
    url: str
    storage: Path
    log: Path


@contextmanager
def real_registry(
    directory: Path,
    *,
    users: Mapping[str, str] | None = None,
    token: Mapping[str, str] | None = None,
    tls: Certificate | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
    program: Path | None = None,
) -> Iterator[RealRegistry]:
    """Run distribution's registry with its files in `directory` until the block is left.

    Args:
        directory: made if need be; what it holds of an earlier registry is there again.
        users: the passwords of those who may do something; everybody may do everything if not given.
        token: realm, service, issuer and rootcertbundle of a token server.
        tls: plain HTTP if not given.
        address: one of this machine.
        port: 0 takes a free one; give the former one to bring a registry back.
        program: docker-registry on PATH if not given.

    Raises MissingToolError if the program is not installed, ExpectedError if it does not start.
    """
    executable = str(program) if program else shutil.which(PROGRAM)
    if executable is None:
        raise MissingToolError(
            f"No {PROGRAM} on PATH", advice=f"Install the Debian or Ubuntu package {PROGRAM}."
        )
    directory.mkdir(parents=True, exist_ok=True)
    storage, log = directory / "storage", directory / "registry.log"
    auth: dict[str, Any] = {"token": dict(token)} if token is not None else {}
    if users is not None:
        password_file = directory / "htpasswd"
        lines = (f"{user}:{_bcrypt(password)}\n" for user, password in users.items())
        password_file.write_text("".join(lines), "utf-8")
        auth["htpasswd"] = {"realm": "tests", "path": str(password_file)}
    config = directory / "registry.json"  # YAML is a superset of JSON
    config.write_text(json.dumps(_config(f"{address}:{port}", storage, auth, tls)), "utf-8")
    log.write_bytes(b"")
    with server(
        [executable, "serve", str(config)],
        environment=_environment(),
        log=log,
        ready=lambda: bool(_host(log)),
    ):
        host = _host(log)
        yield RealRegistry(host, f"{'https' if tls else 'http'}://{host}", storage, log)


@contextmanager
def crane_registry(directory: Path, program: Path) -> Iterator[RealRegistry]:
    """Run the registry that is in crane (go-containerregistry) until the block is left.

    Raises ExpectedError if it does not start.
    """
    directory.mkdir(parents=True, exist_ok=True)
    storage, log = directory / "storage", directory / "registry.log"
    storage.mkdir(exist_ok=True)
    log.write_bytes(b"")

    def port() -> str:
        found = re.search(r"serving on port ([0-9]+)", log.read_text("utf-8", errors="replace"))
        return found[1] if found else ""

    with server(
        [program, "registry", "serve", "--address", "127.0.0.1:0", "--disk", storage],
        environment=_environment(),
        log=log,
        ready=lambda: bool(port()),
    ):
        host = f"127.0.0.1:{port()}"
        yield RealRegistry(host, f"http://{host}", storage, log)


def _host(log: Path) -> str:
    found = re.search(r"listening on ([0-9.]+:[0-9]+)", log.read_text("utf-8", errors="replace"))
    return found[1] if found else ""


def _environment() -> dict[str, str]:
    """Return an environment where nothing overrides the configuration file (REGISTRY_* variables would)."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("REGISTRY_", "OTEL_"))}


def _config(host: str, storage: Path, auth: Mapping[str, Any], tls: Certificate | None) -> dict[str, Any]:
    http: dict[str, Any] = {"addr": host, "secret": "known, so that uploads survive a restart"}
    if tls is not None:
        http["tls"] = {"certificate": str(tls.certificate), "key": str(tls.key)}
    config: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "info"},
        "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
        "http": http,
    }
    return {**config, "auth": auth} if auth else config


def _bcrypt(password: str) -> str:
    """Hash a password as the server wants it, with the C library's crypt(3) (libxcrypt)."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    salt = secrets.token_hex(11)
    hashed: bytes | None = library.crypt(password.encode(), f"$2b$05${salt}".encode())
    if hashed is None or not hashed.startswith(b"$2b$"):
        raise MissingToolError(
            "The C library's crypt(3) knows no bcrypt", advice="Use a registry without login."
        )
    return hashed.decode()
