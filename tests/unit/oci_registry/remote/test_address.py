"""Where a registry may send us."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.errors import UnsafeRedirectError
from oci_registry.remote.address import (
    Reach,
    check_redirect,
    origin,
    reach_of_address,
    reach_of_host,
    stay_secure,
)

NAMES = {
    "registry.example": ["93.184.216.34"],
    "storage.example": ["93.184.216.35", "2606:2800:220:1::1"],
    "sly.example": ["93.184.216.36", "10.1.2.3"],
    "metadata.example": ["169.254.169.254"],
    "registry.corp": ["10.0.0.5"],
    "storage.corp": ["10.0.0.6"],
    "unknown.example": [],
}


def check(home: str, target: str) -> None:
    check_redirect(home, target, lambda host: NAMES[host])


@pytest.mark.parametrize(
    ("home", "target"),
    [
        ("https://registry.example/v2/", "https://registry.example/v2/upload"),
        ("https://registry.example/v2/", "https://registry.example:8443/upload"),
        ("https://registry.example/v2/", "https://storage.example/blob?signature=x"),
        ("https://registry.example/v2/", "https://unknown.example/only-the-proxy-knows-it"),
        ("https://registry.corp/v2/", "https://storage.corp/blob"),
        ("http://127.0.0.1:5000/v2/", "http://127.0.0.1:6000/blob"),
        ("http://127.0.0.1:5000/v2/", "https://storage.example/blob"),
    ],
)
def test_its_own_host_and_the_world_are_followed(home: str, target: str) -> None:
    check(home, target)


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://metadata.example/",
        "https://10.0.0.1/",
        "https://192.168.1.1/admin",
        "https://172.16.3.4/",
        "https://100.64.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://localhost/",
        "https://x.localhost/",
        "https://storage.corp/",
        "https://sly.example/",
    ],
)
def test_a_public_registry_does_not_lead_into_our_network(target: str) -> None:
    with pytest.raises(UnsafeRedirectError):
        check("https://registry.example/v2/", target)


@pytest.mark.parametrize("target", ["http://169.254.169.254/", "http://10.0.0.1/", "http://localhost:1/"])
def test_nor_does_one_on_loopback_to_other_hosts(target: str) -> None:
    with pytest.raises(UnsafeRedirectError):
        check("http://127.0.0.1:5000/v2/", target)


def test_a_private_registry_leads_into_its_network_but_not_to_this_machine() -> None:
    with pytest.raises(UnsafeRedirectError):
        check("https://registry.corp/", "https://metadata.example/")


def test_encryption_is_not_given_up() -> None:
    with pytest.raises(UnsafeRedirectError, match="https to http"):
        check("https://registry.example/", "http://registry.example/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "/relative",
        "https://",
        "https://u:p@a.example/",
        "http://a:b/",
    ],
)
def test_only_plain_web_addresses(url: str) -> None:
    with pytest.raises(UnsafeRedirectError) as caught:
        origin(url)
    assert "p@" not in str(caught.value)


@given(st.ip_addresses())
def test_every_address_has_a_reach(address: object) -> None:
    assert reach_of_address(str(address)) in Reach


def test_default_ports_make_equal_origins() -> None:
    assert origin("https://a.example/x") == origin("https://a.example:443/y")
    assert origin("https://a.example/") != origin("http://a.example/")


def test_a_host_is_as_private_as_its_most_private_address() -> None:
    assert reach_of_host("sly.example", lambda host: NAMES[host]) is Reach.NETWORK


@pytest.mark.parametrize(
    ("home", "target", "expected"),
    [
        ("https://r.example/v2/", "http://r.example/v2/x?a=b", "https://r.example/v2/x?a=b"),
        ("https://r.example:8443/v2/", "http://r.example:8443/v2/x", "https://r.example:8443/v2/x"),
        ("https://r.example/v2/", "http://r.example:80/v2/x", "http://r.example:80/v2/x"),
        ("https://r.example/v2/", "http://other.example/v2/x", "http://other.example/v2/x"),
        ("http://r.example/v2/", "http://r.example/v2/x", "http://r.example/v2/x"),
    ],
)
def test_a_registry_that_does_not_know_its_scheme_is_spoken_to_by_https(
    home: str, target: str, expected: str
) -> None:
    """Protects uploads through a proxy that ends TLS: they stay secure, and go on."""
    assert stay_secure(home, target) == expected
