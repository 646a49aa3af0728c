"""Which hosts a registry may send us to.

A registry answers with URLs: where to upload, where a blob is stored. A hostile one could point them into the
network that we run in (a cloud's metadata service, an unprotected admin page). So a private address is
followed only if it is the registry's own host, or if the registry lives in the private network itself.
"""

from __future__ import annotations

import ipaddress
import socket
from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from oci_registry.errors import UnsafeRedirectError
from oci_registry.remote.error_answers import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Resolver: TypeAlias = "Callable[[str], Iterable[str]]"
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Shared address space of carriers (RFC 6598): neither private nor global for the standard library.
_SHARED = ipaddress.ip_network("100.64.0.0/10")


class Reach(IntEnum):
    """From where an address can be reached; the lower, the less a stranger has to say about it."""

    MACHINE = 0  # loopback, link-local (the metadata services), unspecified, multicast
    NETWORK = 1  # private networks
    WORLD = 2


def resolve(host: str) -> tuple[str, ...]:
    """Return the addresses of a host name; none if it is unknown here (a proxy may know it)."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(str(entry[4][0]).partition("%")[0] for entry in found)


def reach_of_address(address: str) -> Reach:
    """Classify an IP address; an IPv4 address inside an IPv6 one counts as the former."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        return Reach.MACHINE
    if ip.is_private or ip.is_reserved or (isinstance(ip, ipaddress.IPv4Address) and ip in _SHARED):
        return Reach.NETWORK
    return Reach.WORLD


def reach_of_host(host: str, resolver: Resolver = resolve) -> Reach:
    """Classify a host by the least reachable of its addresses."""
    if host == "localhost" or host.endswith(".localhost"):
        return Reach.MACHINE
    try:
        return reach_of_address(host)
    except ValueError:
        return min((reach_of_address(address) for address in resolver(host)), default=Reach.WORLD)


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port: what must be equal for credentials to be sent again.

    Raises UnsafeRedirectError for anything but an http or https URL with a host.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (KeyError, ValueError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or parts.username is not None or parts.password is not None:
        raise UnsafeRedirectError(
            f"the registry sends us to something that is no plain web address: {redacted(url)}"
        )
    return parts.scheme, parts.hostname, port


def stay_secure(home: str, target: str) -> str:
    """Return `target`, by https if it is by http at the very host and port that `home` has by https.

    A registry behind a proxy that ends TLS may not know that it is spoken to by https.
    """
    ours, theirs = urlsplit(home), urlsplit(target)
    is_lowered = (ours.scheme, theirs.scheme) == ("https", "http") and ours.netloc == theirs.netloc
    return urlunsplit(theirs._replace(scheme="https")) if is_lowered else target


def check_redirect(home: str, target: str, resolver: Resolver = resolve) -> None:
    """Raise UnsafeRedirectError unless a registry at `home` may send us to `target` (both URLs)."""
    home_scheme, home_host, _ = origin(home)
    scheme, host, _ = origin(target)
    if home_scheme == "https" and scheme == "http":
        raise UnsafeRedirectError(
            f"{redacted(home)} sends us from https to http: {redacted(target)}",
            detail="what is sent there could be read and changed on the way",
        )
    if host == home_host:
        return
    reach = reach_of_host(host, resolver)
    inside = reach is Reach.NETWORK and reach_of_host(home_host, resolver) is Reach.NETWORK
    if reach is not Reach.WORLD and not inside:
        raise UnsafeRedirectError(
            f"{redacted(home)} sends us to a private address of another host: {redacted(target)}",
            detail="a registry has no reason to point there",
        )
