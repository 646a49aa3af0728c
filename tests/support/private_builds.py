"""Builds of strata/app-venv with an index that wants a password, over TLS of a private CA."""

from __future__ import annotations

import base64
import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import trustme

from buildpack_testing.failure import PhaseError
from support.private_index import PrivateIndex, private_index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.platform import BuildResult
    from support.venv_builds import VenvBuilds

USER, PASSWORD = "user-of-the-index", "s3cret word/of@the:index"
ENCODED = "s3cret%20word%2Fof%40the%3Aindex"


@dataclass
class PrivateBuilds:
    """An app whose packages come from an index with a password, over TLS of a private CA."""

    builds: VenvBuilds
    index: PrivateIndex
    authority: trustme.CA
    lines: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        """All that was printed in all builds so far."""
        return "".join(self.lines)

    def bind(self, name: str = "index", /, type: str = "pypi", **entries: str) -> None:  # noqa: A002
        """Write a binding; ``_`` stands for ``-`` in the names of entries."""
        directory = self.builds.root / "bindings" / name
        directory.mkdir(parents=True, exist_ok=True)
        for entry, text in {"type": type, **entries}.items():
            (directory / entry.replace("_", "-")).write_text(text)

    def bind_index(self, **entries: str) -> None:
        """Write the binding that this index needs, with other or more entries."""
        usual = {"index_url": self.index.url, "username": USER, "password": PASSWORD}
        self.bind(**usual | {"ca.crt": self.authority.cert_pem.bytes().decode()} | entries)

    def build(self, variables: dict[str, str] | None = None) -> BuildResult:
        """Build with the bindings, and no index otherwise."""
        self.lines.clear()
        given = {"SERVICE_BINDING_ROOT": f"{self.builds.root}/bindings", "PIP_RETRIES": "0"}
        platform = self.builds.platform()
        return platform.build(self.builds.app, variables=given | (variables or {}), sink=self.lines.append)

    def failure(self, variables: dict[str, str] | None = None) -> str:
        """Build, which must fail as it should, and return the output."""
        with pytest.raises(PhaseError) as failed:
            self.build(variables)
        assert "Traceback" not in failed.value.output
        return failed.value.output

    def files_with_secrets(self) -> list[Path]:
        """Return what holds them in layers, their metadata, the image, the cache, or the user's home."""
        workspace = self.builds.platform().workspace
        kept = [path for path in workspace.root.rglob("*") if not path.is_relative_to(workspace.platform)]
        return [path for path in kept if path.is_file() and holds_secret(path.read_bytes())]


def holds_secret(content: bytes) -> bool:
    """Return whether user or password are there, in any of the forms that they take on their way."""
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    return any(secret in content for secret in (USER.encode(), PASSWORD.encode(), ENCODED.encode(), basic))


@contextmanager
def private_builds(builds: VenvBuilds) -> Iterator[PrivateBuilds]:
    """Serve the index of ``builds`` once more, with a password."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with private_index(builds.root / "index", tls=tls) as index:
        index.user, index.password = USER, PASSWORD
        yield PrivateBuilds(builds, index, authority)
