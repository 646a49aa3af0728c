"""Downloads over HTTP that survive bad networks: time limits, retries with growing pauses, resuming."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import requests
import urllib3

from buildpack_common.http_pace import Pace, PaceLimit
from buildpack_common.parsing import parse_count
from python_runtime.faults import LocationFault, PassingFault, SlowFault
from python_runtime.http_faults import check_status, translated
from python_runtime.http_session import new_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from buildpack_api.bindings import Binding
    from buildpack_api.output import Output

_CONNECT_TIMEOUT, _READ_TIMEOUT = 10.0, 30.0  # seconds
_ATTEMPTS = 5  # in a row that brought next to nothing
_LEAST = 1 << 10  # what is more than that, in bytes
_SLOW_ATTEMPTS = 2  # in all; the next place may be faster
_ATTEMPTS_IN_ALL = 50
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds
_CHUNK = 1 << 18
_OK, _PARTIAL, _RANGE_NOT_SATISFIABLE = 200, 206, 416


@dataclass
class _Transfer:
    """The state of one download over all its attempts."""

    url: str
    target: IO[bytes]
    label: str
    most: int
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    received: int = 0
    total: int | None = None
    validator: str = ""
    is_checked: bool = False

    def take_over(self) -> None:
        """Go on after what an earlier run has left in the target; whether it fits, its checksum will tell."""
        self.target.seek(0)
        while chunk := self.target.read(_CHUNK):
            self.digest.update(chunk)
            self.received += len(chunk)
            if self.received > self.most:
                self.restart()
                return
        self.is_checked = True

    def restart(self) -> None:
        self.target.seek(0)
        self.target.truncate()
        self.digest, self.received, self.total = hashlib.sha256(), 0, None

    def headers(self) -> dict[str, str]:
        """Ask for the file as it is; only for the rest of it if that can be told to be of the same file."""
        if self.received and not (self.validator or self.is_checked):
            self.restart()
        headers = {"Accept-Encoding": "identity", "User-Agent": "strata-python-runtime"}
        if self.received:
            headers["Range"] = f"bytes={self.received}-"
            if self.validator:
                headers["If-Range"] = self.validator
        return headers


class Downloader:
    """Downloads with one session; ``sleep`` is for tests."""

    def __init__(
        self,
        output: Output,
        environment: Mapping[str, str],
        bindings: Iterable[Binding] = (),
        *,
        sleep: Callable[[float], None] = time.sleep,
        timeout: tuple[float, float] = (_CONNECT_TIMEOUT, _READ_TIMEOUT),
        pace: PaceLimit = PaceLimit(seconds=_READ_TIMEOUT),  # noqa: B008  (frozen)
    ) -> None:
        self._output = output
        self._environment = environment
        self._session = new_session(bindings)
        self._sleep = sleep
        self._timeout = timeout
        self._pace = pace

    def download(self, url: str, target: IO[bytes], label: str, *, most: int, resume: bool = False) -> str:
        """Write what ``url`` gives to ``target``, ``most`` bytes of it, and return its sha256 in hex.

        With ``resume`` the target may hold the beginning, and the caller knows the sha256: if it comes out
        wrong, what was there was the beginning of something else.

        Raises LocationFault when the server does not give it, after some attempts if the fault may pass, and
        OSError when ``target`` cannot be written.
        """
        transfer = _Transfer(url, target, label, most)
        if resume:
            transfer.take_over()
        fruitless = slow = 0
        for attempt in range(1, _ATTEMPTS_IN_ALL + 1):
            before = transfer.received
            try:
                self._attempt(transfer)
            except PassingFault as fault:
                slow += isinstance(fault, SlowFault)
                fruitless = 1 if transfer.received - before >= _LEAST else fruitless + 1
                if fruitless >= _ATTEMPTS or slow >= _SLOW_ATTEMPTS or attempt == _ATTEMPTS_IN_ALL:
                    reason = f"{fault.reason} (after {attempt} attempts)"
                    raise LocationFault(reason, advice=fault.advice) from fault
                pause = min(max(_FIRST_PAUSE * 2 ** (fruitless - 1), fault.wait), _LONGEST_PAUSE)
                self._output.detail(f"{fault.reason}; trying again in {pause:.1f} s")
                self._sleep(pause)
            else:
                break
        return transfer.digest.hexdigest()

    def _attempt(self, transfer: _Transfer) -> None:
        headers = transfer.headers()
        pace = Pace(self._pace)
        try:
            with pace.applied():
                response = self._session.get(
                    transfer.url, headers=headers, stream=True, timeout=self._timeout
                )
        except requests.RequestException as error:
            raise translated(error, transfer.url, self._environment) from error
        with response:
            self._begin(transfer, response)
            self._receive(transfer, response, pace)

    def _begin(self, transfer: _Transfer, response: requests.Response) -> None:
        """Check the head of the answer, and make sure that its body continues what was received."""
        status = response.status_code
        if status == _RANGE_NOT_SATISFIABLE and transfer.received:
            transfer.restart()
            raise PassingFault("the server no longer has the same file")
        check_status(response)
        start = _start_of_range(response) if status == _PARTIAL else 0
        if start not in (0, transfer.received):
            transfer.restart()
            raise PassingFault("the server sent another part of the file than the one asked for")
        if start != transfer.received:
            transfer.restart()
        length = parse_count(response.headers.get("Content-Length", ""))
        transfer.total = None if length is None else transfer.received + length
        transfer.validator = _validator(response)
        if transfer.total is not None and transfer.total > transfer.most:
            raise _too_long(transfer, f"{transfer.total} bytes were about to come")

    def _receive(self, transfer: _Transfer, response: requests.Response, pace: Pace) -> None:
        while True:
            try:
                # Not iter_content: it would unpack the archive if the server calls it gzip-encoded. And not
                # read, which waits for the whole chunk, however slowly it comes.
                chunk = response.raw.read1(
                    min(_CHUNK, transfer.most + 1 - transfer.received), decode_content=False
                )
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise translated(error, transfer.url, self._environment) from error
            if not chunk:
                break
            transfer.target.write(chunk)
            transfer.digest.update(chunk)
            transfer.received += len(chunk)
            pace.consumed(len(chunk))
            if transfer.received > transfer.most:
                transfer.restart()
                raise _too_long(transfer, "there was more to come")
            self._output.progress(transfer.label, transfer.received, transfer.total)
        if transfer.total is not None and transfer.received < transfer.total:
            raise PassingFault(f"the server sent {transfer.received} of {transfer.total} bytes")


def _too_long(transfer: _Transfer, found: str) -> LocationFault:
    return LocationFault(
        f"what comes is not the archive: it has more than {transfer.most} bytes, and {found}",
        advice="Nothing of it was used. If this is a mirror, replace its copy by the released file.",
    )


def _start_of_range(response: requests.Response) -> int:
    """Return the first byte of ``Content-Range: bytes 100-199/200``, -1 if there is none."""
    first = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    start = parse_count(first)
    return -1 if start is None else start


def _validator(response: requests.Response) -> str:
    """Return what names this very content (RFC 9110, 'If-Range'): a strong ETag, else Last-Modified."""
    etag = response.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    return response.headers.get("Last-Modified", "")
