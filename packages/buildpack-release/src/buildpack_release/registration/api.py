"""Requests to the API of a code host: GitHub's REST API (2022-11-28), and what answers in the same way."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final
from urllib.parse import urljoin, urlsplit

from buildpack_common.parsing import parse_count, parse_json
from buildpack_release.errors import UsageError
from oci_registry.errors import AccessDeniedError, RegistryError, UnavailableError, UnsafeRedirectError
from oci_registry.reference import is_loopback
from oci_registry.remote.address import origin
from oci_registry.remote.error_answers import error_for, redacted
from oci_registry.remote.paging import next_link
from oci_registry.remote.response import ERROR_LIMIT, Reply
from oci_registry.remote.retry import Attempts, Clock, RetryPolicy, retry_after_seconds, with_retries
from oci_registry.remote.wire import ConnectionOptions, RegistryRequest, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from oci_registry.remote.response import RegistryResponse
    from oci_registry.remote.secret import ConcealedText

GITHUB = "https://api.github.com"
JSON_TYPE, RAW_TYPE = "application/vnd.github+json", "application/vnd.github.raw+json"
_LIMIT = 8 * 1024 * 1024
_MOST_PAGES = 10
_OK, _CREATED, _UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 200, 201, 401, 403, 429
_TOKEN_ADVICE = "GITHUB_TOKEN has to be a classic token with the scope public_repo."  # noqa: S105 (no token)


def check_base(base: str) -> str:
    """Return an API's base address without a slash at its end. Raises UsageError if no token may go there."""
    parts = urlsplit(base)
    is_plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or "@" in parts.netloc or not (is_plain or parts.scheme == "https"):
        raise UsageError(
            "the API's address must be https://HOST[/PATH], without a user",
            advice=f"Leave --api out for {GITHUB}.",
        )
    return base.rstrip("/")


@dataclass(frozen=True)
class Timing:
    """When to try again, and the clock."""

    policy: RetryPolicy = field(default_factory=RetryPolicy)
    clock: Clock = field(default_factory=Clock)


@final
class Api:
    """The API below a base address; use it in a `with`. Without a token, only what is public can be read."""

    def __init__(
        self,
        base: str = GITHUB,
        *,
        token: ConcealedText | None = None,
        accept: str = JSON_TYPE,
        token_advice: str = _TOKEN_ADVICE,
        environ: Mapping[str, str] | None = None,
        timing: Timing | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.base = check_base(base)
        self.has_token = bool(token)
        self.timing = timing or Timing()
        self._token = token
        self._accept = accept
        self._token_advice = token_advice
        self._report = report
        self._wire = Wire(self.host, ConnectionOptions(), os.environ if environ is None else environ)

    @property
    def host(self) -> str:
        """The host of the API."""
        return urlsplit(self.base).hostname or ""

    def get(self, path: str) -> Any:  # noqa: ANN401 (any JSON value)
        """Read a JSON document. Raises RegistryError, for 404 NotFoundError."""
        return self._document(self._retried("GET", path))

    def pages(self, path: str) -> Iterator[Any]:
        """Read the items of a list, page by page, of so many pages as make sense."""
        for _ in range(_MOST_PAGES):
            reply = self._retried("GET", path)
            yield from self._document(reply)
            following = next_link(reply.headers.get("Link", ""))
            if following is None:
                return
            path = urljoin(reply.url, following)
            if origin(path) != origin(self.base):
                raise UnsafeRedirectError(f"the list goes on at another place: {redacted(path)}")

    def text(self, path: str) -> bytes:
        """Read a file as it is. Raises RegistryError, for 404 NotFoundError."""
        return self._retried("GET", path, accept=RAW_TYPE).body

    def post(self, path: str, document: Mapping[str, object]) -> Any:  # noqa: ANN401 (any JSON value)
        """Send a document, once: whether it arrived if there is no answer has to be looked up."""
        body = json.dumps(document).encode()
        return self._document(self._once("POST", path, expect={_CREATED}, body=body))

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def attempts(self) -> Attempts:
        """Return the tries of one operation."""
        return Attempts(self.timing.policy, self.timing.clock, self._report)

    def _retried(self, method: str, path: str, *, accept: str = "") -> Reply:
        return with_retries(lambda: self._once(method, path, accept=accept), self.attempts())

    def _once(
        self,
        method: str,
        path: str,
        *,
        accept: str = "",
        expect: Collection[int] = (_OK,),
        body: bytes | None = None,
    ) -> Reply:
        headers = {"Accept": accept or self._accept, "X-GitHub-Api-Version": "2022-11-28"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        answer = self._wire.send(RegistryRequest(method, urljoin(f"{self.base}/", path), headers, body))
        if answer.status not in expect:
            raise self._error(answer)
        return Reply(answer.status, answer.headers, answer.read(_LIMIT), answer.url)

    def _error(self, answer: RegistryResponse) -> RegistryError:
        message = _message(answer.read_some(ERROR_LIMIT))
        secrets = [self._token.reveal()] if self._token else []
        wait = _wait(answer, self.timing.clock.now())
        if answer.status in (_FORBIDDEN, _TOO_MANY) and wait is not None:
            return UnavailableError(
                f"{self.host} takes no more requests at the moment",
                detail=message,
                status=answer.status,
                transient=True,
                retry_after=wait,
            )
        error = error_for(answer.method, answer.url, answer.status, message.encode(), secrets=secrets)
        if isinstance(error, AccessDeniedError) and self.has_token:
            error.advice = self._token_advice
        return error

    def _document(self, reply: Reply) -> Any:  # noqa: ANN401 (any JSON value)
        try:
            return parse_json(reply.body)
        except ValueError:
            raise UnavailableError(f"{self.host} answered with something that is not JSON") from None


def _message(body: bytes) -> str:
    """Return the text of an error, `{"message": ...}`."""
    try:
        document = parse_json(body)
    except ValueError:
        return ""
    found = document.get("message") if isinstance(document, dict) else None
    return found if isinstance(found, str) else ""


def _wait(answer: RegistryResponse, now: float) -> float | None:
    """Return in how many seconds the limit of requests ends, if it is reached."""
    wait = retry_after_seconds(answer.headers.get("Retry-After"), now=now)
    if wait is None and answer.headers.get("X-RateLimit-Remaining") == "0":
        reset = answer.headers.get("X-RateLimit-Reset", "")
        moment = parse_count(reset)
        return 60.0 if moment is None else max(0.0, moment - now)
    return wait
