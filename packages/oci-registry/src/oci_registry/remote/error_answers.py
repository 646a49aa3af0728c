"""Which error an answer of a registry means, and what of its text may be shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from buildpack_common.parsing import parse_json
from buildpack_common.terminal_text import one_line
from oci_registry.errors import (
    AccessDeniedError,
    NoSpaceError,
    NotFoundError,
    RegistryConflictError,
    RegistryError,
    RejectedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Enough for people; a registry may send anything (the whole body is capped before it gets here).
LONGEST_MESSAGE = 500
# Temporary like every 5xx: a time-out, too many requests, and what proxies say when they lost a side (499).
RETRYABLE_STATUS = frozenset({408, 429, 499})
_FIRST_SERVER_ERROR = 500
_INSUFFICIENT_STORAGE = 507
# What else a full registry answers, and how it says so: there is no code for it. (A 429 is about requests.)
_MAY_BE_FULL = frozenset({400, 403, 412, 413})
_NO_SPACE = re.compile(
    r"\bquota\b|storage (limit|resource)|insufficient storage|no space left", re.IGNORECASE
)
_NO_SPACE_ADVICE = "The registry has no room for it: free some, or have the quota raised, and run this again."


def redacted(url: str) -> str:
    """Return a URL without what may be secret: user, password, query, fragment."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "(unreadable URL)"
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{port}{parts.path}" if parts.scheme else parts.path


def server_text(text: str, *, secrets: Iterable[str] = ()) -> str:
    """Return a server's text fit to print: secrets replaced, no control characters, shortened."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = one_line("".join(character if character.isprintable() else " " for character in text))
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " ..."


def error_codes(body: bytes) -> tuple[tuple[str, ...], str]:
    """Read `{"errors": [{"code", "message"}]}`: codes and a text for people; another body is that text."""
    try:
        document = parse_json(body)
    except ValueError:
        return (), body.decode("utf-8", "replace").strip()
    found = document.get("errors") if isinstance(document, dict) else None
    entries = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    codes = tuple(str(entry["code"]) for entry in entries if entry.get("code"))
    texts = [": ".join(str(entry[key]) for key in ("code", "message") if entry.get(key)) for entry in entries]
    return codes, "; ".join(text for text in texts if text)


def error_for(
    method: str,
    url: str,
    status: int,
    body: bytes,
    *,
    retry_after: float | None = None,
    secrets: Iterable[str] = (),
) -> RegistryError:
    """Make the error of an answer that was not expected."""
    codes, text = error_codes(body)
    title = f"{method} {redacted(url)} answered {status}"
    detail = server_text(text, secrets=secrets)
    if status == _INSUFFICIENT_STORAGE or (status in _MAY_BE_FULL and _NO_SPACE.search(text)):
        return NoSpaceError(title, detail=detail, advice=_NO_SPACE_ADVICE, status=status, codes=codes)
    if status in RETRYABLE_STATUS or status >= _FIRST_SERVER_ERROR:
        return UnavailableError(
            title, detail=detail, status=status, codes=codes, transient=True, retry_after=retry_after
        )
    kinds: Mapping[int, type[RegistryError]] = {
        401: AccessDeniedError,
        403: AccessDeniedError,
        404: NotFoundError,
        409: RegistryConflictError,
        412: RegistryConflictError,
    }
    return kinds.get(status, RejectedError)(title, detail=detail, status=status, codes=codes)
