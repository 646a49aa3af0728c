"""Index bindings: what pip is told, where secrets are while it runs, and that they are nowhere afterwards."""

from __future__ import annotations

import netrc
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_api.bindings import Binding
from buildpack_api.errors import ConfigurationError
from buildpack_api.index_access import IndexAccess, IndexLogin
from buildpack_api.index_bindings import read_index_access
from buildpack_common.known_secrets import address_secrets
from buildpack_common.redaction import redact
from unit.buildpack_api.example_buildpack import ExampleBuildpack

if TYPE_CHECKING:
    from collections.abc import Mapping

URL = "https://index.example/simple/"
SECRET = "s3cret-of-the-index"
# The tests read the file back with the netrc of the Python that runs them.
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"


@pytest.fixture
def make(tmp_path: Path) -> object:
    return Maker(tmp_path)


class Maker:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.bindings: list[Binding] = []

    def __call__(self, name: str = "index", kind: str = "pypi", /, **entries: str) -> Maker:
        directory = self.root / name
        directory.mkdir()
        secrets = {}
        for key, text in entries.items():
            entry = {"ca": "ca.crt", "conf": "pip.conf"}.get(key, key.replace("_", "-"))
            (directory / entry).write_text(text)
            secrets[entry] = directory / entry
        self.bindings.append(Binding(name, kind, "", secrets))
        return self

    def read(self, **environment: str) -> IndexAccess:
        return read_index_access(self.bindings, environment)

    def refusal(self, **environment: str) -> str:
        with pytest.raises(ConfigurationError) as refused:
            self.read(**environment)
        assert SECRET not in str(refused.value)
        return str(refused.value)


