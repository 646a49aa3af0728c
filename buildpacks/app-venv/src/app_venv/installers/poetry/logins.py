"""Passwords and tokens in Poetry's own files: ``[http-basic.<name>]`` and ``[pypi-token]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_common.known_secrets import login_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.known_secrets import KnownSecret


def login_file_secrets(path: Path) -> tuple[KnownSecret, ...]:
    """Return what is secret in such a file; one that Poetry cannot read either has nothing."""
    try:
        document = toml.load(path)
    except toml.TomlError:
        return ()
    logins, tokens = (document.get(name) for name in ("http-basic", "pypi-token"))
    pairs = [
        (str(one.get("username", "")), str(one.get("password", "")))
        for one in (logins.values() if isinstance(logins, dict) else ())
        if isinstance(one, dict)
    ]
    pairs += [("__token__", str(one)) for one in (tokens.values() if isinstance(tokens, dict) else ())]
    return tuple(secret for pair in pairs for secret in login_secrets(*pair, str(path)))
