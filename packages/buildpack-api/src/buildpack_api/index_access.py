"""Access to package indexes that bindings give: to pip, and to nobody else.

Secrets are in files of one build, never in a variable, an address, a command line, a layer or a message.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import netrc_file
from buildpack_common.known_secrets import environment_secrets, login_secrets, without_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_common.known_secrets import Secret

_QUIET = {"PIP_NO_INPUT": "1"}  # nobody is there who could answer

NETWORK_VARIABLES = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CERT",
    "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_NO_PROXY_ENV", "PIP_RETRIES", "PIP_RESUME_RETRIES", "PIP_TIMEOUT",
    "PIP_DEFAULT_TIMEOUT", "PIP_KEYRING_PROVIDER", "PIP_CONFIG_FILE",
)  # fmt: skip
"""The user's variables that say where pip finds packages and how it gets there."""


@dataclass(frozen=True)
class Login:
    """Credentials for a host; only the host, and the binding that they are from, are ever shown."""

    host: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    binding: str = field(default="", compare=False)


@dataclass(frozen=True)
class IndexAccess:
    """What the bindings say, put together.

    ``names`` are the bindings; ``variables`` are pip's, with addresses and files but no secret: what they
    hold may be compared, and recorded as a digest.
    """

    names: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    logins: tuple[Login, ...] = field(default=(), repr=False)
    netrc_files: tuple[Path, ...] = ()
    certificates: tuple[Path, ...] = ()

    @contextmanager
    def environment(self, base: Mapping[str, str], *, minor: str) -> Iterator[dict[str, str]]:
        """Give the environment to run pip in with the Python ``minor`` (X.Y), made of ``base``.

        Its files, readable for nobody else, are gone when the block is left, however that happens. Raises
        ConfigurationError for credentials that cannot be given to pip.
        """
        settings = {"PIP_KEYRING_PROVIDER": "disabled", **base, **_QUIET, **self.variables}
        if not (self.logins or self.netrc_files or self.certificates):
            yield settings
            return
        import tempfile  # noqa: PLC0415  (only for those who have secrets)

        with tempfile.TemporaryDirectory(prefix="strata-index-") as directory:
            yield settings | self._files(base, Path(directory), minor)

    def secrets(self, environment: Mapping[str, str], more: Iterable[Secret] = ()) -> tuple[Secret, ...]:
        """Return all secrets: of bindings, the user's netrc, addresses in variables, and ``more``."""
        found = [*environment_secrets(environment), *more]
        entries = [
            (one.username, one.password, f"the binding {one.binding!r}" if one.binding else one.host)
            for one in self.logins
        ]
        users = netrc_file.users_file(environment)
        for path in (*self.netrc_files, *([users] if users else [])):
            entries += [
                (username, password, f"the entry for {host} in {path}")
                for host, username, password in netrc_file.logins(path)
            ]
        found += [one for entry in entries for one in login_secrets(*entry)]
        names = [username for username, password, _ in entries if password]
        asked = environment.get("PIP_KEYRING_PROVIDER", "disabled").lower() != "disabled"
        return without_names(found, names, asked=asked)

    def _files(self, base: Mapping[str, str], directory: Path, minor: str) -> dict[str, str]:
        found = {}
        if self.logins or self.netrc_files:
            parts = [netrc_file.users_netrc(base)]
            parts += [path.read_text("utf-8") for path in self.netrc_files]
            parts += [
                netrc_file.entry(one.host, one.username, one.password, minor=minor) for one in self.logins
            ]
            found["NETRC"] = _write(directory / "netrc", "\n\n".join(parts).encode())
        if self.certificates:
            # requests would prefer a bundle of the user to that of pip, so both are put into one.
            users = [Path(base[name]) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if base.get(name)]
            readable = [*self.certificates, *(path for path in users if path.is_file())]
            bundle = _write(directory / "ca.pem", b"\n".join(path.read_bytes() for path in readable))
            found |= {"PIP_CERT": bundle, "REQUESTS_CA_BUNDLE": bundle}
        return found


def _write(path: Path, content: bytes) -> str:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    return str(path)