def logins(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    hosts = netrc.netrc(environment["NETRC"]).hosts
    return {host: (login, password or "") for host, (login, _, password) in hosts.items()}


def test_without_bindings_pip_only_is_kept_from_asking(make: Maker) -> None:
    with make.read().environment({"A": "b"}, minor=MINOR) as environment:
        assert environment == {
            "A": "b",
            "PIP_NO_INPUT": "1",
            "PIP_KEYRING_PROVIDER": "disabled",
            "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
            "GIT_HTTP_LOW_SPEED_TIME": "60",
        }
    with make.read().environment({"GIT_HTTP_LOW_SPEED_TIME": "5"}, minor=MINOR) as environment:
        assert environment["GIT_HTTP_LOW_SPEED_TIME"] == "5"


def test_a_keyring_that_the_user_chose_stays(make: Maker) -> None:
    with make.read().environment({"PIP_KEYRING_PROVIDER": "import"}, minor=MINOR) as environment:
        assert environment["PIP_KEYRING_PROVIDER"] == "import"


def test_the_address_is_a_variable_and_the_credentials_are_a_private_file(make: Maker) -> None:
    access = make(index_url=f"{URL}\n", username="me\n", password=f"{SECRET}\n").read()
    assert access.variables == {"PIP_INDEX_URL": URL}
    with access.environment({}, minor=MINOR) as environment:
        assert logins(environment) == {"index.example": ("me", SECRET)}
        assert SECRET not in str(environment)
        file = Path(environment["NETRC"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.parent.exists()


def test_files_are_gone_after_a_failure_as_well(make: Maker) -> None:
    access = make(index_url=URL, username="me", password=SECRET).read()
    with pytest.raises(KeyboardInterrupt), access.environment({}, minor=MINOR) as environment:
        raise KeyboardInterrupt
    assert not Path(environment["NETRC"]).parent.exists()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_build_that_is_stopped_leaves_no_file_behind(tmp_path: Path, name: str) -> None:
    """While pip waits for an index: the signal arrives with the files in place."""
    body = f"""
import os, pathlib, signal, sys, threading
from buildpack_api import commands
from buildpack_api.index_bindings import read_index_access
access = read_index_access(context.bindings, context.environment)
with access.environment(context.environment, minor="3.13") as environment:
    assert pathlib.Path(environment["NETRC"]).is_file()
    threading.Timer(0.5, os.kill, [os.getpid(), signal.{name}]).start()
    commands.run(["sleep", "60"], env=environment)
"""
    example = ExampleBuildpack.create(tmp_path, body)
    binding = example.platform / "bindings/index"
    binding.mkdir(parents=True)
    for entry, text in {"type": "pypi", "index-url": URL, "username": "me", "password": SECRET}.items():
        (binding / entry).write_text(text)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    done = example.build(TMPDIR=str(temporary))
    assert done.stderr == f"[Strata] Error: stopped by {name}\n"
    assert not list(temporary.iterdir())


def test_credentials_in_an_address_are_taken_out_of_it(make: Maker) -> None:
    access = make(index_url=f"https://me:a%40{SECRET}@index.example:8443/simple/").read()
    assert access.variables == {"PIP_INDEX_URL": "https://index.example:8443/simple/"}
    with access.environment({}, minor=MINOR) as environment:
        assert logins(environment) == {"index.example": ("me", f"a@{SECRET}")}


def test_nothing_that_is_shown_or_printed_holds_a_secret(make: Maker) -> None:
    access = make(index_url=f"https://me:{SECRET}@index.example/simple/").read()
    assert SECRET not in f"{access!r} {access} {access.logins!r} {dict(access.variables)}"
    assert redact(f"os.environ: {SECRET}") == "os.environ: ***"


def test_a_password_of_a_variable_is_never_printed_either(make: Maker) -> None:
    make.read(PIP_EXTRA_INDEX_URL="https://a.example https://me:of%2Fa-variable@b.example/")
    assert redact("of/a-variable or of%2Fa-variable") == "*** or ***"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "PIP_PROXY"])
def test_a_password_of_a_proxy_is_never_printed(make: Maker, name: str) -> None:
    make.read(**{name: f"http://me:of-{name}@proxy.example:8080"})
    assert redact(f"it is of-{name}") == "it is ***"


def test_credentials_go_to_the_host_of_the_index_and_to_no_other(make: Maker) -> None:
    entries = {"index_url": URL, "extra_index_url": "https://public.example/", "username": "me"}
    with make(**entries, password=SECRET).read().environment({}, minor=MINOR) as environment:
        assert list(logins(environment)) == ["index.example"]


def test_without_an_index_they_go_to_the_extra_ones_else_to_those_of_the_variables(make: Maker) -> None:
    make("a", extra_index_url="https://a.example/ https://b.example/", username="me", password=SECRET)
    assert {login.host for login in make.read().logins} == {"a.example", "b.example"}
    make.bindings.clear()
    access = make("b", username="me", password=SECRET).read(PIP_INDEX_URL=URL)
    assert [login.host for login in access.logins] == ["index.example"]
    assert "no index-url" in make.refusal()


def test_several_bindings_add_up(make: Maker) -> None:
    make("a", index_url=URL, username="me", password=SECRET)
    make("b", "PyPI", extra_index_url="https://b.example/1 https://b.example/2")
    make("c", extra_index_url="https://u:of-the-third@c.example/")
    make("d", "netrc", netrc="machine d.example login d password of-the-fourth")
    access = make.read()
    assert access.names == ("a", "b", "c", "d")
    assert access.variables == {
        "PIP_INDEX_URL": URL,
        "PIP_EXTRA_INDEX_URL": "https://b.example/1 https://b.example/2 https://c.example/",
    }
    with access.environment({}, minor=MINOR) as environment:
        assert sorted(logins(environment)) == ["c.example", "d.example", "index.example"]


def test_the_users_netrc_still_counts_and_the_binding_wins(make: Maker, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("machine other.example login o password p\nmachine index.example login x password y")
    access = make(index_url=URL, username="me", password=SECRET).read()
    with access.environment({"NETRC": str(mine)}, minor=MINOR) as environment:
        assert logins(environment) == {"other.example": ("o", "p"), "index.example": ("me", SECRET)}


def test_two_indexes_or_two_passwords_for_a_host_are_refused(make: Maker) -> None:
    make("a", index_url=URL, username="me", password=SECRET)
    make("b", extra_index_url=f"https://me:other-{SECRET}@index.example/more")
    assert "different credentials for the host index.example" in make.refusal()
    make.bindings.pop()
    make("c", index_url="https://c.example/")
    assert "Two bindings set PIP_INDEX_URL" in make.refusal()


@pytest.mark.parametrize(
    ("entries", "variable"),
    [
        ({"index_url": URL}, "PIP_INDEX_URL"),
        ({"extra_index_url": URL}, "PIP_EXTRA_INDEX_URL"),
        ({"conf": "[global]\n"}, "PIP_CONFIG_FILE"),
        ({"ca": PEM}, "PIP_CERT"),
    ],
)
def test_a_variable_and_a_binding_for_the_same_are_refused(
    make: Maker, entries: dict[str, str], variable: str
) -> None:
    make(**entries)
    refusal = make.refusal(**{variable: f"https://me:{SECRET}@other.example/"})
    assert f"Set by a variable and by a binding: {variable}" in refusal
    assert make.read(**{variable: ""}).names == ("index",)


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ({"index_url": URL, "password": SECRET}, "has a password and no username"),
        ({"index_url": f"ftp://me:{SECRET}@host/"}, "has an index address that is none: ftp://***@host/"),
        ({"index_url": "index.example"}, "has an index address that is none"),
        ({"index_url": f"https://me:{SECRET}@host:port/"}, "has an index address that is none"),
        ({"index_url": f"https://me:{SECRET}@/simple"}, "has an index address that is none"),
        ({"ca": "not a certificate"}, "ca.crt without a certificate"),
        ({"uri": URL}, "has none of the entries"),
    ],
)
def test_entries_that_cannot_be_used_are_refused(make: Maker, entries: dict[str, str], problem: str) -> None:
    assert problem in make(**entries).refusal()


def test_bindings_of_other_types_are_passed_over(make: Maker) -> None:
    assert make("a", "npmrc", password=SECRET).read() == IndexAccess()


