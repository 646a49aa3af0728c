"""Guards at a registry's door."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from oci_registry.testing.loopback import Received, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

_INSUFFICIENT_STORAGE = 507


@dataclass(frozen=True)
class RequestedScope:
    """What a request is about to do: on which repository, and `pull`, `push` or `delete`."""

    repository: str
    action: str

    def __str__(self) -> str:
        actions = "pull,push" if self.action == "push" else self.action
        return f"repository:{self.repository}:{actions}"


class Guard(Protocol):
    """Decides about requests."""

    def refuse(self, request: Received, scopes: tuple[RequestedScope, ...]) -> Response | None:
        """Return the refusal, or None to let the request in."""


@dataclass(frozen=True)
class BasicGuard:
    """Lets users in with their passwords."""

    users: Mapping[str, str]

    def refuse(self, request: Received, scopes: tuple[RequestedScope, ...]) -> Response | None:  # noqa: ARG002
        """Refuse whoever is no user."""
        if basic_user(request.headers.get("authorization", ""), self.users) is not None:
            return None
        return Response.error(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="tests"')


@dataclass
class QuotaGuard:
    """Takes at most so many bytes of uploads, and then answers like registries that are full."""

    limit: int
    status: int = 403
    used: int = 0

    def refuse(self, request: Received, scopes: tuple[RequestedScope, ...]) -> Response | None:  # noqa: ARG002
        """Refuse an upload for which there is no room any more."""
        if "/blobs/uploads/" not in request.path or request.method not in ("PUT", "PATCH"):
            return None
        if self.used + len(request.body) > self.limit:
            if self.status == _INSUFFICIENT_STORAGE:
                return Response(self.status, {}, b"<html>Insufficient Storage</html>")
            text = "adding it will exceed the configured upper limit of the storage quota"
            return Response.error(self.status, "DENIED", text)
        self.used += len(request.body)
        return None


def basic_user(header: str, users: Mapping[str, str]) -> str | None:
    """Return the user of an Authorization header if the password is right."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return name if name in users and users[name] == password else None
