"""Habits of registries that cannot be run here, as their users report them: one at a time, before a registry.

What each imitates: the referrers route of registries behind a web forge or a login page, GitLab's fallback
tag, olareg's lost referrer, ECR's immutable tags and repositories that have to be created first, storage
that all repositories share (zot), go-containerregistry's ranges.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING

from oci_registry.testing.loopback import LoopbackServer, Received, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oci_registry.testing.memory import MemoryRegistry

_REFERRERS = re.compile(r"/v2/.+/referrers/sha256:[0-9a-f]{64}")
_FALLBACK = re.compile(r"(?P<base>/v2/.+/manifests/)sha256-(?P<hex>[0-9a-f]{64})")
_TAG = re.compile(r"(?P<base>/v2/.+/manifests/)(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})")
_UPLOADS = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/")
_BLOB = re.compile(r"/v2/(?P<name>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})")
_PAGE = b"<!doctype html><title>Sign in</title>"


class Habit(Enum):
    """What a registry does otherwise than the specification, or than most."""

    LOGIN_PAGE = "the referrers route answers a page, 200"
    LOGIN_ELSEWHERE = "the referrers route redirects to a page on another host"
    FORGE_IS_BUSY = "the referrers route redirects to another host, which answers 429"
    REFERRERS_500 = "the referrers route answers 500"
    REFERRERS_400 = "the referrers route answers 400"
    REFERRERS_405 = "the referrers route answers 405"
    REFERRERS_401 = "the referrers route answers 401"
    REFERRERS_403 = "the referrers route answers 403"
    REFERRERS_429 = "the referrers route answers 429"
    SUBJECT_UNDER_FALLBACK_TAG = "no referrers route, and the fallback tag resolves to the subject"
    LOSES_A_REFERRER = "the first of two referrers is not listed, until it is put again"
    NO_DOCUMENTS = "no referrers route, and no tag with a digest in it"
    IMMUTABLE_400 = "a tag that exists is refused with 400 TAG_INVALID"
    IMMUTABLE_409 = "a tag that exists is refused with 409"
    IMMUTABLE_412 = "a tag that exists is refused with 412"
    NOT_CREATED = "repositories have to be created beforehand"
    MOUNT_401 = "mounting answers 401"
    MOUNT_403 = "mounting answers 403"
    SHARED_BLOBS = "mounting begins an upload, and the blob is there all the same"
    CLOSED_RANGES_ONLY = "a range without an end is answered with 416"
    NO_RANGES = "any range is answered with 416"


REFERRERS_UNKNOWN = (
    Habit.LOGIN_PAGE,
    Habit.LOGIN_ELSEWHERE,
    Habit.FORGE_IS_BUSY,
    Habit.REFERRERS_500,
    Habit.REFERRERS_400,
    Habit.REFERRERS_405,
    Habit.SUBJECT_UNDER_FALLBACK_TAG,
)
"""The ways in which a registry says that it has no referrers API."""
_STATUS = {
    Habit.REFERRERS_500: (500, "UNKNOWN"),
    Habit.REFERRERS_400: (400, "UNSUPPORTED"),
    Habit.REFERRERS_405: (405, "UNSUPPORTED"),
    Habit.REFERRERS_401: (401, "UNAUTHORIZED"),
    Habit.REFERRERS_403: (403, "DENIED"),
    Habit.REFERRERS_429: (429, "TOOMANYREQUESTS"),
    Habit.SUBJECT_UNDER_FALLBACK_TAG: (404, "UNSUPPORTED"),
    Habit.NO_DOCUMENTS: (404, "UNSUPPORTED"),
}
_IMMUTABLE = {
    Habit.IMMUTABLE_400: (400, "TAG_INVALID"),
    Habit.IMMUTABLE_409: (409, "TAG_IMMUTABLE"),
    Habit.IMMUTABLE_412: (412, "PRECONDITION"),
}
_MOUNT = {Habit.MOUNT_401: (401, "UNAUTHORIZED"), Habit.MOUNT_403: (403, "DENIED")}


class HostedRegistry(LoopbackServer):
    """A registry in memory with a habit. `created` are the repositories that exist for NOT_CREATED.

    `elsewhere` is the address of another host, where it sends whoever asks for referrers.
    """

    def __init__(self, registry: MemoryRegistry, habit: Habit, *, elsewhere: str = "") -> None:
        super().__init__()
        self.registry = registry
        self.created: set[str] = set()
        self.requests: list[Received] = []
        self._habit = habit
        self._elsewhere = elsewhere
        self._lost: set[str] = set()

    def answer(self, request: Received) -> Response:
        """Answer a request in the habit's way where it has one."""
        self.requests.append(request)
        handle = self._HANDLERS.get(self._habit)
        own = handle(self, request) if handle else self._status(request)
        return own if own is not None else self.registry.answer(request)

    def _status(self, request: Received) -> Response | None:
        """Answer the one route with a status."""
        if self._habit in _STATUS and _REFERRERS.fullmatch(request.path):
            return Response.error(*_STATUS[self._habit])
        if self._habit in _MOUNT and request.parameter("mount"):
            return Response.error(*_MOUNT[self._habit])
        return None

    def _login_page(self, request: Received) -> Response | None:
        return Response(200, {"Content-Type": "text/html"}, _PAGE) if _is_referrers(request) else None

    def _redirect(self, request: Received) -> Response | None:
        status = 303 if self._habit is Habit.FORGE_IS_BUSY else 302
        return Response(status, {"Location": f"{self._elsewhere}/login"}) if _is_referrers(request) else None

    def _fallback_is_subject(self, request: Received) -> Response | None:
        match = _FALLBACK.fullmatch(request.path)
        if match and request.method in ("GET", "HEAD"):
            found = self.registry.answer(request)
            if found.status == 404:  # noqa: PLR2004
                return self.registry.answer(replace(request, target=f"{match['base']}sha256:{match['hex']}"))
            return found
        return self._status(request)

    def _no_documents(self, request: Received) -> Response | None:
        if request.method == "PUT" and _FALLBACK.fullmatch(request.path):
            return Response.error(400, "TAG_INVALID", "invalid tag")
        return self._status(request)

    def _loses(self, request: Received) -> Response | None:
        """Take a manifest with a subject, but list it only after it was put a second time."""
        digest = request.path.rpartition("/")[2]
        if request.method == "PUT" and b'"subject"' in request.body and not self._lost:
            self._lost.add(digest)
            return self.registry.answer(request)
        if request.method == "PUT" and digest in self._lost:
            self._lost = {""}
        found = self.registry.answer(request)
        if not _is_referrers(request):
            return found
        document = json.loads(found.body)
        document["manifests"] = [one for one in document["manifests"] if one["digest"] not in self._lost]
        return replace(found, body=json.dumps(document).encode())

    def _immutable(self, request: Received) -> Response | None:
        match = _TAG.fullmatch(request.path)
        if match is None or request.method != "PUT" or match["tag"].startswith("sha256"):
            return None
        there = self.registry.answer(replace(request, method="HEAD", headers={"accept": "*/*"}, body=b""))
        return Response.error(*_IMMUTABLE[self._habit]) if there.status == 200 else None  # noqa: PLR2004

    def _not_created(self, request: Received) -> Response | None:
        match = _UPLOADS.match(request.path)
        if match and request.method == "POST" and match["name"] not in self.created:
            return Response.error(404, "NAME_UNKNOWN", f"no repository {match['name']}")
        return None

    def _shared(self, request: Received) -> Response | None:
        digest = request.parameter("mount")
        if not digest:
            return None
        mounted = self.registry.answer(request)
        plain = replace(request, target=request.path)
        return self.registry.answer(plain) if mounted.status == 201 else mounted  # noqa: PLR2004

    def _no_open_range(self, request: Received) -> Response | None:
        wanted = request.headers.get("range", "")
        refused = wanted.endswith("-") or (wanted and self._habit is Habit.NO_RANGES)
        if refused and _BLOB.fullmatch(request.path):
            return Response.error(416, "BLOB_UNKNOWN", "we do not understand your range")
        return None

    _HANDLERS: Mapping[Habit, Callable[[HostedRegistry, Received], Response | None]] = {
        Habit.LOGIN_PAGE: _login_page,
        Habit.LOGIN_ELSEWHERE: _redirect,
        Habit.FORGE_IS_BUSY: _redirect,
        Habit.SUBJECT_UNDER_FALLBACK_TAG: _fallback_is_subject,
        Habit.NO_DOCUMENTS: _no_documents,
        Habit.LOSES_A_REFERRER: _loses,
        Habit.IMMUTABLE_400: _immutable,
        Habit.IMMUTABLE_409: _immutable,
        Habit.IMMUTABLE_412: _immutable,
        Habit.NOT_CREATED: _not_created,
        Habit.SHARED_BLOBS: _shared,
        Habit.CLOSED_RANGES_ONLY: _no_open_range,
        Habit.NO_RANGES: _no_open_range,
    }


def _is_referrers(request: Received) -> bool:
    return _REFERRERS.fullmatch(request.path) is not None
