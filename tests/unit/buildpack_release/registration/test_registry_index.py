"""Reading the registry: files of the index, issues page by page, answers that are no issues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from buildpack_release.errors import AuthError, NetworkError, ReleaseError, UsageError
from buildpack_release.registration.api import Api, check_base
from buildpack_release.registration.registration_request import RegistrationRequest
from buildpack_release.registration.registry_index import (
    Account,
    Index,
    Issue,
    RegisteredVersion,
    WorkflowAnswer,
    entry_path,
)
from buildpack_testing.cnb_registry import FakeIssue, Trouble
from oci_registry.remote.secret import ConcealedText
from oci_registry.testing.loopback import LoopbackServer, Received, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from buildpack_release.registration.registrar import Registrar
    from buildpack_testing.cnb_registry import CnbRegistry
    from support.registration import Time
REQUEST = RegistrationRequest("acme/one", "1.0.0", "r.example/one@sha256:" + "a" * 64)
ISSUE: dict[str, Any] = {
    "number": 7,
    "title": "t",
    "body": None,
    "state": "open",
    "labels": [],
    "html_url": "u",
}


@pytest.mark.parametrize(
    ("buildpack_id", "path"),
    [
        ("acme/a", "1/acme_a"),
        ("acme/ab", "2/acme_ab"),
        ("acme/abc", "3/ab/acme_abc"),
        ("acme/abcd", "ab/cd/acme_abcd"),
        ("acme/python", "py/th/acme_python"),
    ],
)
def test_the_file_of_a_buildpack(buildpack_id: str, path: str) -> None:
    """The folders are of the name's letters, not of the namespace's."""
    assert entry_path(buildpack_id) == path


@pytest.mark.parametrize(
    ("labels", "state", "answer"),
    [
        ([], "open", WorkflowAnswer.NONE_YET),
        (["other"], "open", WorkflowAnswer.NONE_YET),
        (["succeeded"], "open", WorkflowAnswer.SUCCEEDED),
        (["succeeded", "failed"], "closed", WorkflowAnswer.SUCCEEDED),
        (["failed"], "closed", WorkflowAnswer.FAILED),
        (["failure"], "closed", WorkflowAnswer.FAILED),
        ([], "closed", WorkflowAnswer.CLOSED),
    ],
)
def test_answers_are_labels(labels: list[str], state: str, answer: WorkflowAnswer) -> None:
    """The entry is added before its label: whatever fails after that does not count."""
    document = {**ISSUE, "state": state, "labels": [{"name": name} for name in labels]}
    assert Issue.of(document).answer is answer


@pytest.mark.parametrize("document", [{}, [], {**ISSUE, "labels": [1]}, {**ISSUE, "number": "x"}])
def test_what_is_no_issue(document: Any) -> None:  # noqa: ANN401 (whatever a server sends)
    with pytest.raises(ReleaseError, match="cannot be read"):
        Issue.of(document)


def test_entries(host: CnbRegistry, registrar: Callable[..., Registrar]) -> None:
    """Lines that cannot be read are passed over; other namespaces with the same name do not count."""
    host.index[entry_path("acme/one")] = "nonsense\n{}\n"
    host.add_entry("acme/one", "1.0.0", "y")
    host.add_entry("acme/one", "1.0.1", "z", yanked=True)
    host.index[entry_path("acme/one")] += host.index[entry_path("acme/one")].replace("acme", "other")
    index = registrar("").index
    assert index.entry("acme/one", "1.0.0") == RegisteredVersion("y", yanked=False)
    assert index.entry("acme/one", "1.0.1") == RegisteredVersion("z", yanked=True)
    assert index.entry("acme/one", "1.0.2") is None
    assert index.entry("acme/two", "1.0.0") is None


def test_issues_of_all_pages(host: CnbRegistry, registrar: Callable[..., Registrar]) -> None:
    """Of our account and with our title only."""
    for number, title in enumerate(["a", REQUEST.title, "b", "c", REQUEST.title, "d"], start=1):
        host.issues.append(FakeIssue(number, title, REQUEST.body, "alice"))
    host.issues.append(FakeIssue(7, REQUEST.title, REQUEST.body, "bob"))
    found = registrar().index.issues(REQUEST, Account(1, "alice"))
    assert [one.number for one in found] == [5, 2]
    assert {one.address for one in found} == {REQUEST.address}


def test_a_wrong_token(registrar: Callable[..., Registrar]) -> None:
    """It is not shown, and what it has to be is."""
    with pytest.raises(AuthError) as caught:
        registrar("mallory-s token").index.account()
    assert "mallory" not in str(caught.value)
    assert "public_repo" in str(caught.value)


def test_a_used_up_limit_is_waited_for(
    host: CnbRegistry, registrar: Callable[..., Registrar], clock: Time
) -> None:
    """It is a 403, which else means: you may not."""
    host.troubles = [Trouble.LIMIT]
    assert registrar().index.account().login == "alice"
    assert len(clock.waits) == 1


class Elsewhere(LoopbackServer):
    """A code host whose lists go on elsewhere, and whose other answers are no JSON."""

    def answer(self, request: Received) -> Response:
        if request.path == "/list":
            return Response(200, {"Link": '<http://127.0.0.2/steal>; rel="next"'}, b"[]")
        return Response(200, {}, b"<html>")


def test_the_token_stays_with_the_code_host() -> None:
    """A list that goes on at another place would take it there."""
    with Elsewhere() as server, Api(server.url, token=ConcealedText("x"), environ={}) as api:
        with pytest.raises(NetworkError, match="another place"):
            list(api.pages("list"))
        with pytest.raises(NetworkError, match="not JSON"):
            Index(api).account()


@pytest.mark.parametrize(
    "base", ["http://api.example", "ftp://x", "api.example", "https://me@api.example", ""]
)
def test_addresses_that_get_no_token(base: str) -> None:
    with pytest.raises(UsageError):
        check_base(base)


@pytest.mark.parametrize("base", ["https://api.example/v3/", "http://127.0.0.1:1", "http://localhost:1"])
def test_addresses_that_may_have_one(base: str) -> None:
    assert check_base(base) == base.rstrip("/")
