"""The way in: what is told on the way, and how failures end."""

from __future__ import annotations

import io
import os
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, ExitCode, exit_code_of
from buildpack_release.publish.destination import store_of
from buildpack_release.publish.live_line import LiveLine
from oci_registry.errors import AccessDeniedError, UnavailableError
from oci_registry.parallel import in_parallel
from oci_registry.reference import Reference
from oci_registry.remote.credentials import Nobody
from oci_registry.remote.login import Password
from oci_registry.remote.registries import Registries, connection
from oci_registry.remote.retry import RetryPolicy
from oci_registry.remote.secret import ConcealedText
from oci_registry.testing.access import BasicGuard
from oci_registry.testing.faulty import FaultyRegistry, InjectedFault
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.token_server import BearerGuard, TokenServer
from support.publishing import agreed, publication

if TYPE_CHECKING:
    from pathlib import Path

    from oci_registry.remote.login import Login

USERS = {"publisher": "correct horse"}


class Me:
    """A source of one login."""

    def __init__(self, password: str) -> None:
        self._password = password

    def find(self, registry: str, repository: str) -> Login | None:  # noqa: ARG002 (one login for all)
        return Password("publisher", ConcealedText(self._password), "the test")


def test_people_are_told_steps_and_sizes(packed: Path, registry: MemoryRegistry) -> None:
    stream = io.StringIO()
    line = LiveLine(stream, is_terminal=False)
    publication(packed, registry.host, line=line).publish(agreed)
    text = stream.getvalue()
    assert re.search(rf"/3\] acme/one@1\.0\.0 to {registry.host}/acme/one: [0-9.]+ KiB sent in ", text)
    assert re.search(r"^\[[123]/3\] acme/all@.* mounted in ", text, re.MULTILINE)
    assert text.endswith("Reading back what is published\n")


def test_a_wrong_password_is_its_own_failure(packed: Path) -> None:
    """Nothing of it is shown."""
    with MemoryRegistry(guard=BasicGuard(USERS)) as registry:
        with pytest.raises(AccessDeniedError) as caught:
            publication(packed, registry.host, credentials=Me("battery staple")).publish(agreed)
        assert exit_code_of(caught.value) is ExitCode.AUTH
        assert "battery" not in str(caught.value)
        assert "staple" not in repr(caught.value)
        publication(packed, registry.host, credentials=Me("correct horse")).publish(agreed)


def test_with_tokens_and_their_scopes(packed: Path) -> None:
    """A registry that gives a token for just what is asked, also for mounting from another repository."""
    with TokenServer(users=USERS) as tokens, MemoryRegistry(guard=BearerGuard(tokens)) as registry:
        results = publication(packed, registry.host, credentials=Me("correct horse")).publish(agreed)
        assert "mounted" in {one.value for one in results[2].pushed.blobs.values()}


def test_a_registry_that_goes_away_says_how_to_go_on(packed: Path, registry: MemoryRegistry) -> None:
    """In the middle of pushing: the network's exit code, and the advice to run it again."""
    with (
        FaultyRegistry(registry, fault=InjectedFault.RESET_BEFORE, at=40, on=True) as faulty,
        pytest.raises(UnavailableError) as caught,
    ):
        publication(packed, faulty.host, policy=RetryPolicy(attempts=2)).publish(agreed)
    assert exit_code_of(caught.value) is ExitCode.NETWORK
    assert "Run the same command again" in caught.value.advice
    publication(packed, registry.host).publish(agreed)
    assert publication(packed, registry.host).plan().is_done


@pytest.mark.parametrize(("tag", "deep"), [("1.0.0", False), ("1.0.0", True), ("latest", True)])
def test_a_registry_that_forgets_tags_is_not_trusted(packed: Path, tag: str, *, deep: bool) -> None:
    """In the end each version has its digest; of a deep look everything must be done."""

    class Forgetful(MemoryRegistry):
        def answer(self, request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            response = super().answer(request)
            if request.method == "PUT" and request.path.endswith(f"/one/manifests/{tag}"):
                self.store.delete_manifest("acme/one", tag)
            return response

    with Forgetful() as registry, pytest.raises(CheckFailed, match="not all of it is published"):
        replace(publication(packed, registry.host), deep=deep).publish(agreed)


def test_to_a_directory(packed: Path, tmp_path: Path) -> None:
    """One layout for each package, in the same way as to a registry."""
    target = replace(publication(packed, "unused.invalid"), destination=tmp_path / "a b")
    results = target.publish(agreed)
    assert sorted(path.name for path in (tmp_path / "a b").iterdir()) == ["all", "one", "two"]
    assert all(result.is_new for result in results)
    assert target.plan().is_done
    assert all(one.problems == () for one in target.verify())


def test_a_read_only_dist_can_be_published(root: Path, registry: MemoryRegistry) -> None:
    for path in (root / "dist", *(root / "dist").rglob("*")):
        path.chmod(path.stat().st_mode & 0o555)
    publication(root, registry.host).publish(agreed)
    for path in (root / "dist", *(root / "dist").rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


def test_one_client_serves_all_packages(registry: MemoryRegistry) -> None:
    """Those, too, that are asked about at the same moment."""
    opened = []

    def connect(registry: str, *, report: object) -> object:
        threading.Event().wait(0.02)
        opened.append(registry)
        return connection()(registry, report=lambda _: None)

    destination = Reference(registry.host, "acme")
    with Registries(connect, print) as registries:  # type: ignore[arg-type]
        stores = in_parallel(lambda name: store_of(destination, name, registries), ("a", "b", "c"))
    assert [store.name for store in stores] == [f"{registry.host}/acme/{name}" for name in ("a", "b", "c")]
    assert opened == [registry.host]


def test_anonymous_means_no_credentials(monkeypatch: pytest.MonkeyPatch, packed: Path) -> None:
    """Not even those that the environment has."""
    assert Nobody().find("x.io", "a") is None
    with MemoryRegistry(guard=BasicGuard(USERS)) as registry:
        login = {"HOST": registry.host, "USERNAME": "publisher", "PASSWORD": "correct horse"}
        for name, value in login.items():
            monkeypatch.setenv(f"STRATA_REGISTRY_{name}", value)
        assert "STRATA_REGISTRY_HOST" in os.environ
        for anonymous in (False, True):
            with connection(anonymous=anonymous)(registry.host, report=print) as client:
                if anonymous:
                    with pytest.raises(AccessDeniedError):
                        client.ping()
                else:
                    client.ping()
