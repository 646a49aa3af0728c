"""Lists that come page by page: the Link header (RFC 8288)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin

from oci_registry.errors import RegistryError, RejectedError, UnsafeRedirectError
from oci_registry.remote.address import origin, stay_secure
from oci_registry.remote.error_answers import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oci_registry.remote.response import Reply
    from oci_registry.remote.transport import Transport

_PAGE = 1000
_MOST_PAGES = 1_000
_BAD_REQUEST = 400
_LINK = re.compile(r'<([^>]*)>((?:[ \t]*;[ \t]*[^;,"]+(?:"[^"]*")?)*)')
_NEXT = re.compile(r'(?:^|;)\s*rel\s*=\s*"?next"?\s*(?:;|$)', re.IGNORECASE)


def pages(
    transport: Transport, path: str, ask: Callable[[str], Reply | None], *, what: str
) -> Iterator[Reply]:
    """Ask for a list, page by page, until `ask` has none or the list ends.

    The pages are large ones; a registry that allows only smaller ones chooses. Raises RegistryError if the
    list (`what`, for people) does not end, and what `ask` raises.
    """
    try:
        reply = ask(f"{path}?{urlencode({'n': _PAGE})}")
    except RejectedError as error:
        if error.status != _BAD_REQUEST:
            raise
        reply = ask(path)
    for number in range(1, _MOST_PAGES + 1):
        if reply is None:
            return
        yield reply
        url = next_page(transport, reply)
        if url is None:
            return
        reply = ask(url) if number < _MOST_PAGES else None
    raise RegistryError(f"{what} does not end")


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
