"""A request to the CNB registry: an issue whose title and body its workflow reads."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from buildpack_common.parsing import parse_toml

_FENCE = "```"


@dataclass(frozen=True)
class RegistrationRequest:
    """A request to add a version of a buildpack; `address` is `registry/repository@sha256:...`."""

    id: str
    version: str
    address: str

    @property
    def title(self) -> str:
        """The title of the issue, by which the workflow knows what is wanted."""
        return f"ADD {self}"

    @property
    def body(self) -> str:
        """The text of the issue. The fence names no language: only its backticks are taken off."""
        lines = (f'id = "{self.id}"', f'version = "{self.version}"', f'addr = "{self.address}"')
        return "\n".join((_FENCE, *lines, _FENCE))

    def page(self, web: str, repository: str) -> str:
        """Return the address of the page for a new issue, filled in, for whoever opens it by hand."""
        query = urlencode({"title": self.title, "body": self.body}, quote_via=quote)
        return f"{web}/{repository}/issues/new?{query}"

    def __str__(self) -> str:
        return f"{self.id}@{self.version}"


def address_in(body: str) -> str:
    """Return the address that the text of an issue asks for; "" if it cannot be read as a request."""
    try:
        found = parse_toml(body.replace("\r\n", "\n").replace(_FENCE, "")).get("addr")
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""
