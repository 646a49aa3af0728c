"""Image references: `host[:port]/repository[:tag][@sha256:...]`.

Grammar: OCI Distribution 1.1, 'Pulling manifests' (name, tag) and OCI Image 1.1, 'Digests'. Unlike Docker's,
a reference must name its registry: none is ever supplied, so a forgotten host cannot publish to somebody
else's. And the name is taken as it is written: it is the host that is asked. The one exception is Docker Hub,
whose name, `docker.io`, is not that of the host with its registry.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from oci_registry.content import is_digest
from oci_registry.errors import InvalidReferenceError

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{{1,5}}))?")
DOCKER_HUB = "docker.io"
DOCKER_HUB_HOST = "registry-1.docker.io"
"""The host with Docker Hub's registry."""
DOCKER_HUB_LOGIN = "https://index.docker.io/v1/"
"""Under which name `docker login` keeps the credentials for it."""
_DOCKER_HUB_NAMES = (DOCKER_HUB, DOCKER_HUB_HOST, "index.docker.io")
_OFFICIAL = "library"  # the namespace of names without one

_LONGEST_NAME = 255  # host and name together, as most registries limit it
_LAST_PORT = 65535


def is_tag(text: str) -> bool:
    """Whether text is a tag (at most 128 characters)."""
    return _TAG.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    """Whether text is a repository name, without the registry."""
    return _NAME.fullmatch(text) is not None


def hostname(registry: str) -> str:
    """Return the host of `host[:port]`, lower case and without the brackets of an IPv6 address."""
    match = _HOST.fullmatch(registry)
    if match is None or int(match["port"] or 1) not in range(1, _LAST_PORT + 1):
        raise InvalidReferenceError(
            f"not a registry: {registry!r}",
            detail="a registry is host or host:port, without a scheme",
            advice="for example registry.example or localhost:5000",
        )
    host = match["host"].lower()
    if host.startswith("["):
        _check_ipv6(host[1:-1], registry)
        return host[1:-1]
    return host


def _check_ipv6(address: str, registry: str) -> None:
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        raise InvalidReferenceError(f"not an IPv6 address: {registry!r}") from None


def registry_name(text: str) -> str:
    """Return a registry as references name it: in lower case, and Docker Hub by its name."""
    name = text.lower()
    return DOCKER_HUB if name in _DOCKER_HUB_NAMES else name


def registry_host(registry: str) -> str:
    """Return the `host[:port]` to connect to for a registry."""
    return DOCKER_HUB_HOST if registry == DOCKER_HUB else registry


def login_key(registry: str) -> str:
    """Return the key under which Docker's credentials file has a registry."""
    return DOCKER_HUB_LOGIN if registry == DOCKER_HUB else registry


def is_loopback(host: str) -> bool:
    """Whether a host (without port and brackets) is this machine by its name alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _looks_like_host(first: str) -> bool:
    return "." in first or ":" in first or first.lower() == "localhost"


@dataclass(frozen=True)
class Reference:
    """Where an image is. `registry` is `host[:port]` in lower case; a digest, if given, wins over the tag."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference. Docker Hub's images without a namespace are below `library`.

        Raises InvalidReferenceError if it is malformed, names no registry, or has a digest other than sha256.
        """
        reference = cls.parse_namespace(text)
        if reference.registry == DOCKER_HUB and "/" not in reference.repository:
            return cls._checked(replace(reference, repository=f"{_OFFICIAL}/{reference.repository}"))
        return reference

    @classmethod
    def parse_namespace(cls, text: str) -> Reference:
        """Read `registry/namespace`, which repositories are below, as the beginning of their names.

        Raises as parse() does.
        """
        registry, slash, rest = text.partition("/")
        if not slash or not _looks_like_host(registry):
            raise InvalidReferenceError(
                f"the reference {text!r} names no registry",
                detail="no registry is assumed",
                advice="write it in front, for example localhost:5000/strata/python",
            )
        rest, at, digest = rest.partition("@")
        name, colon, tag = rest.partition(":")
        hostname(registry)
        reference = cls(registry_name(registry), name, tag if colon else None, digest if at else None)
        reference.check()
        return reference

    def check(self) -> None:
        """Raise InvalidReferenceError if a part is not what the grammar allows."""
        hostname(self.registry)
        if not is_repository(self.repository) or len(self.registry) + len(self.repository) >= _LONGEST_NAME:
            raise InvalidReferenceError(
                f"not a repository name: {self.repository!r}",
                detail="allowed: a-z 0-9, single . _ or __ or - in between, / between parts; no capitals",
            )
        if self.tag is not None and not is_tag(self.tag):
            raise InvalidReferenceError(
                f"not a tag: {self.tag!r}",
                detail="allowed: A-Z a-z 0-9 _ . - (neither . nor - first), at most 128 characters",
            )
        if self.digest is not None and not is_digest(self.digest):
            raise InvalidReferenceError(
                f"not a digest: {self.digest!r}", detail="a digest is sha256: and 64 lower-case hex digits"
            )

    def with_tag(self, tag: str) -> Reference:
        """Return the same repository with this tag and no digest."""
        return self._checked(replace(self, tag=tag, digest=None))

    def with_digest(self, digest: str) -> Reference:
        """Return the same repository with this digest and no tag."""
        return self._checked(replace(self, tag=None, digest=digest))

    def child(self, name: str) -> Reference:
        """Return the repository `name` below this one, taken as a namespace; without tag and digest."""
        return self._checked(Reference(self.registry, f"{self.repository}/{name}"))

    @staticmethod
    def _checked(reference: Reference) -> Reference:
        reference.check()
        return reference

    @property
    def target(self) -> str | None:
        """What the manifests endpoint is asked for: the digest, else the tag."""
        return self.digest or self.tag

    @property
    def name(self) -> str:
        """`registry/repository`."""
        return f"{self.registry}/{self.repository}"

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag is not None else ""
        return self.name + tag + (f"@{self.digest}" if self.digest is not None else "")
