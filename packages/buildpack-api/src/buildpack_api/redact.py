"""Texts without secrets: credentials in URLs never reach a log, nor do secrets that were made known."""

from __future__ import annotations

import re

_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*://)"
# User information ends at the last "@" before the path: a password may itself contain one ...
_USER_INFO = re.compile(_SCHEME + r"[^\s/?#'\"<>]*@")
# ... and, wrongly but in practice, also a "/". What follows "host:" as a port is left alone.
_USER_INFO_WITH_SLASH = re.compile(_SCHEME + r"[^\s/?#:@'\"<>]*:(?!\d+[/?#])[^\s@'\"<>]*@")
# What has only the name of a variable in the place of a secret says which one was not filled in.
_NAME = r"\$\{\w+\}"
_ONLY_NAMES = re.compile(rf"{_SCHEME}({_NAME}:?)?({_NAME})@")
_SENSITIVE = "token|secret|password|passwd|signature|credential|key"
_QUERY = re.compile(rf"([?&][^\s=&]*(?:{_SENSITIVE})=)(?!{_NAME}([\s&#'\"<>]|$))[^\s&#'\"<>]+", re.IGNORECASE)

_SHORTEST = 6  # characters; what is shorter is a common word, and guessed anyway
_secrets: set[str] = set()


def redact(text: str) -> str:
    """Return ``text`` without credentials of URLs (``https://***@host/path?token=***``) and without secrets.

    The secrets are those that `hide` was told.
    """
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return without_credentials(text)


def without_credentials(text: str) -> str:
    """Return ``text`` without credentials of URLs, whatever `hide` was told: for what is compared."""
    for pattern in (_USER_INFO, _USER_INFO_WITH_SLASH):
        text = pattern.sub(
            lambda match: match[0] if _ONLY_NAMES.fullmatch(match[0]) else f"{match[1]}***@", text
        )
    return _QUERY.sub(r"\1***", text)


def _hidden(address: re.Match[str]) -> str:
    return address[0] if _ONLY_NAMES.fullmatch(address[0]) else f"{address[1]}***@"


def hide(secret: str) -> None:
    """Replace ``secret`` in all that is printed from now on.

    One shorter than 6 characters is left alone, and so is the name of a variable that was not filled in.
    """
    if len(secret) >= _SHORTEST and not re.fullmatch(_NAME, secret):
        _secrets.add(secret)


def hide_credentials(text: str) -> None:
    """Hide the password, or the token, of every web address in ``text``, as it is written and decoded."""
    for match in _USER_INFO.finditer(text):
        scheme, _, rest = match[0].partition("://")
        username, _, password = rest.removesuffix("@").partition(":")
        if scheme.lower().endswith(("http", "https")):
            from urllib.parse import unquote  # noqa: PLC0415  (only for those who have a password)

            hide(password or username)
            hide(unquote(password or username))
