"""Image references: what is read, what is refused, and that writing and reading agree."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci_registry.errors import InvalidReferenceError, UsageError
from oci_registry.reference import Reference, hostname, is_loopback, registry_host

DIGEST = "sha256:" + "0123456789abcdef" * 4

components = st.from_regex(r"[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}", fullmatch=True)
repositories = st.lists(components, min_size=1, max_size=4).map("/".join)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
names = st.lists(labels, min_size=2, max_size=4).map(".".join)
ipv6 = st.ip_addresses(v=6).map(lambda address: f"[{address}]")
hosts = st.one_of(names, st.just("localhost"), st.ip_addresses(v=4).map(str), ipv6)
ports = st.one_of(st.just(""), st.integers(1, 65535).map(lambda port: f":{port}"))
tags = st.none() | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
digests = st.none() | st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
references = st.builds(
    lambda host, port, name, tag, digest: Reference(host + port, name, tag, digest),
    hosts, ports, repositories, tags, digests,
)  # fmt: skip


@given(references)
def test_what_is_written_is_read_back(reference: Reference) -> None:
    reference.check()
    assert Reference.parse(str(reference)) == reference


@given(st.text(max_size=60) | st.text(alphabet="abA0.:/@-_[]", max_size=40))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    """And what is read is written back the same, but for capitals in the host."""
    with suppress(InvalidReferenceError):
        registry, _, rest = text.partition("/")
        assert str(Reference.parse(text)) == f"{registry.lower()}/{rest}"


def test_parts() -> None:
    reference = Reference.parse(f"registry.example/strata/python:1.2@{DIGEST}")
    assert reference == Reference("registry.example", "strata/python", "1.2", DIGEST)
    assert reference.target == DIGEST
    assert str(reference.with_tag("2")) == "registry.example/strata/python:2"
    assert str(reference.with_digest(DIGEST)) == f"registry.example/strata/python@{DIGEST}"
    assert (
        str(Reference.parse("registry.example/strata").child("app-venv"))
        == "registry.example/strata/app-venv"
    )


@pytest.mark.parametrize(
    "text", ["python", "strata/python", "strata/python:1", "python:5000", "library/python"]
)
def test_no_registry_is_ever_invented(text: str) -> None:
    """Otherwise a forgotten host publishes to a public registry."""
    with pytest.raises(InvalidReferenceError, match="names no registry") as caught:
        Reference.parse(text)
    assert isinstance(caught.value, UsageError)
    assert caught.value.advice


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:5000",
        "localhost:5000/",
        "localhost:5000//a",
        "localhost:5000/a/",
        "localhost:5000/A",
        "localhost:5000/a..b",
        "localhost:5000/a___b",
        "localhost:5000/-a",
        "localhost:5000/a:",
        "localhost:5000/a:.b",
        "localhost:5000/a:" + "t" * 129,
        "localhost:5000/a@",
        "localhost:5000/a@sha256:abc",
        "localhost:5000/a@sha512:" + "0" * 128,
        "localhost:5000/a@" + DIGEST.upper(),
        "localhost:0/a",
        "localhost:65536/a",
        "localhost:/a",
        "-a.example/a",
        "user@example.com/a",
        "[::g]/a",
        "[::1/a",
        "http://localhost:5000/a",
        "example.com/" + "a" * 250,
        "localhost:5000/a\n",
        "localhost:5000/a:1\n",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidReferenceError):
        Reference.parse(text)


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        ("localhost", True),
        ("localhost:5000", True),
        ("registry.localhost:80", True),
        ("127.0.0.1:5000", True),
        ("127.8.9.1", True),
        ("[::1]:5000", True),
        ("LOCALHOST:1", True),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("10.0.0.1:5000", False),
        ("[fe80::1]", False),
        ("example.com:443", False),
    ],
)
def test_plain_http_is_for_loopback_only(registry: str, expected: bool) -> None:
    assert is_loopback(hostname(registry)) is expected


@pytest.mark.parametrize("name", ["docker.io", "index.docker.io", "registry-1.docker.io", "Docker.io"])
def test_docker_hub_has_one_name(name: str) -> None:
    assert str(Reference.parse(f"{name}/acme/one:1")) == "docker.io/acme/one:1"
    assert str(Reference.parse(f"{name}/debian:13")) == "docker.io/library/debian:13"
    assert str(Reference.parse_namespace(f"{name}/acme").child("one")) == "docker.io/acme/one"
    assert registry_host("docker.io") == "registry-1.docker.io"
    assert registry_host("registry.example:5000") == "registry.example:5000"
