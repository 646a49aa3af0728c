"""What of addresses is secret and what is not: a search must miss nothing, nor stop for nothing."""

from __future__ import annotations

import re

import pytest

from buildpack_common.known_secrets import (
    KnownSecret,
    address_secrets,
    environment_secrets,
    login_secrets,
    without_names,
)
from buildpack_common.redaction import redact

VARIABLES = {
    "USER": "somebody",
    "PASS": "p%40ss-word",
    "TOKEN": "tok-1234-5678",
    "BOTH": "me:of-both-parts",
    "HOST": "me:with-the-host@host.example",
    "URL": "https://me:in-the-address@host.example/simple",
    "FLASK_VERSION": "3.1.0.post20260101",
    "EMPTY": "",
}


def expand(text: str) -> str:
    return re.sub(r"\$\{([A-Z_]+)\}", lambda match: VARIABLES.get(match[1]) or match[0], text)


def values(text: str) -> set[str]:
    return {one.value for one in address_secrets(text, "x", expand=expand)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-i https://me:literal-word@host.example/simple", {"literal-word"}),
        ("-e git+http://${USER}:${PASS}@127.0.0.1:80/x.git@main#egg=x", {"p%40ss-word", "p@ss-word"}),
        ("x @ git+https://${TOKEN}@host.example/x.git", {"tok-1234-5678"}),
        ("x @ https://${TOKEN}:@host.example/x.whl", {"tok-1234-5678"}),
        ("x @ git+https://${TOKEN}:x-oauth-basic@host.example/x.git", {"tok-1234-5678"}),
        ("x @ git+https://oauth2:${TOKEN}@host.example/x.git", {"tok-1234-5678"}),
        ("x @ https://me:a-${TOKEN}@host.example/x.whl", {"a-tok-1234-5678", "tok-1234-5678"}),
        ("x @ https://${BOTH}@host.example/x.whl", {"of-both-parts"}),
        ("x @ https://${HOST}/x.whl", {"with-the-host"}),
        ("--extra-index-url ${URL}", {"in-the-address"}),
        ("x @ https://host.example/x.whl?token=${TOKEN}#sha256=1", {"tok-1234-5678"}),
        ("x @ https://host.example/x.whl?a=1&v=${TOKEN}", {"tok-1234-5678"}),
        ("x @ https://host.example/x.whl?${TOKEN}", {"tok-1234-5678"}),
        ("x @ https://host.example/x.whl?api_key=abc%2Bd&x=1", {"abc%2Bd", "abc+d"}),
        ("x @ https://host.example/x.whl?X-Amz-Signature=0a1b", {"0a1b"}),
        ('--find-links="https://me:quoted-word@host.example/"', {"quoted-word"}),
        ("git+ssh://git:of-ssh-user@host.example/x.git", {"of-ssh-user"}),
        ("https://a:first-word@h/ https://b:second-word@h/", {"first-word", "second-word"}),
        ("https://me:with@sign@host.example/", {"with@sign"}),
        ("https://me:with/slash@host.example/x@y?z=a@b", {"with/slash"}),
        ("https://me:with?mark@host.example/?token=of-query", {"with?mark", "of-query"}),
    ],
)
def test_passwords_tokens_and_variables_in_addresses_are_secret(text: str, expected: set[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "flask==${FLASK_VERSION}",
        "flask @ https://host.example/flask-${FLASK_VERSION}.tar.gz",
        "x @ git+ssh://git@host.example/x.git@main",
        "x @ git+https://git@host.example/x.git",
        "https://oauth2accesstoken@host.example/simple/",
        "https://***:***@host.example/simple/",
        "https://${UNSET}:${EMPTY}@host.example/?token=${UNSET}",
        "https://host.example/?keyword=python&page=2",
        "https://host.example/${TOKEN}/simple/",
        "https://host.example:8080/x@y",
        "https://host.example/x@1.0?q=a@b#me:fragment@x",
        "me:no-address@host.example",
        "",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert values(text) == set()


def test_a_short_value_of_a_variable_in_a_query_is_a_setting_unless_its_name_says_otherwise() -> None:
    def short(_: str) -> str:
        return "true"

    assert (
        address_secrets("https://h/x?raw=${RAW}", "x", expand=lambda text: text.replace("${RAW}", "true"))
        == ()
    )
    (one,) = address_secrets(
        "https://h/x?token=${RAW}", "x", expand=lambda text: text.replace("${RAW}", "true")
    )
    assert (one.before, one.value) == ("token=", "true")


def test_a_source_names_the_variable_and_the_place_and_no_value() -> None:
    (one,) = address_secrets("https://me:${TOKEN}@host/", "requirements.txt:3", expand=expand)
    assert one.source == "TOKEN in requirements.txt:3"
    assert VARIABLES["TOKEN"] not in repr(one)
    assert "somebody" not in repr(login_secrets("somebody", "password-of-it", "x"))


def test_what_it_stands_between_in_an_address_is_kept() -> None:
    assert login_secrets("admin", "test", "x") == (KnownSecret("test", "x", "admin:", "@"),)
    assert login_secrets("tok", "", "x") == (KnownSecret("tok", "x", "//", "@"),)
    assert login_secrets("__token__", "", "x") == ()


def test_variables_of_managers_git_and_proxies_are_read_and_no_others() -> None:
    environment = {
        "PIP_INDEX_URL": "https://me:of-the-index@h/",
        "PIP_EXTRA_INDEX_URL": "https://a/ https://me:of-another@h/",
        "https_proxy": "http://me:of-the-proxy@h/",
        "GIT_CONFIG_KEY_0": "url.https://of-git-alone@h/.insteadOf",
        "HTTP_PROXY": "me:without-scheme@h:3128",
        "PIP_PROXY": "me:of-pip-alone@h:3128",
        "DATABASE_URL": "postgres://postgres:postgres@h/",
        "UV_DEFAULT_INDEX": "https://me:of-uv@h/",
        "PIPENV_PYPI_MIRROR": "https://me:of-pipenv@h/",
        "UV_INDEX_OURS_PASSWORD": "of-uv-alone",
        "POETRY_HTTP_BASIC_OURS_PASSWORD": "of-poetry",
        "POETRY_HTTP_BASIC_OURS_USERNAME": "me",
        "APP_PASSWORD": "of-the-app",
        "TWINE_PASSWORD": "",
    }
    found = {one.value: one.source for one in environment_secrets(environment)}
    assert found == {
        "of-the-index": "the address in PIP_INDEX_URL",
        "of-another": "the address in PIP_EXTRA_INDEX_URL",
        "of-the-proxy": "the address in https_proxy",
        "without-scheme": "the address in HTTP_PROXY",
        "of-pip-alone": "the address in PIP_PROXY",
        "of-git-alone": "the address in GIT_CONFIG_KEY_0",
        "of-uv": "the address in UV_DEFAULT_INDEX",
        "of-pipenv": "the address in PIPENV_PYPI_MIRROR",
        "of-uv-alone": "UV_INDEX_OURS_PASSWORD",
        "of-poetry": "POETRY_HTTP_BASIC_OURS_PASSWORD",
    }


def test_a_user_name_with_its_password_elsewhere_is_no_token() -> None:
    alone = login_secrets("jenkins-ci", "", "the address in PIP_INDEX_URL")
    password = login_secrets("jenkins-ci", "of-the-netrc", "netrc")
    assert without_names([*alone, *password, *password], ["jenkins-ci"], asked=False) == password
    assert without_names([*alone, *password], [], asked=True) == password
    assert without_names(alone, [], asked=False) == alone


def test_what_is_known_is_hidden_in_what_is_printed() -> None:
    address_secrets("https://me:never%20printed-1@host/", "x")
    assert redact("never printed-1 and never%20printed-1") == "*** and ***"
