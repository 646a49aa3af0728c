"""A netrc file: how pip is told a password so that it is in no address, command line or message of pip.

pip hands index addresses with their credentials to the pip that it starts for a build environment, on its
command line. A file named by ``NETRC`` it only reads (pip documentation, 'Authentication').
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from buildpack_common.redaction import hide

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUOTES_SINCE = (3, 11)  # the netrc of older Pythons takes every character as it is


def entry(host: str, username: str, password: str, *, minor: str) -> str:
    """Return the entry for a host, in the dialect of the Python ``minor`` (X.Y) that runs pip.

    Raises ConfigurationError for what that Python cannot read, or what HTTP cannot carry.
    """
    words = [_word(text, minor) for text in (host, username, password)]
    return "machine {} login {} password {}\n".format(*words)


def users_netrc(environment: Mapping[str, str]) -> str:
    """Return what pip would read without us; empty if there is nothing, or nothing that pip could read."""
    path = users_file(environment)
    try:
        return path.read_text("utf-8") if path else ""
    except (OSError, UnicodeDecodeError):
        return ""  # pip passes over it as well


def users_file(environment: Mapping[str, str]) -> Path | None:
    """Return ``$NETRC``, else ``~/.netrc``, if it is there."""
    home = environment.get("HOME", "")
    places = [environment["NETRC"]] if "NETRC" in environment else [f"{home}/.netrc", f"{home}/_netrc"]
    return next((Path(place) for place in places if os.path.isfile(place)), None)  # noqa: PTH113  (may be "")


def logins(path: Path) -> tuple[tuple[str, str, str], ...]:
    """Return host, user name and password of each entry; nothing if pip could not read the file, either."""
    import netrc  # only for those who have one

    try:
        found = netrc.netrc(str(path)).hosts
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError):
        return ()
    return tuple((host, entry[0], entry[2] or "") for host, entry in found.items())


def check(path: Path, *, name: str) -> None:
    """Raise ConfigurationError if ``path`` is no netrc file: pip would silently do without it.

    Its passwords are hidden from then on.
    """
    import netrc  # only for those who have one

    try:
        found = netrc.netrc(str(path))
    except netrc.NetrcParseError as error:
        # The message of the parser quotes what it read, which may be the password.
        place = f"line {error.lineno}" if error.lineno else "its end"
        raise _broken(name, f"The entry at {place} is not complete or not understood.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _broken(name, type(error).__name__) from None
    for _, _, password in found.hosts.values():
        hide(password or "")


def _broken(name: str, detail: str) -> ConfigurationError:
    return ConfigurationError(
        f"{name} is not a netrc file",
        detail=detail,
        advice="Write one line for each host: machine HOST login USER password PASSWORD",
    )


def _word(text: str, minor: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise _unusable("Characters other than printable ASCII", "")
    if tuple(int(part) for part in minor.split(".")) >= _QUOTES_SINCE:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if not text or " " in text:
        raise _unusable("A blank, or an empty user name or password,", f" with Python {minor}")
    return text


def _unusable(what: str, where: str) -> ConfigurationError:
    return ConfigurationError(
        "The user name or password for the package index cannot be given to pip",
        detail=f"{what} cannot be passed on{where}.",
        advice="Use an access token of letters, digits and signs; where the index takes a token alone, "
        "give it as the password of the user __token__, or as the index describes.",
    )
