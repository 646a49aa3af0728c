"""Texts without secrets: credentials in URLs never reach a log."""

from __future__ import annotations

import re

_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*://)"
# User information ends at the last "@" before the path: a password may itself contain one ...
_USER_INFO = re.compile(_SCHEME + r"[^\s/?#'\"<>]*@")
# ... and, wrongly but in practice, also a "/". What follows "host:" as a port is left alone.
_USER_INFO_WITH_SLASH = re.compile(_SCHEME + r"[^\s/?#:@'\"<>]*:(?!\d+[/?#])[^\s@'\"<>]*@")
_SENSITIVE = "token|secret|password|passwd|signature|credential|key"
_QUERY = re.compile(rf"([?&][^\s=&]*(?:{_SENSITIVE})=)[^\s&#'\"<>]+", re.IGNORECASE)


def redact(text: str) -> str:
    """Return ``text`` without credentials of URLs: ``https://***@host/path?token=***``."""
    for pattern in (_USER_INFO, _USER_INFO_WITH_SLASH):
        text = pattern.sub(r"\1***@", text)
    return _QUERY.sub(r"\1***", text)
