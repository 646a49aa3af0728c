"""Who we are at a registry, and where that is looked up.

The places, in this order; the first that knows the repository or its registry wins:
`STRATA_REGISTRY_*` variables, `REGISTRY_AUTH_FILE`, `DOCKER_CONFIG/config.json`, podman's files
(`XDG_RUNTIME_DIR/containers/auth.json`, `XDG_CONFIG_HOME/containers/auth.json`), `~/.docker/config.json`.
Nothing is read before a registry asks for credentials.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from buildpack_common.environment_variables import Variable
from oci_registry.errors import CredentialError
from oci_registry.reference import registry_name
from oci_registry.remote.auth_file import AuthFile
from oci_registry.remote.login import IdentityToken, Login, Password, RegistryToken
from oci_registry.remote.secret import ConcealedText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REGISTRY = Variable(
    "STRATA_REGISTRY_HOST",
    "the registry that the following are for; they are sent to no other",
    form="`host`, `host:port`",
)
_USERNAME = Variable("STRATA_REGISTRY_USERNAME", "who publishes, together with a password", form="a name")
_PASSWORD = Variable(
    "STRATA_REGISTRY_PASSWORD", "the password, or a token that stands for one", form="a secret"
)
_IDENTITY_TOKEN = Variable(
    "STRATA_REGISTRY_IDENTITY_TOKEN",
    "instead of both: a refresh token of OAuth 2, as `docker login` keeps it for some registries",
    form="a secret",
)
_TOKEN = Variable(
    "STRATA_REGISTRY_TOKEN", "instead of all: a token that the registry takes as it is", form="a secret"
)
_SECRETS = (_USERNAME, _PASSWORD, _IDENTITY_TOKEN, _TOKEN)
VARIABLES = (_REGISTRY, *_SECRETS)
"""The variables with a login, in the order of the documentation."""


class CredentialSource(Protocol):
    """Somewhere logins are looked up: a file, the environment, a test's dictionary."""

    def find(self, registry: str, repository: str) -> Login | None:
        """Return the login for `registry/repository`; None if there is none here."""


CredentialSources: TypeAlias = "tuple[CredentialSource, ...]"


@dataclass(frozen=True)
class EnvironmentLogin:
    """The login of the STRATA_REGISTRY_* variables. They belong to one registry and are sent to no other."""

    environ: Mapping[str, str]

    def find(self, registry: str, repository: str) -> Login | None:  # noqa: ARG002 (one login a registry)
        """Return the login if the variables are for this registry.

        Raises CredentialError if they name no registry, or a user without a password.
        """
        given = [one.name for one in _SECRETS if self.environ.get(one.name)]
        if not given:
            return None
        host = self.environ.get(_REGISTRY.name, "")
        if not host:
            raise CredentialError(
                f"{given[0]} is set, but not {_REGISTRY.name}",
                detail="credentials are only sent to the registry that they are for",
                advice=f"set {_REGISTRY.name}={registry}",
            )
        return self._login() if registry_name(host) == registry else None

    def _login(self) -> Login:
        source = "the STRATA_REGISTRY_* variables"
        username = self.environ.get(_USERNAME.name, "")
        if token := self.environ.get(_TOKEN.name):
            return RegistryToken(ConcealedText(token.strip()), source)
        if token := self.environ.get(_IDENTITY_TOKEN.name):
            return IdentityToken(ConcealedText(token.strip()), source)
        password = self.environ.get(_PASSWORD.name, "")
        if not username or not password:
            raise CredentialError(f"{_USERNAME.name} and {_PASSWORD.name} are only useful together")
        return Password(username, ConcealedText(password), source)


@dataclass(frozen=True)
class Keychain:
    """Credential sources, asked one after the other."""

    sources: CredentialSources = ()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Keychain:
        """Return the usual places. Raises CredentialError if REGISTRY_AUTH_FILE does not exist."""
        files = (AuthFile(path, environ) for path in _auth_files(environ))
        return cls((EnvironmentLogin(environ), *files))

    def find(self, registry: str, repository: str) -> Login | None:
        """Return the first login found for `registry/repository`, else None (anonymous)."""
        for source in self.sources:
            login = source.find(registry, repository)
            if login is not None:
                return login
        return None


class Nobody:
    """A source of credentials without any: to see what everybody sees."""

    def find(self, registry: str, repository: str) -> Login | None:  # noqa: ARG002 (none, wherever)
        """Return no credentials."""
        return None


def _auth_files(environ: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environ["HOME"]) if environ.get("HOME") else None
    if explicit := environ.get("REGISTRY_AUTH_FILE"):
        yield _existing(Path(explicit))
    if directory := environ.get("DOCKER_CONFIG"):
        yield Path(directory, "config.json")
    if directory := environ.get("XDG_RUNTIME_DIR"):
        yield Path(directory, "containers", "auth.json")
    if directory := environ.get("XDG_CONFIG_HOME"):
        yield Path(directory, "containers", "auth.json")
    elif home is not None:
        yield home / ".config" / "containers" / "auth.json"
    if home is not None and not environ.get("DOCKER_CONFIG"):
        yield home / ".docker" / "config.json"


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise CredentialError(
            "REGISTRY_AUTH_FILE names a file that does not exist",
            advice="log in to create it, or unset the variable",
            file=path,
        )
    return path
