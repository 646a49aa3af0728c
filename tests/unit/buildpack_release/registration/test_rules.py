"""What cannot be registered is refused here, before anybody is asked."""

from __future__ import annotations

import pytest

from buildpack_release.registration.rules import host_problem, name_problems

DIGEST = "@sha256:" + "a" * 64


@pytest.mark.parametrize("buildpack_id", ["acme/one", "acme.io/one-2", "a/b"])
def test_good_names(buildpack_id: str) -> None:
    assert list(name_problems(buildpack_id, "0.10.2")) == []


@pytest.mark.parametrize(
    ("buildpack_id", "version", "text"),
    [
        ("acme", "1.0.0", "not NAMESPACE/NAME"),
        ("acme/a/b", "1.0.0", "not NAMESPACE/NAME"),
        ("acme/One", "1.0.0", "not NAMESPACE/NAME"),
        ("acme/a_b", "1.0.0", "not NAMESPACE/NAME"),
        ("cnbs/one", "1.0.0", '"cnbs" is reserved'),
        ("samples/one", "1.0.0", '"samples" is reserved'),
        ("acme/one", "1.0", "not X.Y.Z"),
        ("acme/one", "1.0.0-rc1", "not X.Y.Z"),
        ("acme/one", "01.0.0", "not X.Y.Z"),
    ],
)
def test_bad_names(buildpack_id: str, version: str, text: str) -> None:
    (problem,) = name_problems(buildpack_id, version)
    assert text in problem


@pytest.mark.parametrize(
    ("registry", "api", "text"),
    [
        ("registry.example", "api.example", ""),
        ("registry.example:8443", "api.example", ""),
        ("localhost:5000", "api.example", "this machine itself"),
        ("127.0.0.11:5000", "api.example", "this machine itself"),
        ("10.1.2.33", "api.example", "in a private network"),
        ("127.0.0.11:5000", "127.0.0.1", ""),
        ("127.0.0.1:5000", "127.0.0.1", "a name in several parts"),
        ("registry:5000", "api.example", "a name in several parts"),
    ],
)
def test_hosts(registry: str, api: str, text: str) -> None:
    """The workflow has to get there; a rehearsal with everything on one machine is fine."""
    problem = host_problem(f"{registry}/acme/one{DIGEST}", api, lambda _: ("93.184.215.14",))
    assert (text in problem) if text else (problem == "")


def test_a_name_for_a_private_address_is_seen_through() -> None:
    addresses = {"r.example": ("10.0.0.1",), "api.example": ("93.184.215.14",)}
    assert "private network" in host_problem(f"r.example/a/b{DIGEST}", "api.example", addresses.__getitem__)
