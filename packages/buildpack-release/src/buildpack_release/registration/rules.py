"""What the CNB registry and `pack` accept: names, versions, addresses (the registry's own checks)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oci_registry.reference import hostname
from oci_registry.remote.address import Reach, Resolver, reach_of_host, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

# What pack looks up: a namespace and a name, in lower case, and no second slash.
_PART = re.compile(r"[a-z0-9.-]{1,253}")
_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"(?:{_LABEL}\.)+[a-z0-9][a-z0-9-]{{0,61}}[a-z0-9](?::[0-9]+)?/[^:]+@sha256:[0-9a-f]{{64}}"
)
RESTRICTED = frozenset({
    "buildpack", "buildpack-io", "buildpack.io", "buildpackio",
    "buildpacks", "buildpacks-io", "buildpacks.io", "buildpacksio",
    "cnb", "cnbs", "cncf", "cncf-cnb", "cncf-cnbs",
    "example", "examples", "official", "pack", "sample", "samples",
})  # fmt: skip


def name_problems(buildpack_id: str, version: str) -> Iterator[str]:
    """Return what keeps an id and version from being registered."""
    namespace, slash, name = buildpack_id.partition("/")
    if not slash or not _PART.fullmatch(namespace) or not _PART.fullmatch(name):
        yield f'the id "{buildpack_id}" is not NAMESPACE/NAME of a-z, 0-9, "." and "-", as pack looks it up'
    if namespace in RESTRICTED:
        yield f'the namespace "{namespace}" is reserved'
    if not _VERSION.fullmatch(version):
        yield f'the version "{version}" is not X.Y.Z'


def host_problem(address: str, api_host: str, resolver: Resolver = resolve) -> str:
    """Return why the registry's workflow cannot read from the host of an address; "" if nothing is known.

    A rehearsal is allowed: an index on this machine may read from a registry on this machine.
    """
    registry = address.partition("/")[0]
    reach = reach_of_host(hostname(registry), resolver)
    if reach < reach_of_host(api_host, resolver):
        where = "is this machine itself" if reach is Reach.MACHINE else "lies in a private network"
        return f"{registry} {where}: the CNB registry cannot read from it"
    if not _ADDRESS.fullmatch(address):
        return f"the CNB registry takes only hosts with a name in several parts, which {registry} is not"
    return ""
