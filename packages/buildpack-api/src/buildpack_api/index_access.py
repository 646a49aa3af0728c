"""Access to package indexes that bindings give: to pip, and to nobody else.

Secrets are in files of one build, never in a variable, an address, a command line, a layer or a message.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import netrc_file
from buildpack_common.files import write_private
from buildpack_common.known_secrets import environment_secrets, login_secrets, without_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from buildpack_api.git_access import GitAccess
    from buildpack_common.known_secrets import KnownSecret

# What git gets more slowly over HTTP than 1 kB/s for a minute is given up; the user may have said otherwise.
_PATIENCE = {"GIT_HTTP_LOW_SPEED_LIMIT": "1000", "GIT_HTTP_LOW_SPEED_TIME": "60"}
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
_USERS = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
# Where distributions keep what they trust, as one file.
_MACHINE = tuple(
    map(Path, ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"))
)
_QUIET = {"PIP_NO_INPUT": "1"}  # nobody is there who could answer

NETWORK_VARIABLES = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_TRUSTED_HOST", "PIP_CERT",
    "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_NO_PROXY_ENV", "PIP_RETRIES", "PIP_RESUME_RETRIES", "PIP_TIMEOUT",
    "PIP_DEFAULT_TIMEOUT", "PIP_KEYRING_PROVIDER", "PIP_CONFIG_FILE",
)  # fmt: skip
"""The user's variables that say where pip finds packages and how it gets there."""


@dataclass(frozen=True)
class IndexLogin:
    """Credentials for a host; only the host, and the binding that they are from, are ever shown."""

    host: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    binding: str = field(default="", compare=False)


@dataclass(frozen=True)
class IndexAccess:
    """What the bindings say, put together.

    ``names`` are the bindings; ``certificates`` are for package indexes, ``authorities`` for everything;
    ``variables`` are pip's, with addresses and files but no secret: what they
    hold may be compared, and recorded as a digest.
    """

    names: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    logins: tuple[IndexLogin, ...] = field(default=(), repr=False)
    netrc_files: tuple[Path, ...] = ()
    certificates: tuple[Path, ...] = ()
    authorities: tuple[Path, ...] = ()
    git: GitAccess | None = None

    @contextmanager
    def trusting(self, base: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """Return ``base`` with what makes a program trust the bound authorities beside those of the machine.

        The file that it names is gone when the block is left.
        """
        if not self.authorities:
            yield dict(base)
            return
        import tempfile  # only for those who have authorities of their own

        with tempfile.TemporaryDirectory(prefix="strata-trust-") as directory:
            bundle = _write_bundle(self.authorities, base, Path(directory))
            yield {**base, **dict.fromkeys(_BUNDLES, bundle)}

    @contextmanager
    def environment(self, base: Mapping[str, str], *, minor: str) -> Iterator[dict[str, str]]:
        """Return the environment to run pip in with the Python ``minor`` (X.Y), made of ``base``.

        Its files, readable for nobody else, are gone when the block is left, however that happens. Raises
        ConfigurationError for credentials that cannot be given to pip.
        """
        settings = {"PIP_KEYRING_PROVIDER": "disabled", **_PATIENCE, **base, **_QUIET, **self.variables}
        git = self._git()
        if not (git or self.netrc_files or self.certificates or self.authorities):
            yield settings
            return
        import tempfile  # only for those who have secrets

        with tempfile.TemporaryDirectory(prefix="strata-index-") as directory:
            files = self._files(base, Path(directory), minor)
            yield settings | files | (git.variables(base, Path(directory)) if git else {})

    def secrets(
        self, environment: Mapping[str, str], more: Iterable[KnownSecret] = ()
    ) -> tuple[KnownSecret, ...]:
        """Return all secrets: of bindings, the user's netrc, addresses in variables, and ``more``."""
        found = [*environment_secrets(environment), *(self.git.secrets() if self.git else ()), *more]
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

    def _git(self) -> GitAccess | None:
        """Return what git is given: its own bindings first, then what is for the hosts of packages."""
        if not (self.git or self.logins or self.netrc_files):
            return None
        from buildpack_api.git_access import GitAccess, any_protocol  # only for those

        entries = [(one.host, one.username, one.password) for one in self.logins]
        entries += [entry for path in self.netrc_files for entry in netrc_file.logins(path)]
        more = [login for entry in entries for login in any_protocol(*entry)]
        own = self.git or GitAccess()
        return replace(own, logins=(*own.logins, *more))

    def _files(self, base: Mapping[str, str], directory: Path, minor: str) -> dict[str, str]:
        found = {}
        if self.logins or self.netrc_files:
            parts = [netrc_file.users_netrc(base)]
            parts += [path.read_text("utf-8") for path in self.netrc_files]
            parts += [
                netrc_file.entry(one.host, one.username, one.password, minor=minor) for one in self.logins
            ]
            found["NETRC"] = write_private(directory / "netrc", "\n\n".join(parts).encode())
        if self.certificates or self.authorities:
            bundle = _write_bundle((*self.certificates, *self.authorities), base, directory)
            found |= {"PIP_CERT": bundle, "REQUESTS_CA_BUNDLE": bundle}
        if self.authorities:
            found |= dict.fromkeys(_BUNDLES, found["PIP_CERT"])
        return found


def _write_bundle(certificates: Iterable[Path], base: Mapping[str, str], directory: Path) -> str:
    """Write one file of these certificates, those of the user and those of the machine.

    Programs take one file, and most of them instead of what they would trust otherwise.
    """
    named = (base[name] for name in _USERS if base.get(name))
    users = [path for path in map(Path, named) if path.is_file()]
    machine = [] if base.get("SSL_CERT_FILE") else [path for path in _MACHINE if path.is_file()][:1]
    content = b"\n".join(path.read_bytes() for path in dict.fromkeys([*certificates, *users, *machine]))
    return write_private(directory / "ca.pem", content)
