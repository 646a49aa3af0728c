"""The CNB registry as it can be read: entries of its index, owners of namespaces, issues with requests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from buildpack_common.parsing import parse_json
from buildpack_release.registration.registration_request import RegistrationRequest, address_in
from oci_registry.errors import NotFoundError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.registration.api import Api

INDEX, NAMESPACES = "buildpacks/registry-index", "buildpacks/registry-namespaces"
WEB = "https://github.com"
_SUCCEEDED, _FAILED = "succeeded", frozenset({"failed", "failure"})


class WorkflowAnswer(Enum):
    """What the registry's workflow has said to an issue."""

    NONE_YET = "no answer yet"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed without a result"


@dataclass(frozen=True)
class Issue:
    """An issue of the index: `number` and `url`, the address it asks for, and what came of it."""

    number: int
    url: str
    title: str
    address: str
    answer: WorkflowAnswer

    @classmethod
    def of(cls, document: dict[str, Any]) -> Issue:
        """Read an issue as the API gives it. Raises RegistryError if it is none."""
        try:
            labels = {one["name"] for one in document["labels"]}
            is_open = document["state"] == "open"
            address = address_in(document.get("body") or "")
            answer = _answer(labels, is_open=is_open)
            return cls(int(document["number"]), document["html_url"], document["title"], address, answer)
        except (KeyError, TypeError, ValueError):
            raise RegistryError("the code host answered with an issue that cannot be read") from None


def _answer(labels: set[str], *, is_open: bool) -> WorkflowAnswer:
    # The workflow adds the entry before its label, and fails once more if it cannot close the issue.
    if _SUCCEEDED in labels:
        return WorkflowAnswer.SUCCEEDED
    if labels & _FAILED:
        return WorkflowAnswer.FAILED
    return WorkflowAnswer.NONE_YET if is_open else WorkflowAnswer.CLOSED


@dataclass(frozen=True)
class RegisteredVersion:
    """A registered version. One that is yanked stays in the index, and cannot be registered again."""

    address: str
    yanked: bool


@dataclass(frozen=True)
class Owner:
    """A user or organisation of the code host that may register in a namespace."""

    id: int
    is_user: bool


@dataclass(frozen=True)
class Account:
    """Who the token belongs to."""

    id: int
    login: str


@dataclass(frozen=True)
class Index:
    """The registry behind an API. Everything may raise RegistryError."""

    api: Api

    def entry(self, buildpack_id: str, version: str) -> RegisteredVersion | None:
        """Return the entry of a version, None if it is not registered."""
        for line in self._text(INDEX, entry_path(buildpack_id)).splitlines():
            try:
                found = parse_json(line)
                if (f"{found['ns']}/{found['name']}", found["version"]) == (buildpack_id, version):
                    return RegisteredVersion(str(found["addr"]), bool(found.get("yanked")))
            except (ValueError, KeyError, TypeError):
                continue
        return None

    def owners(self, namespace: str) -> tuple[Owner, ...]:
        """Return the owners of a namespace; none if there is no such namespace yet."""
        text = self._text(NAMESPACES, f"v1/{namespace}.json")
        try:
            found = parse_json(text)["owners"] if text else []
            return tuple(Owner(int(one["id"]), one["type"] == "github_user") for one in found)
        except (ValueError, KeyError, TypeError):
            raise RegistryError(f"the owners of the namespace {namespace} cannot be read") from None

    def account(self) -> Account:
        """Return the account of the token."""
        found = self.api.get("user")
        return Account(int(found["id"]), str(found["login"]))

    def organisations(self, account: Account) -> frozenset[int]:
        """Return the organisations of which an account is publicly a member, as the workflow sees them."""
        found = self.api.pages(f"users/{account.login}/orgs?per_page=100")
        return frozenset(int(one["id"]) for one in found)

    def issues(self, request: RegistrationRequest, account: Account) -> tuple[Issue, ...]:
        """Return an account's issues with the title of a request, the newest first."""
        return tuple(one for one in self._issues(account) if one.title == request.title)

    def open(self, request: RegistrationRequest) -> Issue:
        """Open an issue. Not repeated by itself: after an error look whether it is there."""
        document = {"title": request.title, "body": request.body}
        return Issue.of(self.api.post(f"repos/{INDEX}/issues", document))

    def issue(self, number: int) -> Issue:
        """Read an issue again."""
        return Issue.of(self.api.get(f"repos/{INDEX}/issues/{number}"))

    def _issues(self, account: Account) -> Iterator[Issue]:
        query = urlencode(
            {
                "creator": account.login,
                "state": "all",
                "sort": "created",
                "direction": "desc",
                "per_page": 100,
            }
        )
        for document in self.api.pages(f"repos/{INDEX}/issues?{query}"):
            if "pull_request" not in document:
                yield Issue.of(document)

    def _text(self, repository: str, path: str) -> str:
        try:
            return self.api.text(f"repos/{repository}/contents/{path}").decode("utf-8", "replace")
        except NotFoundError:
            return ""


def entry_path(buildpack_id: str) -> str:
    """Return the index's file for a buildpack: its folders are of the name's letters."""
    namespace, _, name = buildpack_id.partition("/")
    folders = {1: "1", 2: "2", 3: f"3/{name[:2]}"}.get(len(name), f"{name[:2]}/{name[2:4]}")
    return f"{folders}/{namespace}_{name}"
