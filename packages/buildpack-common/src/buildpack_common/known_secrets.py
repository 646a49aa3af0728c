"""The secrets that a build knows: the passwords and tokens of bindings and addresses.

An address is anything with ``scheme://``. Secret in it is the password before the host, the user name if it
stands there alone as a token, and in the query what has a telling name (``?token=``). A ``${NAME}`` that
stands in one of these places, or anywhere in the query, is filled in first; one that stands elsewhere
(``flask==${VERSION}``) is no secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_common.redaction import hide, hide_beginning, user_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

SHORTEST = 8
"""Characters of a value that is looked for on its own; a shorter one is a common word."""

_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>[^\s'\"<>]*)")
_REFERENCE = re.compile(r"\$\{\w+\}")
# Narrower than what is kept out of logs: nobody minds a keyword that is missing there, but a build that
# fails for it.
_TELLING = re.compile(
    r"token|secret|passw|signature|credential|(^|[_.-]|api|access)key$|^sig$", re.IGNORECASE
)
# Words that stand where a token could, and that everybody knows: names for "anybody" and "see the password".
_PUBLIC_NAMES = frozenset({
    "__token__", "anonymous", "aws", "git", "gitlab-ci-token", "guest", "hg", "oauth2", "oauth2accesstoken",
    "x-access-token", "x-token-auth",
})  # fmt: skip
# The other way round: a password that says "the user name is the token".
_PUBLIC_PASSWORDS = frozenset({"x-oauth-basic"})
_PROXIES = frozenset({"ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "PIP_PROXY"})
# Of pip, of git, and of other managers of packages, which the same platform may be set up for.
_PREFIXES = ("PIP_", "GIT_CONFIG_", "PDM_", "PIPENV_", "POETRY_", "TWINE_", "UV_")
_LOGINS = re.compile(
    r"POETRY_HTTP_BASIC_\w+_PASSWORD|POETRY_PYPI_TOKEN_\w+|PDM_PUBLISH_PASSWORD|TWINE_PASSWORD|"
    r"UV_INDEX_\w+_PASSWORD|UV_PUBLISH_(?:PASSWORD|TOKEN)"
)


@dataclass(frozen=True)
class KnownSecret:
    """A value that nobody may find afterwards.

    ``source`` says for people where it is from, without any part of it. ``before`` and ``after`` are what
    it stands between in an address: ``user:`` and ``@``; ``//`` and ``@`` if it is alone before the host;
    ``name=`` and nothing in a query.
    """

    value: str = field(repr=False)
    source: str
    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)

    @property
    def alone(self) -> bool:
        """Whether it is a token, or only a user name whose password is somewhere else."""
        return (self.before, self.after) == ("//", "@")


def login_secrets(username: str, password: str, source: str) -> tuple[KnownSecret, ...]:
    """Return what is secret of a user name and its password; without one the name is the token."""
    if password and password not in _PUBLIC_PASSWORDS:
        return _usable([KnownSecret(password, source, f"{username}:", "@")])
    if username in _PUBLIC_NAMES:
        return ()
    return _usable([KnownSecret(username, source, "//", f":{password}@" if password else "@")])


def address_secrets(
    text: str, source: str, *, expand: Callable[[str], str] = lambda text: text
) -> tuple[KnownSecret, ...]:
    """Return the secrets of all addresses in ``text``, as they are written and decoded.

    ``expand`` fills in each ``${NAME}`` that it knows. What it leaves stays one, and is no secret.
    """
    if "://" not in text and "${" not in text:
        return ()
    filled = expand(text)  # a variable may hold a whole address, or user and host
    found = [
        one
        for written in dict.fromkeys([text, filled])
        for match in _ADDRESS.finditer(written)
        for one in _of_address(match["scheme"], match["rest"], source, expand)
    ]
    return _distinct(_usable(found))


def environment_secrets(environment: Mapping[str, str]) -> tuple[KnownSecret, ...]:
    """Return the secrets that pip, other managers, git and all that fetches find in variables.

    They are in addresses; that of a proxy may lack its scheme: ``user:password@host:3128``. Other managers
    have variables for a password alone, too.
    """
    found: list[KnownSecret] = []
    for name, value in sorted(environment.items()):
        is_proxy = name.upper() in _PROXIES
        if is_proxy or name.startswith(_PREFIXES):
            address = f"http://{value}" if is_proxy and "@" in value and "://" not in value else value
            found += address_secrets(address, f"the address in {name}")
        if value and _LOGINS.fullmatch(name):
            user = environment.get(f"{name.removesuffix('PASSWORD')}USERNAME", "")
            found += login_secrets(user, value, name) if user else _usable([KnownSecret(value, name)])
    return tuple(found)


def hide_environment(environment: Mapping[str, str]) -> None:
    """Hide the secrets of such variables in all that is printed from now on."""
    environment_secrets(environment)


def without_names(
    secrets: Iterable[KnownSecret], names: Iterable[str], *, asked: bool
) -> tuple[KnownSecret, ...]:
    """Leave out what is only a user name, and what is there twice.

    ``names`` are those with a password of their own; ``asked``: a keyring is asked for the passwords of
    others.
    """
    known = set(names)
    return _distinct(one for one in secrets if not (one.alone and (asked or one.value in known)))


def _of_address(scheme: str, rest: str, source: str, expand: Callable[[str], str]) -> Iterator[KnownSecret]:
    address = rest.partition("#")[0]
    at = user_end(address)
    user = address[: max(at, 0)]
    if at >= 0:
        username, colon, password = user.partition(":")
        if not colon:  # both may be in one variable
            filled = expand(user).partition(":")
            username, password = (filled[0], filled[2]) if filled[1] else (user, "")
        yield from _of_user(username, password, scheme, source, expand)
    query = address[at + 1 :].partition("?")[2]
    if query:
        for pair in query.split("&"):
            yield from _of_query(pair, source, expand)


def _of_user(
    username: str, password: str, scheme: str, source: str, expand: Callable[[str], str]
) -> Iterator[KnownSecret]:
    from urllib.parse import unquote  # only for those who have a password

    named = _named(source, password or username, expand)
    # Before the host of ssh, say, a name alone is just that.
    if password or scheme.lower().endswith(("http", "https")):
        user, word = expand(username), expand(password)
        yield from login_secrets(user, word, named)
        yield from login_secrets(unquote(user), unquote(word), named)
        yield from (KnownSecret(part, named) for part in _parts(password, expand))
        hide_beginning(word)


def _of_query(pair: str, source: str, expand: Callable[[str], str]) -> Iterator[KnownSecret]:
    name, equals, value = pair.rpartition("=")
    telling = _TELLING.search(name) is not None
    if telling or _REFERENCE.search(value):
        from urllib.parse import unquote_plus  # few addresses have such a query

        named = _named(source, value, expand)
        texts = [expand(value), unquote_plus(expand(value)), *_parts(value, expand)]
        # "?raw=${RAW}" is no secret because it is a variable; one of some length may be.
        yield from (
            KnownSecret(one, named, name + equals) for one in texts if telling or len(one) >= SHORTEST
        )


def _parts(template: str, expand: Callable[[str], str]) -> list[str]:
    """Return the value of each ``${NAME}`` that is only a part of it."""
    return [expand(one) for one in _REFERENCE.findall(template) if one != template]


def _named(source: str, template: str, expand: Callable[[str], str]) -> str:
    """Name the variables before the place."""
    names = dict.fromkeys(one[2:-1] for one in _REFERENCE.findall(template) if expand(one) != one)
    return f"{' and '.join(names)} in {source}" if names else source


def _usable(secrets: Iterable[KnownSecret]) -> tuple[KnownSecret, ...]:
    """Leave out what only stands for a secret, and hide the rest in all that is printed."""
    kept = tuple(one for one in secrets if one.value.strip("*") and not _REFERENCE.search(one.value))
    for one in kept:
        hide(one.value)
    return kept


def _distinct(secrets: Iterable[KnownSecret]) -> tuple[KnownSecret, ...]:
    return tuple({(one.value, one.before, one.after): one for one in reversed(tuple(secrets))}.values())[::-1]
