"""Publishing to registries that do not do what most do: their habits, one by one (see `Habit`)."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ExitCode, exit_code_of
from buildpack_release.model.settings import MOVING_TAGS
from buildpack_release.publish.publish_report import plan_text, refusal_lines
from buildpack_release.publish.tags import MovingTags
from oci_registry.errors import AccessDeniedError, RegistryError
from oci_registry.reference import Reference
from oci_registry.remote.client import RegistryClient
from oci_registry.remote.retry import RetryPolicy
from oci_registry.testing.hosted import REFERRERS_UNKNOWN, Habit, HostedRegistry
from oci_registry.testing.loopback import Response
from oci_registry.testing.memory import MemoryRegistry
from support import misbehaving_server
from support.publishing import NAMES, agreed, another, make_repository, pack, publication, written
from support.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_release.publish.publication import Publication

IMMUTABLE = (Habit.IMMUTABLE_400, Habit.IMMUTABLE_409, Habit.IMMUTABLE_412)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(make_repository(tmp_path_factory.mktemp("packed") / "repository"))


@pytest.fixture(scope="module")
def newer(packed: Path) -> Path:
    """The next release of the same buildpacks."""
    return another(packed, packed.parent / "newer", version="1.0.1")


@contextmanager
def hosted(habit: Habit, *, referrers: bool = False) -> Iterator[HostedRegistry]:
    with (
        MemoryRegistry(referrers=referrers) as registry,
        ScriptedServer(lambda _: Response(429, {"Retry-After": "60"})) as elsewhere,
        HostedRegistry(registry, habit, elsewhere=elsewhere.url) as server,
    ):
        yield server


def published(root: Path, server: HostedRegistry) -> Publication:
    return publication(root, server.host, policy=RetryPolicy(attempts=2))


@pytest.mark.parametrize("habit", [*REFERRERS_UNKNOWN, Habit.MOUNT_403, Habit.SHARED_BLOBS])
def test_everything_is_published_and_a_second_run_writes_nothing(packed: Path, habit: Habit) -> None:
    with hosted(habit) as server:
        published(packed, server).publish(agreed)
        verified = published(packed, server).verify()
        server.requests.clear()
        again = published(packed, server).publish(agreed)
        writes = [one for one in server.requests if one.method in ("PUT", "POST", "PATCH")]
    assert [one.problems for one in verified] == [()] * len(NAMES)
    assert [one.is_new for one in again] == [False] * len(NAMES)
    assert writes == []


def test_a_referrer_that_the_registry_loses_is_put_again(packed: Path) -> None:
    with hosted(Habit.LOSES_A_REFERRER, referrers=True) as server:
        published(packed, server).publish(agreed)
        assert [one.problems for one in published(packed, server).verify()] == [()] * len(NAMES)


def test_no_tag_is_written_where_documents_may_not_be_read(packed: Path) -> None:
    with hosted(Habit.REFERRERS_403) as server:
        with pytest.raises(AccessDeniedError) as caught:
            published(packed, server).publish(agreed)
        tags = [one for one in written(server.registry.requests) if one.endswith("/1.0.0")]
    assert exit_code_of(caught.value) is ExitCode.AUTH
    assert tags == []


def test_where_no_documents_can_be_stored_it_is_said_how_to_publish_without(packed: Path) -> None:
    with hosted(Habit.NO_DOCUMENTS) as server:
        with pytest.raises(RegistryError, match="answered 400") as caught:
            published(packed, server).publish(agreed)
        assert "documents = false in [tool.buildpack-release.publish]" in caught.value.advice
        assert [
            one for one in server.registry.requests if one.target.endswith("/1.0.0") and one.method == "PUT"
        ] == []
        without = replace(published(packed, server), documents=False)
        results = without.publish(agreed)
        assert without.plan().is_done
        assert [one.problems for one in without.verify()] == [()] * len(NAMES)
    assert [one.attached for one in results] == [()] * len(NAMES)


@pytest.mark.parametrize("habit", IMMUTABLE)
def test_with_immutable_tags_the_next_release_is_published_and_what_stays_is_said(
    packed: Path, newer: Path, habit: Habit
) -> None:
    """Protects every release after the first: `1.0`, `1` and `latest` exist by then and cannot move."""
    with hosted(habit) as server:
        published(packed, server).publish(agreed)
        second = published(newer, server)
        results = second.publish(agreed)
        assert second.plan().is_done, "the same run knows what was refused"
        assert "stays: the registry refuses to move it" in plan_text(second.plan())
        assert [one.problems for one in second.verify()] == [()] * len(NAMES)
        other_run = published(newer, server).publish(agreed)
        kept = published(newer, server)
        none = replace(kept, moving=MovingTags(()))
        assert none.plan().is_done
        assert [one.problems for one in none.verify()] == [()] * len(NAMES)
        complaints = kept.verify()
    assert [set(one.refused) for one in results] == [{"1.0", "1", "latest"}] * len(NAMES)
    assert [one.is_new for one in results] == [True] * len(NAMES)
    assert [set(one.refused) for one in other_run] == [{"1.0", "1", "latest"}] * len(NAMES)
    assert "refuses to move 1.0, 1, latest" in refusal_lines(results)
    assert "moving-tags" in refusal_lines(results)
    assert all("the tag latest points to" in " ".join(one.problems) for one in complaints)


def test_only_the_moving_tags_that_are_kept_are_written(packed: Path) -> None:
    with MemoryRegistry() as registry:
        one = replace(publication(packed, registry.host), moving=MovingTags(("minor",)))
        one.publish(agreed)
        state = registry.store.state()
    assert MOVING_TAGS == ("minor", "major", "latest")
    for _, _, pointers in state.values():
        assert {tag for tag, _ in pointers if not tag.startswith("sha256-")} == {"1.0.0", "1.0"}


@pytest.mark.parametrize("created", [(), ("acme/one",)])
def test_all_repositories_that_have_to_be_created_are_named_at_once(
    packed: Path, created: tuple[str, ...]
) -> None:
    with hosted(Habit.NOT_CREATED) as server:
        server.created.update(created)
        with pytest.raises(RegistryError, match="does not create repositories") as caught:
            published(packed, server).publish(agreed)
        missing = {f"acme/{name}" for name in NAMES} - set(created)
        assert {line.partition("/")[2] for line in caught.value.detail.splitlines()} >= missing
        server.created.update(missing)
        published(packed, server).publish(agreed)
        assert [one.problems for one in published(packed, server).verify()] == [()] * len(NAMES)


def test_docker_hub_is_asked_at_the_host_that_has_its_registry(packed: Path) -> None:
    """Held by the proxy that would connect: nothing of this test leaves the machine."""
    reference = Reference.parse_namespace("docker.io/acme").child("one")
    refusal = misbehaving_server.status("403 Forbidden")
    with misbehaving_server.answering(refusal) as proxy, pytest.MonkeyPatch.context() as patch:
        for name in ("HTTPS_PROXY", "https_proxy"):
            patch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, "")
        remote = RegistryClient(reference.registry, policy=RetryPolicy(attempts=1))
        with remote, pytest.raises(RegistryError) as caught:
            remote.repository(reference.repository).manifest("1.0.0")
    assert {one.path for one in proxy.requests} == {"registry-1.docker.io:443"}
    assert "registry-1.docker.io" in str(caught.value)
