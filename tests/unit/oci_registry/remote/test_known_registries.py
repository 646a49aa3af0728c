"""What is remembered of registries: it saves a question, and never decides anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oci_registry.reference import Reference
from oci_registry.remote.known_registries import KnownRegistries
from oci_registry.remote.registries import Registries
from oci_registry.store import Content
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from support.registries import client

if TYPE_CHECKING:
    from pathlib import Path

SUBJECT = image(b"subject")
SBOM = image(b"sbom", artifactType="x/sbom", subject=SUBJECT.root.descriptor().to_json())


def ask(host: str, known: KnownRegistries, *, least: int = 1) -> tuple[str, ...]:
    """Ask for referrers in a run of its own; at least so many are enough."""

    def connect(registry: str, *, report: object) -> object:
        return client(registry)

    with Registries(connect, known=known) as registries:  # type: ignore[arg-type]
        repository = registries.repository(Reference(host, "a"))
        found = repository.referrers(SUBJECT.root.digest, enough=lambda found: len(found) >= least)
    return tuple(one.digest for one in found)


def questions(registry: MemoryRegistry) -> list[str]:
    found = [one.target.split("/")[3] for one in registry.requests]
    registry.requests.clear()
    return found


def fill(registry: MemoryRegistry) -> None:
    with client(registry.host) as remote:
        remote.repository("a").push(SUBJECT)
        remote.repository("a").push(Content(SBOM.blobs, ()))
        remote.repository("a").attach(SBOM.root)
    registry.requests.clear()


def test_where_the_api_was_missing_it_is_not_asked_for_again(tmp_path: Path) -> None:
    known = KnownRegistries(tmp_path / "known")
    with MemoryRegistry(referrers=False) as registry:
        fill(registry)
        for expected in (["referrers", "manifests"], ["manifests"]):
            assert ask(registry.host, known) == (SBOM.root.digest,)
            assert questions(registry) == expected


def test_what_is_not_enough_is_asked_for_everywhere(tmp_path: Path) -> None:
    """The registry may have got the API since."""
    known = KnownRegistries(tmp_path / "known")
    with MemoryRegistry(referrers=True) as registry:
        fill(registry)
        known.note(registry.host, lacks_referrers=True)
        assert ask(registry.host, known) == (SBOM.root.digest,)
        assert questions(registry) == ["manifests", "referrers"]
        assert not known.lacks_referrers(registry.host), "it is known better now"


@pytest.mark.parametrize("blocked", [False, True])
def test_nothing_depends_on_the_folder(tmp_path: Path, *, blocked: bool) -> None:
    """None may be wanted, or it may be impossible to write."""
    if blocked:
        (tmp_path / "file").write_text("")
    known = KnownRegistries(tmp_path / "file" / "known" if blocked else None)
    with MemoryRegistry(referrers=False) as registry:
        fill(registry)
        for _ in range(2):
            assert ask(registry.host, known) == (SBOM.root.digest,)
            assert questions(registry) == ["referrers", "manifests"]
