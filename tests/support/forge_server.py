"""A forge on loopback: the part of GitHub's and of GitLab's API that makes releases, as they document it."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from urllib.parse import unquote

from oci_registry.testing.loopback import LoopbackServer, Received, Response

TOKEN = "the-token-of-a-forge"
_GITHUB = re.compile(r"/repos/(?P<project>[^/]+/[^/]+)/releases(?:/tags/(?P<tag>[^/]+))?")
_GITLAB = re.compile(r"/projects/(?P<project>[^/]+)/releases(?:/(?P<tag>[^/]+))?")


@dataclass
class Released:
    """A release as the forge keeps it."""

    name: str
    text: str


class ForgeServer(LoopbackServer):
    """One repository of a forge. `tags` are those that it has; requests without the token change nothing."""

    def __init__(self, project: str, tags: frozenset[str]) -> None:
        super().__init__()
        self.project = project
        self.tags = tags
        self.releases: dict[str, Released] = {}
        self.seen: list[Received] = []
        self._lock = threading.Lock()

    def answer(self, request: Received) -> Response:
        """Answer as the forge whose paths are asked for."""
        with self._lock:
            self.seen.append(request)
            if found := _GITHUB.fullmatch(request.path):
                return self._github(request, found["project"], unquote(found["tag"] or ""))
            if found := _GITLAB.fullmatch(request.path):
                # The id of a project is its path, all of it URL-encoded.
                return self._gitlab(request, unquote(found["project"]), unquote(found["tag"] or ""))
        return Response.of_json({"message": "Not Found"}, status=404)

    def _is_known(self, request: Received) -> bool:
        return request.headers.get("authorization") == f"Bearer {TOKEN}"

    def _github(self, request: Received, project: str, tag: str) -> Response:
        if not self._is_known(request):
            return Response.of_json({"message": "Bad credentials"}, status=401)
        if project != self.project or (request.method == "GET" and tag not in self.releases):
            return Response.of_json({"message": "Not Found"}, status=404)
        if request.method == "GET":
            kept = self.releases[tag]
            return Response.of_json({"id": 1, "tag_name": tag, "name": kept.name, "body": kept.text})
        document = json.loads(request.body)
        tag = document.get("tag_name", "")
        if not tag or tag in self.releases:
            code = "already_exists" if tag else "missing_field"
            error = {"resource": "Release", "code": code, "field": "tag_name"}
            return Response.of_json({"message": "Validation Failed", "errors": [error]}, status=422)
        self.releases[tag] = Released(str(document.get("name")), str(document.get("body")))
        return Response.of_json({"id": 1, "tag_name": tag}, status=201)

    def _gitlab(self, request: Received, project: str, tag: str) -> Response:
        if not self._is_known(request):
            return Response.of_json({"message": "401 Unauthorized"}, status=401)
        if project != self.project or (request.method == "GET" and tag not in self.releases):
            return Response.of_json({"message": "404 Not Found"}, status=404)
        if request.method == "GET":
            kept = self.releases[tag]
            return Response.of_json({"tag_name": tag, "name": kept.name, "description": kept.text})
        document = json.loads(request.body)
        tag = str(document["tag_name"])
        if tag in self.releases:
            return Response.of_json({"message": "Release already exists"}, status=409)
        if tag not in self.tags and not document.get("ref"):
            return Response.of_json({"message": "Ref is not specified"}, status=422)
        self.releases[tag] = Released(str(document.get("name")), str(document.get("description")))
        return Response.of_json({"tag_name": tag}, status=201)
