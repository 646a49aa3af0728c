"""Service bindings for package indexes: what they say, put together.

``ca-certificates`` is trusted for everything, and ``git_access`` has what is for git alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api import netrc_file
from buildpack_api.bindings import CA_CERTIFICATES, find_bindings
from buildpack_api.errors import ConfigurationError
from buildpack_api.index_access import IndexAccess, IndexLogin
from buildpack_common.redaction import hide, hide_credentials, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from buildpack_api.bindings import Binding
    from buildpack_api.git_access import GitAccess

INDEX_BINDINGS = {
    "pypi": "`index-url`, `extra-index-url` (several with blanks between), `username`, `password`, `ca.crt`,"
    " and those of `netrc` and `pip`",
    "netrc": "`netrc` or `.netrc`",
    "pip": "`pip.conf`, used where it is",
}
"""The types of bindings for package indexes, and what the entries of each are."""
_NETRC_NAMES = (".netrc", "netrc")
_SCHEMES = ("http", "https")
_ADDRESSES = (
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_PROXY", "HTTPS_PROXY", "HTTP_PROXY",
    "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy",
)  # fmt: skip


def read_index_access(bindings: Iterable[Binding], environment: Mapping[str, str]) -> IndexAccess:
    """Put together what the bindings of these types say.

    Raises ConfigurationError, without any secret, for an entry that cannot be used, for two bindings that
    say different things, and if a variable of ``environment`` sets what a binding sets as well.
    """
    for name in _ADDRESSES:  # a build backend may print its environment
        hide_credentials(environment.get(name, ""))
    bindings = tuple(bindings)
    ours = [binding for type_ in INDEX_BINDINGS for binding in find_bindings(bindings, type_)]
    parts = [_read(binding, environment) for binding in ours]
    access = IndexAccess(
        names=tuple(binding.name for binding in ours),
        variables=_merge(parts),
        logins=_distinct(login for part in parts for login in part.logins),
        netrc_files=tuple(path for part in parts for path in part.netrc_files),
        certificates=tuple(path for part in parts for path in part.certificates),
        authorities=_authorities(bindings),
        git=_git(bindings, environment),
    )
    _refuse_both(access, environment)
    return access


def _read(binding: Binding, environment: Mapping[str, str]) -> IndexAccess:
    variables, logins, hosts = {}, list[IndexLogin](), list[str]()
    netrcs = [binding.secrets[name] for name in _NETRC_NAMES if name in binding.secrets]
    for path in netrcs:
        netrc_file.check(path, name=f"The entry {path.name!r} of the binding {binding.name!r}")
    if "pip.conf" in binding.secrets:
        variables["PIP_CONFIG_FILE"] = str(binding.secrets["pip.conf"])
    certificates: tuple[Path, ...] = ()
    if binding.type.lower() == "pypi":
        for entry in ("index-url", "extra-index-url"):
            addresses = [_address(text, binding) for text in _text(binding, entry).split()]
            if addresses:
                variables[f"PIP_{entry.replace('-', '_').upper()}"] = " ".join(
                    plain for plain, _ in addresses
                )
                logins += [login for _, login in addresses if login]
                hosts = hosts or [_host(plain) for plain, _ in addresses]
        logins += _logins(binding, hosts or _hosts_of(environment))
        certificates = _certificates(binding)
    _check_used(binding, variables, logins, netrcs, certificates)
    return IndexAccess((binding.name,), variables, tuple(logins), tuple(netrcs), certificates)


def _logins(binding: Binding, hosts: Iterable[str]) -> list[IndexLogin]:
    """Credentials are for the host of index-url, else of extra-index-url, else of the user's variables."""
    username, password = _text(binding, "username"), _text(binding, "password")
    if not username and not password:
        return []
    if not username:
        raise _error(binding, "has a password and no username", "Add a file 'username': __token__ for many.")
    hide(password or username)
    found = [IndexLogin(host, username, password, binding.name) for host in dict.fromkeys(hosts)]
    if not found:
        raise _error(
            binding, "has a username and no index-url", "Add the address of the index that it is for."
        )
    return found


