"""Lists that come page by page: the Link header (RFC 8288)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from oci_registry.errors import UnsafeRedirectError
from oci_registry.remote.address import origin, stay_secure
from oci_registry.remote.error_answers import redacted

if TYPE_CHECKING:
    from oci_registry.remote.response import Reply
    from oci_registry.remote.transport import Transport

_LINK = re.compile(r'<([^>]*)>((?:[ \t]*;[ \t]*[^;,"]+(?:"[^"]*")?)*)')
_NEXT = re.compile(r'(?:^|;)\s*rel\s*=\s*"?next"?\s*(?:;|$)', re.IGNORECASE)


def next_link(header: str) -> str | None:
    """Return the target of the link whose relation is `next`."""
    for match in _LINK.finditer(header):
        if _NEXT.search(match[2]):
            return match[1]
    return None


def next_page(transport: Transport, reply: Reply) -> str | None:
    """Return the URL of the next page. Raises UnsafeRedirectError if it is not on the registry itself."""
    link = next_link(reply.headers.get("Link", ""))
    if link is None:
        return None
    url = stay_secure(transport.base(), urljoin(reply.url, link))
    if origin(url) != origin(transport.base()):
        raise UnsafeRedirectError(f"the list goes on at another place: {redacted(url)}")
    return url
