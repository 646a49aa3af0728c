"""Docker's `config.json` and podman's `auth.json`: one format, two habits of keys.

Docker writes `host`, `https://host`, `https://host/v1/`; podman writes `host` and
`host/namespace/repository`. Docker Hub is `https://index.docker.io/v1/` for the one and `docker.io` for the
other. The most special key wins; a helper configured for the host comes before what the file itself says of
the host.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from buildpack_common.parsing import parse_json
from oci_registry.errors import CredentialError
from oci_registry.reference import DOCKER_HUB, DOCKER_HUB_LOGIN
from oci_registry.remote.credential_helper import ask_helper
from oci_registry.remote.login import IdentityToken, Login, Password, RegistryToken
from oci_registry.remote.secret import ConcealedText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Under which names a helper may know a registry: some were logged in under the URL of an API.
_HELPER_NAMES = ("{}", "https://{}/v1/", "https://{}/v2/")
_DOCKER_HUB_KEY = "index.docker.io"


@dataclass(frozen=True)
class AuthFile:
    """A credentials file. It need not exist; `environ` is for the helpers it names."""

    path: Path
    environ: Mapping[str, str]

    def find(self, registry: str, repository: str) -> Login | None:
        """Return the login for `registry/repository`.

        Raises CredentialError (MissingHelperError) if the file is unreadable or a helper fails.
        """
        document = self._read()
        auths = {
            _key(name): entry for name, entry in _table(document, "auths").items() if isinstance(entry, dict)
        }
        for key in _repository_keys(registry, repository):
            login = self._login(auths.get(key))
            if login is not None:
                return login
        login = self._from_helper(document, registry)
        if login is not None:
            return login
        return self._login(auths.get(registry) or auths.get(_other_key(registry)))

    def _read(self) -> Mapping[str, object]:
        try:
            document = parse_json(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except NotADirectoryError:
            return {}
        except OSError as error:
            raise CredentialError(
                "cannot read the credentials file", detail=error.strerror or "", file=self.path
            ) from error
        except ValueError as error:  # its text would quote the file
            line = error.lineno if isinstance(error, json.JSONDecodeError) else None
            raise CredentialError("the credentials file is not JSON", file=self.path, line=line) from None
        if not isinstance(document, dict):
            raise CredentialError("the credentials file is not a JSON object", file=self.path)
        return document

    def _from_helper(self, document: Mapping[str, object], registry: str) -> Login | None:
        helpers = {_key(name): helper for name, helper in _table(document, "credHelpers").items()}
        helper = helpers.get(registry) or helpers.get(_other_key(registry)) or document.get("credsStore")
        if not helper:
            return None
        if not isinstance(helper, str):
            raise CredentialError("credHelpers and credsStore must be names", file=self.path)
        own = (DOCKER_HUB_LOGIN,) if registry == DOCKER_HUB else ()
        for name in (*own, *_HELPER_NAMES):
            login = ask_helper(helper, name.format(registry), environ=self.environ, configured_in=self.path)
            if login is not None:
                return login
        return None

    def _login(self, entry: Mapping[str, object] | None) -> Login | None:
        if not entry:
            return None
        source = str(self.path)
        for key, kind in (("registrytoken", RegistryToken), ("identitytoken", IdentityToken)):
            token = entry.get(key)
            if isinstance(token, str) and token:
                return kind(ConcealedText(token), source)
        username, password = entry.get("username"), entry.get("password")
        if isinstance(entry.get("auth"), str) and entry["auth"]:
            username, password = self._decode(str(entry["auth"]))
        if not isinstance(username, str) or not isinstance(password, str) or not username:
            return None
        return Password(username, ConcealedText(password), source)

    def _decode(self, auth: str) -> tuple[str, str]:
        try:
            text = base64.b64decode(auth, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            text = ""
        username, colon, password = text.partition(":")
        if not colon:
            raise CredentialError(
                "an entry's 'auth' is not the base64 of user:password", file=self.path
            ) from None
        return username, password.rstrip("\0")  # docker pads with NUL


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _repository_keys(registry: str, repository: str) -> Iterator[str]:
    """Return `host/a/b/c`, `host/a/b`, `host/a`: the most special first."""
    parts = repository.split("/")
    for count in range(len(parts), 0, -1):
        yield "/".join((registry, *parts[:count]))


def _other_key(registry: str) -> str:
    """Return the other name by which a file may know a registry: Docker Hub's is its former index."""
    return _DOCKER_HUB_KEY if registry == DOCKER_HUB else registry


def _key(name: str) -> str:
    """Bring a key to `host[/path]`: without a scheme, without the API's version as path."""
    if "://" not in name:
        return name.rstrip("/").removesuffix("/v1").removesuffix("/v2")
    try:
        parts = urlsplit(name)
    except ValueError:
        return name
    path = parts.path.rstrip("/")
    return parts.netloc + ("" if path in ("/v1", "/v2") else path)
