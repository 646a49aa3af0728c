"""The CNB registry for tests: the API of its code host on loopback, and its workflow behind the issues.

Like the real workflow it parses an opened issue, looks who owns the namespace, reads the labels of the image
without credentials, adds the entry, labels the issue and closes it.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from buildpack_common.parsing import parse_toml
from buildpack_release.errors import ReleaseError
from buildpack_release.packaging.buildpackage import METADATA_LABEL
from buildpack_release.registration.registry_index import INDEX, NAMESPACES, entry_path
from buildpack_release.registration.rules import RESTRICTED
from oci_registry.reading import read_tree
from oci_registry.reference import Reference
from oci_registry.remote.registries import Registries, connection
from oci_registry.testing.loopback import HangUp, LoopbackServer, Received, Response

if TYPE_CHECKING:
    from collections.abc import Callable

_TITLE = re.compile(r"(ADD|YANK) \S+")
_ID = re.compile(r"([a-zA-Z0-9.-]+)/([a-zA-Z0-9./-]+)")
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"(?:{_LABEL}\.)+[a-z0-9][a-z0-9-]*[a-z0-9](?::[0-9]+)?/[^:]+@sha256:[a-f0-9]{{64}}")
_PAGE = 2  # items; small, so that lists have several pages


class Trouble(Enum):
    """What goes wrong at the code host."""

    LOST_ANSWER = "the issue is opened, but the connection breaks before the answer"
    BUSY = "502 instead of opening the issue"
    LIMIT = "403 with the limit of requests used up"
    NEVER = "the workflow does not run"
    CLOSED = "somebody closes the issue without a label"


@dataclass
class FakeIssue:
    """An issue of the index."""

    number: int
    title: str
    body: str
    user: str
    state: str = "open"
    labels: list[str] = field(default_factory=list)
    comment: str = ""


class CnbRegistry(LoopbackServer):
    """The registry's code host. `users` are ids by login, `tokens` logins by token.

    `index` and `namespaces` are the files of its two repositories by path. `polls` is how often an issue is
    read before the workflow has run. `troubles` strike one request each, in their order.
    """

    def __init__(self, *, polls: int = 1) -> None:
        super().__init__()
        self.users = {"alice": 1, "bob": 2}
        self.tokens = {"alice-s token": "alice", "bob-s token": "bob"}
        self.organisations: dict[str, list[int]] = {}
        self.index: dict[str, str] = {}
        self.namespaces: dict[str, str] = {}
        self.issues: list[FakeIssue] = []
        self.troubles: list[Trouble] = []
        self.requests: list[str] = []
        self._polls = polls
        self._read: dict[int, int] = {}
        self._lock = threading.Lock()

    def answer(self, request: Received) -> Response:
        """Answer a request; one after the other."""
        with self._lock:
            self.requests.append(f"{request.method} {request.path}")
            return self._route(request)

    def _route(self, request: Received) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        login = self.tokens.get(token, "")
        if token and not login:
            return _error(401, "Bad credentials")
        if Trouble.LIMIT in self.troubles:
            self.troubles.remove(Trouble.LIMIT)
            headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}
            return Response(403, headers, b'{"message": "API rate limit exceeded"}')
        routes: tuple[tuple[str, Callable[[], Response]], ...] = (
            ("/user", lambda: self._user(login)),
            (r"/users/[^/]+/orgs", lambda: self._organisations(request)),
            (f"/repos/{INDEX}/contents/.+", lambda: self._file(self.index, INDEX, request)),
            (f"/repos/{NAMESPACES}/contents/.+", lambda: self._file(self.namespaces, NAMESPACES, request)),
            (f"/repos/{INDEX}/issues", lambda: self._issues(request, login)),
            (f"/repos/{INDEX}/issues/[0-9]+", lambda: self._issue(request)),
        )
        for pattern, handle in routes:
            if re.fullmatch(pattern, request.path):
                return handle()
        return _error(404, "Not Found")

    def _user(self, login: str) -> Response:
        if not login:
            return _error(401, "Requires authentication")
        return Response.of_json({"login": login, "id": self.users[login]})

    def _organisations(self, request: Received) -> Response:
        login = request.path.split("/")[2]
        return self._page(request, [{"id": one} for one in self.organisations.get(login, [])])

    def _file(self, files: dict[str, str], repository: str, request: Received) -> Response:
        path = request.path.partition(f"/repos/{repository}/contents/")[2]
        if path not in files:
            return _error(404, "Not Found")
        if request.headers.get("accept") != "application/vnd.github.raw+json":
            return _error(415, "this double knows raw files only")
        return Response(200, {"Content-Type": "application/vnd.github.raw+json"}, files[path].encode())

    def _issues(self, request: Received, login: str) -> Response:
        if request.method == "POST":
            return self._opened(request, login)
        creator = request.parameter("creator")
        found = [one for one in reversed(self.issues) if creator in ("", one.user)]
        return self._page(request, [self._shown(one) for one in found])

    def _opened(self, request: Received, login: str) -> Response:
        if not login:
            return _error(401, "Requires authentication")
        if Trouble.BUSY in self.troubles:
            self.troubles.remove(Trouble.BUSY)
            return _error(502, "Server Error")
        document = json.loads(request.body)
        issue = FakeIssue(len(self.issues) + 1, document["title"], document["body"], login)
        self.issues.append(issue)
        if Trouble.LOST_ANSWER in self.troubles:
            self.troubles.remove(Trouble.LOST_ANSWER)
            raise HangUp
        return Response.of_json(self._shown(issue), status=201)

    def _issue(self, request: Received) -> Response:
        number = int(request.path.rpartition("/")[2])
        if number > len(self.issues):
            return _error(404, "Not Found")
        issue = self.issues[number - 1]
        self._read[number] = self._read.get(number, 0) + 1
        if issue.state == "open" and self._read[number] > self._polls:
            self.run_workflow(issue)
        return Response.of_json(self._shown(issue))

    def _page(self, request: Received, items: list[dict[str, Any]]) -> Response:
        page = int(request.parameter("page") or 1)
        shown = items[(page - 1) * _PAGE : page * _PAGE]
        response = Response.of_json(shown)
        if page * _PAGE >= len(items):
            return response
        query = {name: values[0] for name, values in request.query.items()} | {"page": str(page + 1)}
        link = f'<{self.url}{request.path}?{urlencode(query)}>; rel="next"'
        return Response(200, {**response.headers, "Link": link}, response.body)

    def _shown(self, issue: FakeIssue) -> dict[str, Any]:
        return {
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": issue.state,
            "labels": [{"name": name} for name in issue.labels],
            "html_url": f"{self.url}/{INDEX}/issues/{issue.number}",
            "user": {"login": issue.user, "id": self.users[issue.user]},
        }

    def run_workflow(self, issue: FakeIssue) -> None:
        """Do with an issue what the registry's workflow does."""
        if Trouble.NEVER in self.troubles:
            return
        issue.state = "closed"
        if Trouble.CLOSED in self.troubles:
            return
        issue.comment = self._handle(issue)
        issue.labels.append("failed" if issue.comment else "succeeded")

    def _handle(self, issue: FakeIssue) -> str:
        """Add the entry that an issue asks for; give the reason if that fails."""
        try:
            wanted = {key: str(value) for key, value in parse_toml(issue.body.replace("```", "")).items()}
        except ValueError as error:
            return f"unable to unmarshal body: {error}"
        match = _ID.fullmatch(wanted.get("id", ""))
        if not _TITLE.fullmatch(issue.title) or match is None or match[1] in RESTRICTED:
            return "invalid id, or a restricted namespace"
        if not _VERSION.fullmatch(wanted.get("version", "")) or not _ADDRESS.search(wanted.get("addr", "")):
            return "invalid version or address"
        if not self._owns(match[1], issue.user):
            return f"{issue.user} is not an owner of {match[1]}"
        if found := _wrong_labels(wanted):
            return found
        return self._add(match[1], match[2], wanted)

    def _owns(self, namespace: str, login: str) -> bool:
        path = f"v1/{namespace}.json"
        if path not in self.namespaces:
            self.namespaces[path] = json.dumps({"owners": [{"id": self.users[login], "type": "github_user"}]})
        owners = json.loads(self.namespaces[path])["owners"]
        mine = {("github_user", self.users[login])}
        mine |= {("github_org", one) for one in self.organisations.get(login, [])}
        return any((one["type"], one["id"]) in mine for one in owners)

    def _add(self, namespace: str, name: str, wanted: dict[str, str]) -> str:
        for line in self.index.get(entry_path(wanted["id"]), "").splitlines():
            entry = json.loads(line)
            if (entry["ns"], entry["version"]) == (namespace, wanted["version"]):
                return f"index {name} already has namespace {namespace} and version {wanted['version']}"
        self.add_entry(wanted["id"], wanted["version"], wanted["addr"])
        return ""

    def add_entry(self, buildpack_id: str, version: str, address: str, *, yanked: bool = False) -> None:
        """Add a line to the index."""
        path, (namespace, _, name) = entry_path(buildpack_id), buildpack_id.partition("/")
        entry = {"ns": namespace, "name": name, "version": version, "yanked": yanked, "addr": address}
        self.index[path] = f"{self.index.get(path, '')}{json.dumps(entry)}\n"


def _wrong_labels(wanted: dict[str, str]) -> str:
    """Read the image of linux/amd64 without credentials, and compare its label with the issue."""
    try:
        reference = Reference.parse(wanted["addr"])
        with Registries(connection(anonymous=True)) as registries:
            store = registries.repository(reference)
            root = store.manifest(str(reference.digest))
            tree = read_tree(store, root) if root is not None else None
    except ReleaseError as error:
        return f"unable to read the image: {error.title}"
    image = tree.platforms.get("linux/amd64") if tree is not None else None
    if image is None:
        return "there is no image for linux/amd64"
    metadata = json.loads(image.labels.get(METADATA_LABEL, "{}"))
    matches = (metadata.get("id"), metadata.get("version")) == (wanted["id"], wanted["version"])
    return "" if matches else "id or version of the image differ"


def _error(status: int, message: str) -> Response:
    return Response.of_json({"message": message}, status=status)
