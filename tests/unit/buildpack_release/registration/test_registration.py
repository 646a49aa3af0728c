"""Everything is checked before the first request, and components come before the composite."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import CheckFailed, UsageError
from buildpack_release.registration.registrar import RequestState
from buildpack_release.registration.registration import Registration, token_from
from buildpack_release.registration.registration_report import request_data, request_table, requests_text
from oci_registry.testing.access import BasicGuard
from oci_registry.testing.memory import MemoryRegistry
from support.publishing import agreed, publication

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from buildpack_release.registration.registrar import Registrar
    from buildpack_testing.cnb_registry import CnbRegistry


@pytest.fixture
def registration(packed: Path, registry: MemoryRegistry, registrar: Callable[..., Registrar]) -> Registration:
    return Registration(publication(packed, registry.host), registrar())


def test_components_first(host: CnbRegistry, registration: Registration) -> None:
    """Each request waits for the answer to the one before; then nothing is left."""
    done = registration.carry_out(agreed)
    assert all(one.is_registered for one in done)
    assert [issue.title for issue in host.issues] == [
        f"ADD acme/{name}@1.0.0" for name in ("one", "two", "all")
    ]
    shown: list[object] = []
    assert registration.carry_out(shown.append) == registration.look()
    assert shown == [], "nobody is asked when nothing is to be done"
    assert requests_text(registration.look()) == ""


def test_what_is_shown(host: CnbRegistry, registration: Registration) -> None:
    """The requests to be made by hand, and the same as data."""
    statuses = registration.look()
    text = requests_text(statuses)
    assert text.count("ADD acme/") == 3
    assert text.count("Open it: https://") == 3
    assert "@sha256:" in text
    assert request_table(statuses).count("not requested") == 3
    assert [one["state"] for one in request_data(statuses)] == ["not requested"] * 3


def test_not_published(packed: Path, registrar: Callable[..., Registrar], host: CnbRegistry) -> None:
    with MemoryRegistry(address="127.0.0.11") as empty:
        target = Registration(publication(packed, empty.host), registrar())
        for run in (target.look, lambda: target.carry_out(agreed)):
            with pytest.raises(CheckFailed, match="cannot be registered") as caught:
                run()
            assert str(caught.value).count("it is not published") == 3
    assert host.issues == []


def test_not_readable_for_everybody(packed: Path, registrar: Callable[..., Registrar]) -> None:
    """The registry's workflow has no credentials."""
    with MemoryRegistry(address="127.0.0.11", guard=BasicGuard({"a": "b"})) as private:
        target = Registration(publication(packed, private.host), registrar())
        with pytest.raises(CheckFailed, match="readable for everybody"):
            target.look()


def test_a_registry_that_only_this_machine_sees(
    packed: Path, registrar: Callable[..., Registrar], host: CnbRegistry
) -> None:
    """The request is shown with the reason why it is useless, and is never made."""
    with MemoryRegistry() as registry:
        publication(packed, registry.host).publish(agreed)
        target = Registration(publication(packed, registry.host), registrar())
        assert "a name in several parts" in request_table(target.look())
        with pytest.raises(CheckFailed, match="a name in several parts"):
            target.carry_out(agreed)
    assert host.issues == []


def test_a_directory(packed: Path, registrar: Callable[..., Registrar], tmp_path: Path) -> None:
    target = replace(publication(packed, "unused.invalid"), destination=tmp_path)
    with pytest.raises(UsageError):
        Registration(target, registrar()).look()


def test_no_code_host(
    packed: Path, registry: MemoryRegistry, registrar: Callable[..., Registrar], host: CnbRegistry
) -> None:
    """The requests can be shown all the same; it is said that nobody could be asked."""
    one = registrar("")
    one.index.api.base = "http://127.0.0.1:1"
    statuses = Registration(publication(packed, registry.host), one).look()
    assert {status.state for status in statuses} == {RequestState.UNKNOWN}
    assert "could not be asked" in request_table(statuses)
    assert requests_text(statuses).count("ADD ") == 3


def test_somebody_says_no(registration: Registration, host: CnbRegistry) -> None:
    """Before anything is public."""

    def disagree(_standings: object) -> None:
        raise UsageError("no")

    with pytest.raises(UsageError):
        registration.carry_out(disagree)
    assert host.issues == []


def test_the_token_of_the_environment() -> None:
    assert token_from({}) is token_from({"GITHUB_TOKEN": " "}) is None
    token = token_from({"GITHUB_TOKEN": "secret\n"})
    assert token is not None
    assert token.reveal() == "secret"
    assert "secret" not in repr(token)
