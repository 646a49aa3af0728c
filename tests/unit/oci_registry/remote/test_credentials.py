"""Where logins are looked up, and in which order."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from oci_registry.errors import CredentialError
from oci_registry.remote.credentials import EnvironmentLogin, Keychain
from oci_registry.remote.login import IdentityToken, Password, RegistryToken
from oci_registry.remote.secret import ConcealedText

if TYPE_CHECKING:
    from pathlib import Path

ME = {"STRATA_REGISTRY_USERNAME": "me", "STRATA_REGISTRY_PASSWORD": "pw"}
SOURCE = "the STRATA_REGISTRY_* variables"


def test_variables_are_for_the_registry_they_name_and_no_other() -> None:
    source = EnvironmentLogin({**ME, "STRATA_REGISTRY_HOST": "X.io"})
    assert source.find("x.io", "a") == Password("me", ConcealedText("pw"), SOURCE)
    assert source.find("y.io", "a") is None


def test_variables_that_name_no_registry_are_an_error() -> None:
    """They would be sent to whatever asks for them."""
    with pytest.raises(CredentialError, match="STRATA_REGISTRY_HOST") as caught:
        EnvironmentLogin(ME).find("x.io", "a")
    assert "STRATA_REGISTRY_HOST=x.io" in caught.value.advice


def test_half_a_login_is_an_error() -> None:
    with pytest.raises(CredentialError, match="only useful together"):
        EnvironmentLogin({"STRATA_REGISTRY_USERNAME": "me", "STRATA_REGISTRY_HOST": "x.io"}).find("x.io", "a")


def test_tokens_of_variables_lose_the_newline_that_files_end_with() -> None:
    host = {"STRATA_REGISTRY_HOST": "x.io"}
    identity = EnvironmentLogin({**host, "STRATA_REGISTRY_IDENTITY_TOKEN": "t\n"}).find("x.io", "a")
    assert identity == IdentityToken(ConcealedText("t"), SOURCE)
    ready = EnvironmentLogin({**host, "STRATA_REGISTRY_TOKEN": "t\n"}).find("x.io", "a")
    assert ready == RegistryToken(ConcealedText("t"), SOURCE)


def write(path: Path, user: str, registry: str = "x.io") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    auth = base64.b64encode(f"{user}:pw".encode()).decode()
    path.write_text(json.dumps({"auths": {registry: {"auth": auth}}}))


def user(environ: dict[str, str], registry: str = "x.io") -> str | None:
    login = Keychain.from_environment(environ).find(registry, "a")
    assert login is None or isinstance(login, Password)
    return login.username if login else None


def test_the_order_of_places(tmp_path: Path) -> None:
    """Each place is found once those before it are gone."""
    places = {
        "explicit": tmp_path / "auth file.json",
        "docker-config": tmp_path / "docker" / "config.json",
        "runtime": tmp_path / "run" / "containers" / "auth.json",
        "config": tmp_path / "config" / "containers" / "auth.json",
    }
    for name, path in places.items():
        write(path, name)
    environ = {
        **ME,
        "STRATA_REGISTRY_HOST": "x.io",
        "REGISTRY_AUTH_FILE": str(places["explicit"]),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "HOME": str(tmp_path / "home"),
    }
    found = [user(environ)]
    for variables in (
        list(ME),
        ["REGISTRY_AUTH_FILE"],
        ["DOCKER_CONFIG"],
        ["XDG_RUNTIME_DIR"],
        ["XDG_CONFIG_HOME"],
    ):
        for variable in variables:
            del environ[variable]
        found.append(user(environ))
    assert found == ["me", "explicit", "docker-config", "runtime", "config", None]


@pytest.mark.parametrize("place", [".config/containers/auth.json", ".docker/config.json"])
def test_places_below_home(tmp_path: Path, place: str) -> None:
    write(tmp_path / place, "me")
    assert user({"HOME": str(tmp_path)}) == "me"
    assert user({"HOME": str(tmp_path)}, "y.io") is None
    assert user({}) is None


def test_the_next_place_is_asked_if_one_does_not_know_the_registry(tmp_path: Path) -> None:
    write(tmp_path / "auth.json", "other", "y.io")
    write(tmp_path / "config.json", "me")
    environ = {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"), "DOCKER_CONFIG": str(tmp_path)}
    assert user(environ) == "me"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    """Otherwise a typing error would lead to somebody else's login."""
    with pytest.raises(CredentialError, match="REGISTRY_AUTH_FILE") as caught:
        Keychain.from_environment({"REGISTRY_AUTH_FILE": str(tmp_path / "none.json")})
    assert caught.value.file == tmp_path / "none.json"
