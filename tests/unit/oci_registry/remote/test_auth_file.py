"""Docker's and podman's credentials files."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import AuthError, CredentialError
from oci_registry.remote.auth_file import AuthFile
from oci_registry.remote.login import IdentityToken, Password, RegistryToken
from oci_registry.remote.secret import ConcealedText

if TYPE_CHECKING:
    from pathlib import Path


def auth(user: str, after_colon: str = "pw") -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{after_colon}".encode()).decode()}


def file(directory: Path, document: object, environ: dict[str, str] | None = None) -> AuthFile:
    path = directory / "config.json"
    path.write_text(json.dumps(document))
    return AuthFile(path, environ or {})


def user(found: AuthFile, registry: str, repository: str = "a/b") -> str | None:
    login = found.find(registry, repository)
    assert login is None or isinstance(login, Password)
    return login.username if login else None


@pytest.mark.parametrize(
    "key",
    ["localhost:5000", "http://localhost:5000", "https://localhost:5000/v1/", "https://localhost:5000/v2/"],
)
def test_all_ways_to_write_a_host(tmp_path: Path, key: str) -> None:
    assert user(file(tmp_path, {"auths": {key: auth("me")}}), "localhost:5000") == "me"


def test_the_most_special_key_wins(tmp_path: Path) -> None:
    """Podman logs in to namespaces and repositories."""
    auths = {
        "x.io": auth("host"),
        "x.io/a": auth("space"),
        "x.io/a/b": auth("repo"),
        "x.io/a/bc": auth("other"),
    }
    found = file(tmp_path, {"auths": auths})
    assert user(found, "x.io", "a/b") == "repo"
    assert user(found, "x.io", "a/b/c") == "repo"
    assert user(found, "x.io", "a/c") == "space"
    assert user(found, "x.io", "c") == "host"
    assert user(found, "y.io", "a/b") is None
    assert user(found, "x.io:5000", "a/b") is None


def test_all_kinds_of_entries(tmp_path: Path) -> None:
    auths = {
        "identity.io": {**auth("00000000"), "identitytoken": "t1"},
        "token.io": {"registrytoken": "t2"},
        "plain.io": {"username": "me", "password": "pw"},
        "padded.io": {"auth": base64.b64encode(b"me:pw\0\0").decode()},
        "colon.io": auth("me", "p:w"),
        "empty.io": {},
        "odd.io": "text",
    }
    found = file(tmp_path, {"auths": auths})
    source = str(tmp_path / "config.json")
    assert found.find("identity.io", "a") == IdentityToken(ConcealedText("t1"), source)
    assert found.find("token.io", "a") == RegistryToken(ConcealedText("t2"), source)
    assert found.find("plain.io", "a") == Password("me", ConcealedText("pw"), source)
    assert found.find("padded.io", "a") == Password("me", ConcealedText("pw"), source)
    assert found.find("colon.io", "a") == Password("me", ConcealedText("p:w"), source)
    assert found.find("empty.io", "a") is None
    assert found.find("odd.io", "a") is None


def helper(directory: Path, name: str, username: str) -> dict[str, str]:
    """Put a helper on PATH that knows every server under one name; the secret is the server's."""
    program = directory / "bin" / f"docker-credential-{name}"
    program.parent.mkdir(exist_ok=True)
    program.write_text(
        f'#!/bin/sh\nread -r server\nprintf \'{{"Username":"{username}","Secret":"%s"}}\' "$server"\n'
    )
    program.chmod(0o755)
    return {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


def test_helpers_of_the_host_come_before_the_store_and_the_file(tmp_path: Path) -> None:
    environ = {**helper(tmp_path, "one", "from-one"), **helper(tmp_path, "all", "from-all")}
    document = {
        "credHelpers": {"x.io": "one"},
        "credsStore": "all",
        "auths": {"x.io": auth("file"), "y.io": {}, "z.io/special": auth("special")},
    }
    found = file(tmp_path, document, environ)
    assert user(found, "x.io") == "from-one"
    assert user(found, "y.io") == "from-all"
    assert user(found, "z.io", "special/a") == "special"


@pytest.mark.parametrize("known", ["x.io", "https://x.io/v1/", "https://x.io/v2/"])
def test_a_store_may_know_the_registry_by_the_url_of_an_api(tmp_path: Path, known: str) -> None:
    """That is how logins of the first API are kept, to this day."""
    environ = helper(tmp_path, "all", "me")
    program = tmp_path / "bin/docker-credential-all"
    refusal = '*) echo "credentials not found in native keychain"; exit 1;;'
    text = program.read_text().replace(
        "\nprintf", f'\ncase "$server" in "{known}") ;; {refusal} esac\nprintf'
    )
    program.write_text(text)
    found = file(tmp_path, {"credsStore": "all"}, environ)
    login = found.find("x.io", "a")
    assert isinstance(login, Password)
    assert login.password.reveal() == known
    assert found.find("y.io", "a") is None


def test_no_file_is_no_login(tmp_path: Path) -> None:
    assert AuthFile(tmp_path / "none" / "config.json", {}).find("x.io", "a") is None
    (tmp_path / "file").touch()
    assert AuthFile(tmp_path / "file" / "config.json", {}).find("x.io", "a") is None


@pytest.mark.parametrize(
    "text",
    [
        '{"auths": {"x.io": {"auth": "aHVudGVyMg=="',
        '{"auths": {"x.io": {"auth": "aHVudGVyMg=="}}}',
        '{"auths": {"x.io": {"auth": "*hunter2*"}}}',
        '["hunter2"]',
        '{"credsStore": ["hunter2"]}',
        '{"credsStore": "../hunter2"}',
    ],
)
def test_a_broken_file_is_one_clear_error_that_shows_nothing_of_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(CredentialError) as caught:
        AuthFile(path, {}).find("x.io", "a")
    assert caught.value.file == path
    assert isinstance(caught.value, AuthError)
    assert "aHVud" not in str(caught.value)
    assert "*hunter2" not in str(caught.value)


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="cannot read"):
        AuthFile(tmp_path, {}).find("x.io", "a")


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
def test_docker_hub_is_known_by_the_name_of_its_former_index(tmp_path: Path, key: str) -> None:
    assert user(file(tmp_path, {"auths": {key: auth("me")}}), "docker.io") == "me"
    assert user(file(tmp_path, {"auths": {key: auth("me")}}), "x.io") is None
