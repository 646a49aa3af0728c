"""What could be registered: the versions of the sources, as everybody can read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import AuthError, CheckFailed, UsageError
from buildpack_release.registration.registration_request import RegistrationRequest
from buildpack_release.registration.rules import name_problems
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from buildpack_release.publish.destination import Destination
    from buildpack_release.publish.publication import Publication, Verified

# The workflow reads the configuration of this platform's image.
_PLATFORM = "linux/amd64"


@dataclass(frozen=True)
class RegistrationCandidate:
    """A published version with its request, and what keeps it from being registered."""

    request: RegistrationRequest
    problems: tuple[str, ...] = ()


def read_candidates(publication: Publication) -> tuple[RegistrationCandidate, ...]:
    """Read back what is published, without credentials, components first.

    Args:
        publication: see Publication; how it connects must be anonymous.

    Raises:
        UsageError: it is published to a directory.
        CheckFailed: some of it cannot be read without credentials.
        RegistryError: the registry fails.
    """
    require_registry(publication.destination)
    try:
        return tuple(map(_candidate, publication.verify()))
    except AuthError as error:
        raise CheckFailed(
            "what is registered has to be readable for everybody, without credentials",
            detail=str(error),
            advice="Make the repositories public at the registry, and run the same command again.",
        ) from error


def require_registry(destination: Destination) -> Reference:
    """Return the namespace of a registry. Raises UsageError for a directory."""
    if isinstance(destination, Reference):
        return destination
    raise UsageError(
        "what is registered has to be in a registry, not in a directory",
        advice="Write --to REGISTRY/NAMESPACE.",
    )


def require_sound(candidates: Sequence[RegistrationCandidate]) -> None:
    """Raise CheckFailed, with all problems, if there are any."""
    lines = [f"{one.request}: {text}" for one in candidates for text in one.problems]
    if lines:
        raise CheckFailed(
            "this cannot be registered; no request was made",
            detail="\n".join(lines),
            advice="Publish first (inv publish), for everybody to read. See: inv publish.verify --anonymous",
        )


def _candidate(found: Verified) -> RegistrationCandidate:
    name = found.reference.rpartition(":")[0]
    request = RegistrationRequest(found.expected.id, found.expected.version, f"{name}@{found.digest}")
    return RegistrationCandidate(request, tuple(_problems(found)))


def _problems(found: Verified) -> Iterator[str]:
    yield from found.problems
    yield from name_problems(found.expected.id, found.expected.version)
    if found.platforms and _PLATFORM not in found.platforms:
        yield f"there is no image for {_PLATFORM}, which is what the CNB registry reads"
