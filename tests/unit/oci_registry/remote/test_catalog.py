"""The list of a registry's repositories: all pages of it, and what is no such list is an error."""

from __future__ import annotations

import json

import pytest

from oci_registry.errors import NotFoundError, RegistryError, UnsafeRedirectError
from oci_registry.remote.catalog import repositories
from oci_registry.remote.scope import CATALOG, pull, union
from oci_registry.testing.loopback import Response
from oci_registry.testing.memory import MemoryRegistry
from oci_registry.testing.samples import image
from support.registries import client
from support.scripted_server import ScriptedServer, in_turn


def test_all_repositories_are_listed() -> None:
    """In the registry's order."""
    with MemoryRegistry() as registry, client(registry.host) as remote:
        for name in ("b", "a/c"):
            remote.repository(name).push(image(b"layer"), ["1"])
        assert repositories(remote) == ("a/c", "b")


def test_the_list_goes_on_where_the_link_leads() -> None:
    """No page is left out, and none read twice."""
    pages = [
        Response(200, {"Link": '</v2/_catalog?n=1&last=a>; rel="next"'}, b'{"repositories": ["a"]}'),
        Response(200, {}, b'{"repositories": ["b", "NOT A NAME", 5]}'),
    ]
    with ScriptedServer(in_turn(*pages)) as server, client(server.host) as remote:
        assert repositories(remote) == ("a", "b")


@pytest.mark.parametrize("body", [b"[]", b"<html>", json.dumps({"repositories": "a"}).encode() + b"}"])
def test_nonsense_is_an_error(body: bytes) -> None:
    """Not an empty list: nobody must believe that there is nothing."""
    with (
        ScriptedServer(in_turn(Response(200, {}, body))) as server,
        client(server.host) as remote,
        pytest.raises(RegistryError, match="not what a registry answers"),
    ):
        repositories(remote)


def test_a_registry_without_a_list_says_so() -> None:
    """404 is an error here."""
    with (
        ScriptedServer(in_turn(Response(404, {}, b""))) as server,
        client(server.host) as remote,
        pytest.raises(NotFoundError),
    ):
        repositories(remote)


def test_the_list_does_not_go_on_elsewhere() -> None:
    """A link to another host is not followed."""
    page = Response(200, {"Link": '<http://elsewhere.example/>; rel="next"'}, b'{"repositories": ["a"]}')
    with (
        ScriptedServer(in_turn(page)) as server,
        client(server.host) as remote,
        pytest.raises(UnsafeRedirectError),
    ):
        repositories(remote)


def test_its_scope_is_the_registry_own() -> None:
    """And does not become one with that of a repository called `catalog`."""
    assert [str(one) for one in CATALOG] == ["registry:catalog:*"]
    assert len(union(CATALOG, pull("catalog"))) == 2