def _address(text: str, binding: Binding) -> tuple[str, IndexLogin | None]:
    """Return the address without credentials, and these."""
    from urllib.parse import unquote, urlsplit  # only for those who have a binding

    hide_credentials(text)
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", None
    if parts is None or parts.scheme not in _SCHEMES or not host:
        raise _error(binding, f"has an index address that is none: {redact(text)}", "It begins with https://")
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if parts.username is None:
        return plain, None
    return plain, IndexLogin(host, unquote(parts.username), unquote(parts.password or ""), binding.name)


def _git(bindings: Iterable[Binding], environment: Mapping[str, str]) -> GitAccess | None:
    if not any(binding.type.lower().startswith("git-") for binding in bindings):
        return None
    from buildpack_api.git_access import read_git_access  # few have such a binding

    return read_git_access(bindings, environment)


def _authorities(bindings: Iterable[Binding]) -> tuple[Path, ...]:
    """Return the certificates that are trusted for everything (type ``ca-certificates``)."""
    found: list[Path] = []
    for binding in find_bindings(bindings, CA_CERTIFICATES):
        for name, path in binding.secrets.items():
            if b"-----BEGIN CERTIFICATE-----" not in binding.read(name):
                raise ConfigurationError(
                    f"{name!r} in the ca-certificates binding {binding.name!r} is not a certificate",
                    advice="It must hold one or more certificates in PEM format.",
                )
            found.append(path)
    return tuple(found)


def _certificates(binding: Binding) -> tuple[Path, ...]:
    path = binding.secrets.get("ca.crt")
    if path is None:
        return ()
    if b"-----BEGIN CERTIFICATE-----" not in binding.read("ca.crt"):
        raise _error(binding, "has a ca.crt without a certificate", "It holds certificates in PEM form.")
    return (path,)


def _merge(parts: Iterable[IndexAccess]) -> dict[str, str]:
    """Join extra indexes; anything else may be said once only."""
    merged: dict[str, str] = {}
    for part in parts:
        for name, value in part.variables.items():
            if name == "PIP_EXTRA_INDEX_URL" and name in merged:
                merged[name] += f" {value}"
            elif merged.setdefault(name, value) != value:
                raise ConfigurationError(
                    f"Two bindings set {name}, differently",
                    detail=f"One of them is {part.names[0]!r}.",
                    advice="Leave it in one of them; further indexes are extra-index-url.",
                )
    return merged


def _distinct(logins: Iterable[IndexLogin]) -> tuple[IndexLogin, ...]:
    found: dict[str, IndexLogin] = {}
    for login in logins:
        if found.setdefault(login.host, login) != login:
            raise ConfigurationError(
                f"There are different credentials for the host {login.host}",
                detail="pip takes one user name and password for all indexes of a host.",
                advice="Use a user who may read all of them.",
            )
    return tuple(found.values())


def _refuse_both(access: IndexAccess, environment: Mapping[str, str]) -> None:
    given = {*access.variables, *(["PIP_CERT"] if access.certificates else [])}
    both = sorted(name for name in given if environment.get(name))
    if both:
        raise ConfigurationError(
            f"Set by a variable and by a binding: {', '.join(both)}",
            detail=f"Bindings: {', '.join(access.names)}.",
            advice="Keep the binding and remove the variable, or the other way round.",
        )


def _check_used(binding: Binding, *found: object) -> None:
    if not any(found):
        raise _error(
            binding,
            "has none of the entries that its type is for",
            "pypi: index-url, extra-index-url, username, password, ca.crt, netrc, pip.conf; netrc: netrc "
            "or .netrc; pip: pip.conf.",
        )


def _hosts_of(environment: Mapping[str, str]) -> list[str]:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        hosts = [_host(text) for text in environment.get(name, "").split()]
        if hosts:
            return [host for host in hosts if host]
    return []


def _host(address: str) -> str:
    from urllib.parse import urlsplit

    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _text(binding: Binding, entry: str) -> str:
    """Return the entry without the line end that editors and ``echo`` leave; empty if there is none."""
    if entry not in binding.secrets:
        return ""
    try:
        return binding.read(entry).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _error(binding, f"has an entry {entry!r} that is not UTF-8", "Write it as text.") from None


def _error(binding: Binding, what: str, advice: str) -> ConfigurationError:
    return ConfigurationError(f"The binding {binding.name!r} of type {binding.type!r} {what}", advice=advice)
