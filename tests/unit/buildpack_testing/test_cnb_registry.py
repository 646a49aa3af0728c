"""The double of the CNB registry refuses what the real workflow refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.registration.registration_request import RegistrationRequest
from buildpack_release.registration.registry_index import entry_path
from buildpack_testing.cnb_registry import CnbRegistry, FakeIssue
from oci_registry.testing.memory import MemoryRegistry
from support.publishing import agreed, make_repository, pack, publication

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where acme/one@1.0.0 is published."""
    root = pack(make_repository(tmp_path_factory.mktemp("packed") / "repository"))
    with MemoryRegistry(address="127.0.0.11") as registry:
        result, *_ = publication(root, registry.host, "acme/one").publish(agreed)
        yield f"{registry.host}/acme/one@{result.root.digest}"


@pytest.fixture
def host() -> Iterator[CnbRegistry]:
    with CnbRegistry() as host:
        yield host


def run(host: CnbRegistry, title: str, body: str, user: str = "alice") -> FakeIssue:
    """Open an issue and run the workflow."""
    issue = FakeIssue(len(host.issues) + 1, title, body, user)
    host.issues.append(issue)
    host.run_workflow(issue)
    return issue


def test_a_good_request_becomes_an_entry(host: CnbRegistry, address: str) -> None:
    """And makes the namespace its author's."""
    request = RegistrationRequest("acme/one", "1.0.0", address)
    assert run(host, request.title, request.body).labels == ["succeeded"]
    assert address in host.index[entry_path("acme/one")]
    again = run(host, request.title, request.body)
    assert (again.labels, again.state) == (["failed"], "closed")
    assert "already has" in again.comment
    other = RegistrationRequest("acme/one", "1.0.1", address)
    assert "not an owner" in run(host, other.title, other.body, "bob").comment


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda body: body.replace("```", "```toml", 1), "unmarshal"),
        (lambda body: body.replace("acme/", "samples/", 1), "restricted"),
        (lambda body: body.replace("1.0.0", "1.0"), "invalid version"),
        (lambda body: body.replace("127.0.0.11", "127.0.0.1"), "invalid version or address"),
        (lambda body: body.replace('"1.0.0"', '"1.0.1"'), "differ"),
    ],
)
def test_bad_requests(host: CnbRegistry, address: str, change: object, text: str) -> None:
    """Each for its own reason."""
    request = RegistrationRequest("acme/one", "1.0.0", address)
    issue = run(host, request.title, change(request.body))  # type: ignore[operator]
    assert issue.labels == ["failed"]
    assert text in issue.comment


def test_an_image_that_is_not_there(host: CnbRegistry, address: str) -> None:
    name = address.partition("@")[0]
    request = RegistrationRequest("acme/one", "1.0.0", f"{name}@sha256:{'0' * 64}")
    assert "no image" in run(host, request.title, request.body).comment
