"""The way in: which requests there are to make for what is published, and making them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, NetworkError
from buildpack_release.progress import Progress
from buildpack_release.registration.candidate import read_candidates, require_registry, require_sound
from buildpack_release.registration.registrar import Registrar, RequestState, RequestStatus
from buildpack_release.registration.rules import host_problem
from oci_registry.errors import RegistryError
from oci_registry.remote.secret import ConcealedText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from buildpack_release.publish.publication import Publication
    from buildpack_release.registration.registration_request import RegistrationRequest

TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 (the name of a variable)


def token_from(environ: Mapping[str, str]) -> ConcealedText | None:
    """Return the token of the environment, if there is one."""
    text = environ.get(TOKEN_VARIABLE, "").strip()
    return ConcealedText(text) if text else None


@dataclass(frozen=True)
class Registration:
    """What is published, read without credentials, and who registers it."""

    publication: Publication
    registrar: Registrar

    def look(self) -> tuple[RequestStatus, ...]:
        """Return what would be requested and what is registered; where that cannot be asked, a note says so.

        Raises CheckFailed if something published is not fit to be registered, ConflictError, RegistryError.
        """
        return tuple(map(self._look, self._requests()))

    def check_possible(self) -> None:
        """Check what does not depend on what is published.

        Raises:
            AuthError: there is no token.
            CheckFailed: the CNB registry cannot read from the destination.
            UsageError: the destination is a directory.
        """
        destination = require_registry(self.publication.destination)
        self.registrar.require_token()
        address = destination.child("x").with_digest(f"sha256:{'0' * 64}")
        problem = host_problem(str(address), self.registrar.index.api.host)
        if problem:
            advice = "Publish to a registry that everybody can read from, and register that."
            raise CheckFailed(problem, detail=destination.name, advice=advice)

    def carry_out(
        self, agree: Callable[[tuple[RequestStatus, ...]], None], *, again: bool = False
    ) -> tuple[RequestStatus, ...]:
        """Make the requests that are missing, components first, each once the one before has succeeded.

        Args:
            agree: is shown how things stand before the first request, and raises if none is to be made.
            again: ask once more for what was refused.

        Raises:
            ReleaseError: see look() and Registrar.register(); what was registered before stays so.
        """
        self.check_possible()
        requests = self._requests()
        notes = {request: self.registrar.check_namespace(request) for request in requests}
        statuses = tuple(self.registrar.look(request) for request in requests)
        if all(one.is_registered for one in statuses):
            return statuses
        agree(tuple(replace(one, note=one.note or notes[one.request]) for one in statuses))
        progress = Progress(len(requests), say=self.registrar.line.say)
        return tuple(self._register(request, progress, again=again) for request in requests)

    def _requests(self) -> tuple[RegistrationRequest, ...]:
        candidates = read_candidates(self.publication)
        require_sound(candidates)
        return tuple(one.request for one in candidates)

    def _look(self, request: RegistrationRequest) -> RequestStatus:
        problem = host_problem(request.address, self.registrar.index.api.host)
        try:
            status = self.registrar.look(request)
        except RegistryError as error:
            if not isinstance(error, NetworkError):
                raise
            note = f"whether it is registered could not be asked ({error.title})"
            status = RequestStatus(request, RequestState.UNKNOWN, note=note)
        return replace(status, problem=problem) if problem and not status.is_registered else status

    def _register(self, request: RegistrationRequest, progress: Progress, *, again: bool) -> RequestStatus:
        with progress.step(f"Registering {request}") as told:
            status = self.registrar.register(request, again=again)
            told.append("registered")
        return status
