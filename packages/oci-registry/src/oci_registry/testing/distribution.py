"""The real thing: `docker-registry` (distribution 2.8), started on a free port of loopback."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PROGRAM = "docker-registry"
_START_LIMIT = 30.0  # seconds


def program() -> str | None:
    """Give the path of docker-registry; None if it is not installed."""
    return shutil.which(PROGRAM)


@dataclass(frozen=True)
class Certificate:
    """A server's TLS certificate (with its chain) and key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class RealRegistry:
    """A running registry; `storage` is where it keeps its files."""

    host: str
    url: str
    storage: Path


@contextmanager
def real_registry(
    directory: Path,
    *,
    htpasswd: Path | None = None,
    token: Mapping[str, str] | None = None,
    tls: Certificate | None = None,
    address: str = "127.0.0.1",
) -> Iterator[RealRegistry]:
    """Run docker-registry with its files in `directory` until the block is left.

    `htpasswd` is a file of users (bcrypt); `token` are realm, service, issuer and rootcertbundle. Raises
    FileNotFoundError if the program is not installed, RuntimeError if it does not start.
    """
    executable = program()
    if executable is None:
        raise FileNotFoundError(PROGRAM)
    directory.mkdir(parents=True, exist_ok=True)
    host = f"{address}:{_free_port(address)}"
    config = directory / "config.json"  # YAML is a superset of JSON
    config.write_text(json.dumps(_config(host, directory / "storage", htpasswd, token, tls)))
    log = directory / "registry.log"
    with log.open("wb") as output:
        process = subprocess.Popen([executable, "serve", str(config)], stdout=output, stderr=output)
        try:
            _wait_for(host, process, log)
            yield RealRegistry(host, f"{'https' if tls else 'http'}://{host}", directory / "storage")
        finally:
            process.terminate()
            process.wait()


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _config(
    host: str, storage: Path, htpasswd: Path | None, token: Mapping[str, str] | None, tls: Certificate | None
) -> dict[str, Any]:
    config: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
        "http": {"addr": host, "secret": "known, so that uploads survive a restart"},
    }
    if tls is not None:
        config["http"]["tls"] = {"certificate": str(tls.certificate), "key": str(tls.key)}
    if htpasswd is not None:
        config["auth"] = {"htpasswd": {"realm": "tests", "path": str(htpasswd)}}
    if token is not None:
        config["auth"] = {"token": dict(token)}
    return config


def _wait_for(host: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the port accepts connections."""
    name, _, port = host.partition(":")
    end = time.monotonic() + _START_LIMIT
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection((name, int(port)), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{PROGRAM} did not start:\n{log.read_text(errors='replace')}")
