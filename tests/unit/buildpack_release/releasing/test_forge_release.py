"""Releases on GitHub and GitLab: the documented requests, with the token in a header and nowhere else."""

from __future__ import annotations

import json

import pytest

from buildpack_release.errors import AuthError, ReleaseError, UsageError
from buildpack_release.releasing.forge_release import ForgeReleases, has_token, token_variable
from buildpack_release.releasing.release_notes import ReleaseNotes
from buildpack_release.versions.links import Forge
from support.forge_server import TOKEN, ForgeServer, Released

GITHUB, GITLAB = Forge("https://github.com/acme/strata"), Forge("https://gitlab.example/group/acme/strata")
PROJECTS = {GITHUB: "acme/strata", GITLAB: "group/acme/strata"}
NOTES = ReleaseNotes("acme/a@1.0.0", "What is new.\n")


def releases(forge: Forge, server: ForgeServer, token: str = TOKEN) -> ForgeReleases:
    return ForgeReleases(forge, {token_variable(forge): token}, server.url)


@pytest.mark.parametrize("forge", [GITHUB, GITLAB])
def test_a_release_is_made_once(forge: Forge) -> None:
    """Looked up by its tag, whose slash is no part of the path; then it is not missing any more."""
    with ForgeServer(PROJECTS[forge], frozenset({NOTES.tag})) as server:
        ours = releases(forge, server)
        assert ours.missing((NOTES.tag,)) == (NOTES.tag,)
        ours.create(NOTES)
        assert server.releases == {NOTES.tag: Released(NOTES.tag, NOTES.text)}
        assert ours.missing((NOTES.tag, "v2.0.0")) == ("v2.0.0",)
        with pytest.raises(ReleaseError):
            ours.create(NOTES)
    for request in server.seen:
        assert TOKEN not in request.target
        assert TOKEN.encode() not in request.body
        assert request.headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("forge", "path", "text"),
    [
        (GITHUB, "/repos/acme/strata/releases", "body"),
        (GITLAB, "/projects/group%2Facme%2Fstrata/releases", "description"),
    ],
)
def test_the_request_is_the_documented_one(forge: Forge, path: str, text: str) -> None:
    """Field by field: a forge ignores what it does not know."""
    with ForgeServer(PROJECTS[forge], frozenset({NOTES.tag})) as server:
        releases(forge, server).create(NOTES)
    (request,) = server.seen
    assert (request.method, request.target) == ("POST", path)
    assert json.loads(request.body) == {"tag_name": NOTES.tag, "name": NOTES.tag, text: NOTES.text}
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("forge", [GITHUB, GITLAB])
def test_a_wrong_token_is_told_without_it(forge: Forge) -> None:
    """With the name of the variable."""
    with ForgeServer(PROJECTS[forge], frozenset({NOTES.tag})) as server:
        with pytest.raises(AuthError) as caught:
            releases(forge, server, "mallory-s").create(NOTES)
        assert not server.releases
    assert "mallory" not in str(caught.value)
    assert token_variable(forge) in str(caught.value)


def test_the_token_is_that_of_the_forge() -> None:
    """A token of one forge is never sent to another."""
    assert has_token(GITLAB, {"GITLAB_TOKEN": "x"})
    assert not has_token(GITLAB, {"GITHUB_TOKEN": "x", "GITLAB_TOKEN": " "})
    assert has_token(GITHUB, {"GITHUB_TOKEN": "x"})


def test_no_token_goes_over_plain_http() -> None:
    """Except to this machine, as in tests."""
    forge = Forge("http://forge.example/acme/strata")
    with pytest.raises(UsageError):
        ForgeReleases(forge, {"GITHUB_TOKEN": TOKEN}, "http://forge.example").create(NOTES)
