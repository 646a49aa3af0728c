"""Making requests: what is missing is asked for, one after the other, and each answer is waited for.

What is so is looked up each time: in the index, and among the issues of our account. So a run that was
interrupted is simply started again; it finds its open request, or the answer to it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from buildpack_release.errors import AuthError, ConflictError, NetworkError, ReleaseError
from buildpack_release.publish.live_line import LiveLine
from buildpack_release.registration.registry_index import Account, Index, WorkflowAnswer
from buildpack_release.text import duration
from oci_registry.errors import RegistryError

if TYPE_CHECKING:
    from buildpack_release.registration.registration_request import RegistrationRequest
    from buildpack_release.registration.registry_index import Issue

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # seconds


class RequestState(Enum):
    """What has become of a request."""

    MISSING = "not requested"
    WAITING = "requested"
    REGISTERED = "registered"
    FAILED = "failed"
    CLOSED = "closed without a result"
    UNKNOWN = "not asked"


@dataclass(frozen=True)
class RequestStatus:
    """A request with its state; `url` is its issue's, `note` what else people should know.

    `problem` is why the CNB registry would refuse it wherever it were made.
    """

    request: RegistrationRequest
    state: RequestState
    url: str = ""
    number: int = 0
    note: str = ""
    problem: str = ""

    @property
    def is_registered(self) -> bool:
        """Whether nothing is left to do."""
        return self.state is RequestState.REGISTERED


@dataclass
class Registrar:
    """Looks up and makes requests; `patience` is how long to wait for one answer, in seconds."""

    index: Index
    patience: float = 600.0
    line: LiveLine = field(default_factory=LiveLine)
    _account: Account | None = field(default=None, init=False)

    def look(self, request: RegistrationRequest) -> RequestStatus:
        """Return how things stand. Without a token, that is what the index says.

        Raises:
            ConflictError: another address is registered, or asked for.
            RegistryError: the code host cannot be asked.
        """
        entry = self.index.entry(request.id, request.version)
        if entry is not None:
            _check_address(request, entry.address, "is registered")
            note = "it has been yanked" if entry.yanked else ""
            return RequestStatus(request, RequestState.REGISTERED, note=note)
        if not self.index.api.has_token:
            return RequestStatus(request, RequestState.MISSING)
        return self._by_issues(request)

    def check_namespace(self, request: RegistrationRequest) -> str:
        """Check that our account may register in the namespace; say so if that will be made for it.

        Raises AuthError if it may not.
        """
        namespace = request.id.partition("/")[0]
        account, owners = self._me(), self.index.owners(namespace)
        if not owners:
            return f"the namespace {namespace} is new: it will belong to {account.login}"
        groups = {one.id for one in owners if not one.is_user}
        if account.id in {one.id for one in owners if one.is_user}:
            return ""
        if not groups or not groups & self.index.organisations(account):
            raise AuthError(
                f"the namespace {namespace} belongs to others than {account.login}",
                detail="An owner is a user, or an organisation with the user as a public member.",
                advice="Use the token of an owner.",
            )
        return ""

    def register(self, request: RegistrationRequest, *, again: bool = False) -> RequestStatus:
        """Ask for what is missing, and wait for the answer. `again` asks once more after a refusal.

        Raises:
            ReleaseError: the request has failed, or was closed without a result.
            NetworkError: there was no answer in time; the issue stays.
            AuthError: the token is missing, or not enough.
        """
        self._me()
        status = self.look(request)
        if again and status.state in (RequestState.FAILED, RequestState.CLOSED):
            status = RequestStatus(request, RequestState.MISSING)
        if status.state is RequestState.MISSING:
            status = self._open(request)
        return self._wait(status)

    def require_token(self) -> None:
        """Raise AuthError unless there is a token; whether it is good is not asked."""
        if not self.index.api.has_token:
            raise AuthError(
                "there is no token to make requests with",
                advice="Set GITHUB_TOKEN to a classic token with the scope public_repo.",
            )

    def _me(self) -> Account:
        self.require_token()
        if self._account is None:
            self._account = self.index.account()
        return self._account

    def _by_issues(self, request: RegistrationRequest) -> RequestStatus:
        issues = self.index.issues(request, self._me())
        for one in issues:
            if one.answer is WorkflowAnswer.NONE_YET:
                _check_address(request, one.address, f"is asked for in {one.url}")
        ours = [one for one in issues if one.address == request.address]
        # Of several (two runs at the same moment) one has succeeded, or the oldest will.
        for answer in (WorkflowAnswer.SUCCEEDED, WorkflowAnswer.NONE_YET):
            found = [one for one in ours if one.answer is answer]
            if found:
                return _standing(request, found[-1])
        return _standing(request, ours[0]) if ours else RequestStatus(request, RequestState.MISSING)

    def _open(self, request: RegistrationRequest) -> RequestStatus:
        """Open an issue; if no answer comes back, look whether it was opened before trying again."""
        attempts = self.index.api.attempts()
        while True:
            try:
                opened = self.index.open(request)
            except RegistryError as error:
                attempts.failed(error)
                known = self._by_issues(request)
                if known.state in (RequestState.WAITING, RequestState.REGISTERED):
                    return known
                continue
            self.line.say(f"Requested: {opened.url}")
            # Another run may have asked at the same moment: then both wait for the older request.
            known = self._by_issues(request)
            return (
                known
                if known.state in (RequestState.WAITING, RequestState.REGISTERED)
                else _standing(request, opened)
            )

    def _wait(self, status: RequestStatus) -> RequestStatus:
        clock, never = self.index.api.timing.clock, threading.Event()
        started, pause = clock.now(), _FIRST_PAUSE
        while status.state is RequestState.WAITING:
            waited = clock.now() - started
            if waited >= self.patience:
                raise _no_answer(status, waited)
            self.line.show(f"      waiting for {status.url} ({duration(waited)})")
            clock.sleep(min(pause, max(0.1, self.patience - waited)), never)
            pause = min(pause * 2, _LONGEST_PAUSE)
            status = _standing(status.request, self.index.issue(status.number))
        self.line.clear()
        if not status.is_registered:
            raise _refused(status)
        return status


def _standing(request: RegistrationRequest, issue: Issue) -> RequestStatus:
    state = {
        WorkflowAnswer.NONE_YET: RequestState.WAITING,
        WorkflowAnswer.SUCCEEDED: RequestState.REGISTERED,
        WorkflowAnswer.FAILED: RequestState.FAILED,
        WorkflowAnswer.CLOSED: RequestState.CLOSED,
    }[issue.answer]
    return RequestStatus(request, state, issue.url, issue.number)


def _check_address(request: RegistrationRequest, other: str, fact: str) -> None:
    if other != request.address:
        raise ConflictError(
            f"another address of {request} {fact}",
            detail=f"there: {other or 'none that can be read'}\nhere:  {request.address}",
            advice="A version is registered once: raise it (inv version.bump).",
        )


def _no_answer(status: RequestStatus, waited: float) -> NetworkError:
    return NetworkError(
        f"the CNB registry has not answered the request for {status.request} in {duration(waited)}",
        detail=status.url,
        advice="Run the same command again: it goes on waiting for this request.",
    )


def _refused(status: RequestStatus) -> ReleaseError:
    if status.state is RequestState.CLOSED:
        title = f"the request for {status.request} was closed without a result"
    else:
        title = f"the CNB registry has refused the request for {status.request}"
    return ReleaseError(
        title,
        detail=status.url,
        advice="Its comments say why. Once that is repaired, run the same command with --again.",
    )
