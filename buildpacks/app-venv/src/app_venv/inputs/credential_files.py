"""Files in which tools of people keep passwords: where one is in the app, it goes into the image with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from buildpack_common.known_secrets import address_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# netrc and .pypirc; what CI systems write into the configuration of a checkout.
_LOGIN = re.compile(
    r"(?im)^[^#\n]*\b(?:password[ \t]*[=: \t]|extraheader[ \t]*=[ \t]*authorization:)[ \t]*(?![\s$=:])"
)
_TOKEN = 20  # characters; what is shorter and alone before a host is the name of a user


def with_password(files: Iterable[Path]) -> list[Path]:
    """Return those that hold a password or token."""
    return [path for path in files if _holds_one(path)]


def _holds_one(path: Path) -> bool:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return False
    addresses = address_secrets(text, path.name)
    return _LOGIN.search(text) is not None or any(
        len(one.value) >= _TOKEN or not one.alone for one in addresses
    )
