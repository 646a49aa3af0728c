"""Taking secrets out of text that will be shown."""

from __future__ import annotations

import re

_USER_INFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s\"'<>]*@")
_SECRET_QUERY = re.compile(
    r"([?&;](?:x-[a-z]+-)?(?:access[_-]?token|api[_-]?key|auth|credential|key|password|secret|security-token|sig"
    r"|signature|token)=)[^&;#\s\"'<>]+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Replace user names and passwords in URLs, and secrets among their query parameters, by `***`."""
    return _SECRET_QUERY.sub(r"\1***", _USER_INFO.sub(r"\1***@", text))
