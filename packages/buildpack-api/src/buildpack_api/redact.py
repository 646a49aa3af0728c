"""Texts without secrets: credentials in URLs never reach a log."""

from __future__ import annotations

import re

# User information ends at the last "@" before the path: a password may itself contain one.
_USER_INFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#'\"<>]*@")


def redact(text: str) -> str:
    """Return ``text`` with the user information of every URL in it replaced: ``https://***@host/path``."""
    return _USER_INFO.sub(r"\g<scheme>***@", text)
