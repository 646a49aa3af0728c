"""Where an archive may be had that the buildpack does not carry: a mapping, a mirror, the releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from buildpack_api.bindings import find_bindings
from buildpack_api.errors import ConfigurationError
from buildpack_common.redaction import hide_credentials, redact
from python_runtime.settings import MAPPING_BINDING, MIRROR, MIRROR_BINDING, mirror_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from buildpack_api.bindings import Binding
    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue

_SCHEMES = ("https", "http", "file")


@dataclass(frozen=True)
class Mirrors:
    """What the platform says about mirrors. Environment variables win over bindings.

    ``everywhere`` replaces all bases ('' if none does), ``hosts`` one host, ``mapped`` an archive by sha256.
    """

    everywhere: str
    hosts: Mapping[str, str]
    mapped: Mapping[str, str]


def read_mirrors(
    environment: Mapping[str, str], bindings: Iterable[Binding], hosts: Iterable[str]
) -> Mirrors:
    """Read ``BP_DEPENDENCY_MIRROR``, ``BP_DEPENDENCY_MIRROR_<HOST>`` and the bindings Paketo users know.

    Raises ConfigurationError for a bad URL.
    """
    bindings = tuple(bindings)
    given = {
        name.lower(): _text(binding, name)
        for binding in find_bindings(bindings, MIRROR_BINDING)
        for name in binding.secrets
    }
    by_host = {host: mirror_of(host).text(environment) or given.get(host, "") for host in hosts}
    mapped = {
        name.lower().removeprefix("sha256").lstrip(":_"): _text(binding, name)
        for binding in find_bindings(bindings, MAPPING_BINDING)
        for name in binding.secrets
    }
    return Mirrors(
        _checked(MIRROR.text(environment) or given.get("default", ""), MIRROR.name),
        {host: _checked(url, mirror_of(host).name) for host, url in by_host.items() if url},
        {sha256: _checked(url, "a dependency-mapping binding") for sha256, url in mapped.items()},
    )


def is_mapped(
    runtime: Runtime,
    catalogue: RuntimesCatalogue,
    environment: Mapping[str, str],
    bindings: Iterable[Binding],
) -> bool:
    """Whether a dependency mapping names this very archive."""
    return runtime.sha256 in _mirrors(catalogue, environment, bindings).mapped


def archive_urls(
    runtime: Runtime,
    catalogue: RuntimesCatalogue,
    environment: Mapping[str, str],
    bindings: Iterable[Binding],
) -> tuple[str, ...]:
    """Return the URLs to try in turn. Raises ConfigurationError if there are none."""
    bases = [base.rstrip("/") for base in catalogue.bases]
    mirrors = _mirrors(catalogue, environment, bindings)
    mapped = mirrors.mapped.get(runtime.sha256)
    if mapped:
        return (mapped,)
    if mirrors.everywhere:
        urls = _below_mirror(mirrors.everywhere, bases, runtime.path)
    else:
        urls = [f"{_base(base, mirrors.hosts)}/{runtime.path}" for base in bases]
    if not urls:
        raise ConfigurationError(
            f"{catalogue.file} names no base URL to get Python {runtime.version} from",
            advice=f"Set {MIRROR.name}, or add 'bases' to the catalogue.",
        )
    return tuple(dict.fromkeys(url for url in urls for url in _spellings(url)))


def _mirrors(
    catalogue: RuntimesCatalogue, environment: Mapping[str, str], bindings: Iterable[Binding]
) -> Mirrors:
    hosts = dict.fromkeys(urlsplit(base.rstrip("/")).hostname or "" for base in catalogue.bases)
    return read_mirrors(environment, bindings, hosts)


def _below_mirror(mirror: str, bases: Iterable[str], path: str) -> list[str]:
    """Return where a mirror may hold the archive: as the catalogue has it, or as a copy of the host."""
    if "{originalHost}" in mirror:
        return [f"{_for_host(mirror, base)}{urlsplit(base).path}/{path}" for base in bases]
    return [f"{mirror}/{path}", *(f"{mirror}{urlsplit(base).path}/{path}" for base in bases)]


def _base(base: str, hosts: Mapping[str, str]) -> str:
    mirror = hosts.get(urlsplit(base).hostname or "")
    return f"{_for_host(mirror, base)}{urlsplit(base).path}" if mirror else base


def _for_host(mirror: str, base: str) -> str:
    return mirror.replace("{originalHost}", urlsplit(base).hostname or "")


def _spellings(url: str) -> tuple[str, ...]:
    """A directory may hold the percent-encoded name or, more likely, the plain one (with a ``+``)."""
    return (unquote(url), url) if url.startswith("file:") else (url,)


def _text(binding: Binding, name: str) -> str:
    return binding.read(name).decode("utf-8", errors="replace").strip()


def _checked(url: str, source: str) -> str:
    hide_credentials(url)
    if url and urlsplit(url).scheme.lower() not in _SCHEMES:
        raise ConfigurationError(
            f"{source} is not a URL that archives can be read from",
            detail=f"Found: {redact(url)}",
            advice="Write a URL that begins with https://, http:// or file://.",
        )
    return url.rstrip("/")