def test_a_configuration_file_is_used_where_it_is(make: Maker) -> None:
    access = make("a", "pip", conf=f"[global]\nindex-url = https://me:{SECRET}@index.example/\n").read()
    assert access.variables == {"PIP_CONFIG_FILE": str(make.root / "a/pip.conf")}


def test_certificates_are_added_to_those_of_the_user(make: Maker, tmp_path: Path) -> None:
    """A bundle of requests comes first: REQUESTS_CA_BUNDLE beats what pip is told."""
    (tmp_path / "company.pem").write_text("COMPANY")
    access = make("a", ca=PEM).read()
    base = {"REQUESTS_CA_BUNDLE": str(tmp_path / "company.pem")}
    with access.environment(base, minor=MINOR) as environment:
        text = Path(environment["PIP_CERT"]).read_text()
        assert environment["REQUESTS_CA_BUNDLE"] == environment["PIP_CERT"]
    assert PEM in text
    assert "COMPANY" in text


def test_secrets_come_from_bindings_variables_and_the_users_netrc(make: Maker, tmp_path: Path) -> None:
    make("file", "netrc", netrc="machine b.example login me password of-the-netrc")
    (tmp_path / ".netrc").write_text("machine c.example login me password of-the-user")
    environment = {
        "HOME": str(tmp_path),
        "PIP_FIND_LINKS": "https://jenkins-ci@d.example/ https://token-alone@e.example/",
        "HTTPS_PROXY": "http://me:of-the-proxy@proxy/",
    }
    more = address_secrets("https://me:of-a-file@f.example/", "requirements.txt:1")
    access = IndexAccess(
        logins=(
            IndexLogin("a.example", "a", "of-the-address", "index"),
            IndexLogin("g.example", "jenkins-ci", SECRET, "index"),
            IndexLogin("h.example", "bound-token", "", "index"),
        ),
        netrc_files=make.read().netrc_files,
    )
    found = {one.value: one.source for one in access.secrets(environment, more)}
    assert found == {
        "of-the-address": "the binding 'index'",
        SECRET: "the binding 'index'",
        "bound-token": "the binding 'index'",
        "of-the-netrc": f"the entry for b.example in {tmp_path}/file/netrc",
        "of-the-user": f"the entry for c.example in {tmp_path}/.netrc",
        "token-alone": "the address in PIP_FIND_LINKS",
        "of-the-proxy": "the address in HTTPS_PROXY",
        "of-a-file": "requirements.txt:1",
    }
    assert SECRET not in repr(access.secrets(environment, more))


def test_a_name_for_the_keyring_is_no_token(make: Maker) -> None:
    environment = {"PIP_INDEX_URL": "https://oauth-user@a.example/"}
    assert [one.value for one in IndexAccess().secrets(environment)] == ["oauth-user"]
    assert IndexAccess().secrets({**environment, "PIP_KEYRING_PROVIDER": "import"}) == ()


def test_authorities_are_trusted_by_everything_that_runs(make: Maker, tmp_path: Path) -> None:
    """Beside what the user and the machine trust: most programs take one file instead of all others."""
    users = tmp_path / "users.pem"
    users.write_text(f"of the user\n{PEM}")
    access = make("trust", "ca-certificates", one=PEM, two=f"second\n{PEM}").read()
    base = {"SSL_CERT_FILE": str(users), "KEPT": "x"}
    with access.environment(base, minor=MINOR) as environment:
        names = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
        (bundle,) = {environment[name] for name in names}
        content = Path(bundle).read_text()
        assert all(text in content for text in ("of the user", "second"))
    assert not Path(bundle).exists()
    with access.trusting(base) as environment:
        assert "second" in Path(environment["SSL_CERT_FILE"]).read_text()
        assert (environment["KEPT"], "PIP_CERT" in environment) == ("x", False)
        bundle = environment["SSL_CERT_FILE"]
    assert not Path(bundle).exists()


def test_authorities_and_a_certificate_of_the_user_for_pip_are_no_contradiction(make: Maker) -> None:
    assert make("trust", "ca-certificates", one=PEM).read(PIP_CERT="/x").authorities


def test_without_authorities_nothing_is_changed(make: Maker) -> None:
    with make.read().trusting({"A": "b"}) as environment:
        assert environment == {"A": "b"}


def test_an_authority_that_is_no_certificate_is_refused(make: Maker) -> None:
    said = make("trust", "ca-certificates", one="x").refusal()
    assert "'one' in the ca-certificates binding 'trust' is not a certificate" in said


def test_what_is_bound_for_an_index_serves_git_on_the_same_host(make: Maker) -> None:
    access = make(index_url=URL, username="me", password=SECRET).read()
    with access.environment({}, minor=MINOR) as environment:
        assert environment["GIT_CONFIG_KEY_0"] == "credential.helper"
        helper = Path(environment["GIT_CONFIG_VALUE_0"])
        assert SECRET in (helper.parent / "https index.example *").read_text()
        assert environment["GIT_TERMINAL_PROMPT"] == "0"
    assert not helper.exists()
