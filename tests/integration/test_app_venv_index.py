"""strata/app-venv and private package indexes: each way to name one works, and no secret is left anywhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.private_builds import ENCODED, PASSWORD, USER, holds_secret
from support.venv_builds import installed, reused, site_packages, text_of
from support.wheels import NEEDS_LEFT, sha256

if TYPE_CHECKING:
    from support.private_builds import PrivateBuilds

# It prints all that it is given, as a build backend with a debugging option would.
TALKATIVE = (
    NEEDS_LEFT
    + """
import glob, os

for number in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(number, "rb").read().replace(b"\\0", b" ").decode())
    except OSError:
        pass
print(os.environ, open(os.environ.get("NETRC", "/dev/null")).read().partition("password")[2])
"""
)


def test_a_binding_gives_access_and_its_secrets_are_found_nowhere(private: PrivateBuilds) -> None:
    """Not in a layer, its metadata, the cache, the image, the log, a command line, or left in /tmp."""
    private.builds.publish_source(TALKATIVE)
    private.builds.require("right", "source")
    private.bind_index()
    temporary = private.builds.root / "tmp"
    temporary.mkdir()
    private.build({"PIP_VERBOSE": "3", "TMPDIR": str(temporary)})
    assert installed(private.builds) == ["left-1.0", "right-2.0", "source-1.0"]
    assert "Access to package indexes: by the binding index" in private.output
    assert "'NETRC':" in private.output  # the backend has printed what it was given
    assert not holds_secret(private.output.encode())
    assert not private.files_with_secrets()
    assert not list(temporary.iterdir())


def test_a_new_password_rebuilds_nothing_and_another_index_does(private: PrivateBuilds) -> None:
    private.builds.require(*private.builds.locked("left-1.0"))
    private.bind_index()
    private.build()
    private.index.password = "another-password"
    private.bind_index(password="another-password", username="somebody-else")
    assert reused(private.build())
    private.bind_index(index_url=private.index.url.replace("simple", "other/../simple"))
    result = private.build({"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (private.builds.root / "wheels").as_uri()})
    assert "settings: +PIP_FIND_LINKS" in text_of(result)
    assert "+PIP_INDEX_URL" in text_of(result)


def test_a_wrong_password_is_explained_and_nothing_waits_for_another(private: PrivateBuilds) -> None:
    private.builds.require("left")
    private.bind_index(password="wrong-password")
    output = private.failure()
    assert "could not be installed: the index refused access" in output
    assert "username and password of the binding" in output
    assert "The index answered: 401 Client Error: Unauthorized" in output
    assert output.count("No matching distribution") == 1
    assert "wrong-password" not in output
    assert not private.files_with_secrets()


def test_without_the_private_ca_the_certificate_is_named_as_the_cause(private: PrivateBuilds) -> None:
    private.builds.require("left")
    private.bind(index_url=private.index.url, username=USER, password=PASSWORD)
    output = private.failure()
    assert "the certificate of the index is not trusted" in output
    assert "ca.crt" in output


@pytest.mark.parametrize("entry", [".netrc", "netrc"])
def test_a_netrc_serves_the_index_of_a_variable(private: PrivateBuilds, entry: str) -> None:
    private.builds.require("left")
    private.index.password = "of-the-netrc"
    private.bind(type="netrc", **{entry: f"machine 127.0.0.1\nlogin {USER}\npassword of-the-netrc\n"})
    ca = private.builds.root / "ca.pem"
    private.authority.cert_pem.write_to_path(ca)
    private.build({"PIP_INDEX_URL": private.index.url, "PIP_CERT": str(ca)})
    assert installed(private.builds) == ["left-1.0"]
    assert "of-the-netrc" not in private.output


def test_a_pip_configuration_file_serves_as_well(private: PrivateBuilds) -> None:
    private.builds.require(*private.builds.locked("left-1.0"))
    ca = private.builds.root / "ca.pem"
    private.authority.cert_pem.write_to_path(ca)
    text = f"[global]\nindex-url = https://{USER}:{ENCODED}@{private.index.host}/simple/\ncert = {ca}\n"
    private.bind(type="pip", **{"pip.conf": text})
    private.build()
    assert not holds_secret(private.output.encode())
    assert not private.files_with_secrets()
    private.bind(type="pip", **{"pip.conf": text.replace(ENCODED, "another")})
    assert reused(private.build())
    private.bind(type="pip", **{"pip.conf": text.replace("/simple/", "/simple")})
    assert not reused(private.build())


def test_credentials_of_variables_and_requirements_files_are_found_nowhere_either(
    private: PrivateBuilds,
) -> None:
    url = f"https://{USER}:{ENCODED}@{private.index.host}/simple/"
    private.builds.require("--extra-index-url https://${NAME}:${TOKEN}@${HOST}/simple/", "right")
    ca = private.builds.root / "ca.pem"
    private.authority.cert_pem.write_to_path(ca)
    variables = {"PIP_INDEX_URL": url, "PIP_CERT": str(ca), "NAME": USER, "TOKEN": ENCODED}
    private.build({**variables, "HOST": private.index.host, "PIP_VERBOSE": "1"})
    assert installed(private.builds) == ["left-1.0", "right-2.0"]
    assert not holds_secret(private.output.encode())
    assert not private.files_with_secrets()


def test_credentials_in_the_sources_of_a_manager_are_found_nowhere_either(private: PrivateBuilds) -> None:
    """Pipenv's are in its lock, with variables in either form; the user's index replaces the usual one."""
    (left,) = (one for one in private.builds.wheels if one.name.startswith("left-1.0"))
    sources = [
        {"name": "own", "url": "https://$NAME:${TOKEN}@${HOST}/simple/", "verify_ssl": True},
        {"name": "pypi", "url": "https://127.0.0.1:1/simple", "verify_ssl": True},
    ]
    document = {
        "_meta": {"pipfile-spec": 6, "sources": sources},
        "default": {"left": {"version": "==1.0", "hashes": [f"sha256:{sha256(left)}"]}},
    }
    private.builds.app.mkdir()
    (private.builds.app / "Pipfile.lock").write_text(json.dumps(document))
    ca = private.builds.root / "ca.pem"
    private.authority.cert_pem.write_to_path(ca)
    variables = {"NAME": USER, "TOKEN": ENCODED, "HOST": private.index.host, "PIP_CERT": str(ca)}
    variables |= {"PIP_INDEX_URL": f"https://{private.index.host}/none/", "PIP_VERBOSE": "1"}
    private.build(variables)
    assert installed(private.builds) == ["left-1.0"]
    assert "127.0.0.1:1/" not in private.output
    assert not holds_secret(private.output.encode())
    assert not private.files_with_secrets()
    assert reused(private.build({**variables, "TOKEN": "another-one"}))


def test_credentials_of_an_address_of_a_file_are_found_nowhere(private: PrivateBuilds) -> None:
    """It is recorded where a package came from (PEP 610), and so does the SBOM."""
    (path,) = (one for one in private.builds.wheels if one.name.startswith("left-1.0"))
    address = f"https://${{NAME}}:${{TOKEN}}@${{HOST}}/files/{path.name}#sha256={sha256(path)}"
    private.builds.require(f"left @ {address}")
    ca = private.builds.root / "ca.pem"
    private.authority.cert_pem.write_to_path(ca)
    variables = {"NAME": USER, "TOKEN": ENCODED, "HOST": private.index.host, "PIP_CERT": str(ca)}
    private.build({**variables, "PIP_VERBOSE": "1"})
    assert (site_packages(private.builds) / "left-1.0.dist-info/direct_url.json").is_file()
    assert not holds_secret(private.output.encode())
    assert not private.files_with_secrets()
    private.index.password = "another-password"
    assert reused(private.build({**variables, "TOKEN": "another-password"}))


@pytest.mark.parametrize("name", ["PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_may_come_from_variables(private: PrivateBuilds, name: str) -> None:
    ca = private.builds.root / "ca.pem"
    private.authority.cert_pem.write_to_path(ca)
    private.builds.require("left")
    private.bind(index_url=private.index.url, username=USER, password=PASSWORD)
    private.build({name: str(ca)})
    assert installed(private.builds) == ["left-1.0"]


def test_a_variable_and_a_binding_for_one_thing_are_refused(private: PrivateBuilds) -> None:
    private.builds.require("left")
    private.bind_index()
    output = private.failure({"PIP_INDEX_URL": f"https://{USER}:{ENCODED}@elsewhere.example/"})
    assert "Set by a variable and by a binding: PIP_INDEX_URL" in output
    assert not holds_secret(output.encode())
