"""The kinds of logins a registry may be given."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from oci_registry.remote.secret import ConcealedText


@dataclass(frozen=True)
class Password:
    """A user and a password, to send or to fetch a token with. `source` says where they come from."""

    username: str
    password: ConcealedText
    source: str

    def basic(self) -> str:
        """Return the value of an Authorization header (RFC 7617, as UTF-8)."""
        pair = f"{self.username}:{self.password.reveal()}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")


@dataclass(frozen=True)
class IdentityToken:
    """A refresh token, exchanged for short tokens at the token server (OAuth 2)."""

    token: ConcealedText
    source: str


@dataclass(frozen=True)
class RegistryToken:
    """A bearer token that is sent as it is."""

    token: ConcealedText
    source: str


Login: TypeAlias = "Password | IdentityToken | RegistryToken"
