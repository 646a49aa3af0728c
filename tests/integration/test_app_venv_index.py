"""strata/app-venv and package indexes: private ones whose secrets end up nowhere, and ones that change."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import trustme

from app_venv.pip_options import HARMLESS, variable
from buildpack_testing.failure import PhaseError
from support.private_index import PrivateIndex, private_index
from support.venv_builds import VENV, VenvBuilds, installed, site_packages, text_of, venv_builds
from support.wheels import Project, make_sdist, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_testing.platform import BuildResult

USER, PASSWORD = "user-of-the-index", "s3cret word/of@the:index"
ENCODED = "s3cret%20word%2Fof%40the%3Aindex"
LEFT, RIGHT = Project("left", script=True), Project("right", "2.0", requires=("left",))
# It prints all that it is given, as a build backend with a debugging option would.
TALKATIVE = """
import glob, os, zipfile

def get_requires_for_build_wheel(config=None):
    return {requires}

def build_wheel(directory, config=None, metadata=None):
    for number in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            print(open(number, "rb").read().replace(b"\\0", b" ").decode())
        except OSError:
            pass
    print(os.environ, open(os.environ.get("NETRC", "/dev/null")).read().partition("password")[2])
    with zipfile.ZipFile(directory + "/source-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("source.py", "")
        wheel.writestr("source-1.0.dist-info/METADATA",
                       "Metadata-Version: 2.1\\nName: source\\nVersion: 1.0\\n")
        wheel.writestr("source-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\n"
                       "Root-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("source-1.0.dist-info/RECORD", "")
    return "source-1.0-py3-none-any.whl"
"""


@dataclass
class PrivateBuilds:
    """An app whose packages come from an index with a password, over TLS of a private CA."""

    builds: VenvBuilds
    index: PrivateIndex
    authority: trustme.CA
    lines: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        """All that was printed in all builds so far."""
        return "".join(self.lines)

    def bind(self, name: str = "index", /, type: str = "pypi", **entries: str) -> None:  # noqa: A002
        """Write a binding; ``_`` stands for ``-`` in the names of entries."""
        directory = self.builds.root / "bindings" / name
        directory.mkdir(parents=True, exist_ok=True)
        for entry, text in {"type": type, **entries}.items():
            (directory / entry.replace("_", "-")).write_text(text)

    def bind_index(self, **entries: str) -> None:
        """Write the binding that this index needs, with other or more entries."""
        usual = {"index_url": self.index.url, "username": USER, "password": PASSWORD}
        self.bind(**usual | {"ca.crt": self.authority.cert_pem.bytes().decode()} | entries)

    def build(self, variables: dict[str, str] | None = None) -> BuildResult:
        """Build with the bindings, and no index otherwise."""
        self.lines.clear()
        given = {"SERVICE_BINDING_ROOT": f"{self.builds.root}/bindings", "PIP_RETRIES": "0"}
        platform = self.builds.platform()
        return platform.build(self.builds.app, variables=given | (variables or {}), sink=self.lines.append)

    def failure(self, variables: dict[str, str] | None = None) -> str:
        """Build, which must fail as it should, and return the output."""
        with pytest.raises(PhaseError) as failed:
            self.build(variables)
        assert "Traceback" not in failed.value.output
        return failed.value.output

    def files_with_secrets(self) -> list[Path]:
        """Return what holds them in layers, their metadata, the image, the cache, or the user's home."""
        workspace = self.builds.platform().workspace
        kept = [path for path in workspace.root.rglob("*") if not path.is_relative_to(workspace.platform)]
        return [path for path in kept if path.is_file() and holds_secret(path.read_bytes())]


def holds_secret(content: bytes) -> bool:
    """Say whether user or password are there, in any of the forms that they take on their way."""
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    return any(secret in content for secret in (USER.encode(), PASSWORD.encode(), ENCODED.encode(), basic))


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateBuilds]:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with venv_builds(tmp_path / "a b") as builds, private_index(builds.root / "index", tls=tls) as index:
        builds.publish(LEFT, RIGHT)
        index.user, index.password = USER, PASSWORD
        yield PrivateBuilds(builds, index, authority)


def reused(result: BuildResult) -> bool:
    return result.layer(VENV, "venv").reused


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[VenvBuilds]:
    with venv_builds(tmp_path / "a b") as made:
        made.publish(LEFT, RIGHT)
        yield made


def failure(builds: VenvBuilds, **variables: str) -> str:
    with pytest.raises(PhaseError) as failed:
        builds.build(variables)
    assert "Traceback" not in failed.value.output
    return " ".join(failed.value.output.split())


# Private indexes


def test_a_binding_gives_access_and_its_secrets_are_found_nowhere(private: PrivateBuilds) -> None:
    """Not in a layer, its metadata, the cache, the image, the log, a command line, or left in /tmp."""
    sdist = make_sdist(
        Project("source"), private.builds.root / "wheels", backend=TALKATIVE.format(requires=["left"])
    )
    private.builds.wheels.append(sdist)
    private.builds.publish()
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


# Options of pip


def test_harmless_options_make_no_difference_at_all(builds: VenvBuilds) -> None:
    """All of them at once, with the real pip: the same bits, and no reason to make anything anew."""
    builds.require("right")
    plain = builds.build()
    values = {
        "cert": "", "client-cert": "", "exists-action": "i", "keyring-provider": "subprocess", "help": "",
        "local-log": "", "log-file": "", "log": f"{builds.root}/log", "progress-bar": "on", "proxy": "",
        "refresh-package": ":all:", "root-user-action": "ignore", "upgrade-strategy": "eager",
    }  # fmt: skip
    variables = {variable(option): values.get(option, "1") for option in sorted(HARMLESS)}
    again = builds.build(variables)
    assert reused(again), text_of(again)
    anew = builds.build(variables, clear=True)
    assert anew.layer(VENV, "venv").diff_id == plain.layer(VENV, "venv").diff_id


def test_an_option_that_decides_makes_the_environment_anew(builds: VenvBuilds) -> None:
    builds.require("left")
    builds.publish(Project("left", "1.1b1", script=True))
    builds.build()
    result = builds.build({"PIP_PRE": "1"})
    assert "made anew: settings: +PIP_PRE" in text_of(result)
    assert installed(builds) == ["left-1.1b1"]


def test_an_option_in_a_bound_configuration_file_is_refused(private: PrivateBuilds) -> None:
    private.builds.require("left")
    private.bind(type="pip", **{"pip.conf": "[install]\ntarget = /elsewhere\nuser = yes\n"})
    output = private.failure()
    assert "pip's configuration would spoil the build: target, user" in output
    assert "bindings/index/pip.conf" in output


# What may be installed


def test_only_what_is_pinned_by_hash_is_installed_if_the_user_says_so(builds: VenvBuilds) -> None:
    builds.require("right", "left==1.0")
    output = failure(builds, BP_PIP_REQUIRE_HASHES="true")
    assert "BP_PIP_REQUIRE_HASHES is set, and 2 of the requirements are not pinned by hash" in output
    assert "requirements.txt:1 (right) has no exact version" in output
    builds.require(*builds.locked("left-1.0", "right-2.0"))
    builds.build({"BP_PIP_REQUIRE_HASHES": "true"})
    assert reused(builds.build({"BP_PIP_REQUIRE_HASHES": "true"}))
    result = builds.build()
    assert "made anew: what may be installed: ---require-hashes" in text_of(result)


def test_a_lock_file_is_pinned_by_hash(builds: VenvBuilds) -> None:
    builds.lock("left-1.0", "right-2.0")
    builds.build({"BP_PIP_REQUIRE_HASHES": "true", "BP_PIP_ONLY_BINARY": ":all:"})
    assert installed(builds) == ["left-1.0", "right-2.0"]


def test_only_wheels_are_installed_if_the_user_says_so(builds: VenvBuilds) -> None:
    sdist = make_sdist(Project("source"), builds.root / "wheels", backend=TALKATIVE.format(requires=[]))
    builds.wheels.append(sdist)
    builds.publish()
    builds.require("source", "left")
    for value in (":all:", "Source, other"):
        output = failure(builds, BP_PIP_ONLY_BINARY=value)
        assert "BP_PIP_ONLY_BINARY (" in output
        assert "is there a wheel?" in output
    builds.build({"BP_PIP_ONLY_BINARY": "left"})
    assert installed(builds) == ["left-1.0", "source-1.0"]


# An index that changes between two builds


@pytest.fixture
def index(builds: VenvBuilds) -> Iterator[PrivateIndex]:
    """The index of ``builds`` under another address, where it can misbehave."""
    with private_index(builds.root / "index") as made:
        yield made


def build_from(builds: VenvBuilds, index: PrivateIndex, **variables: str) -> BuildResult:
    return builds.build({"PIP_INDEX_URL": index.url, **variables})


def test_a_yanked_release_is_replaced_unless_it_is_pinned(builds: VenvBuilds, index: PrivateIndex) -> None:
    builds.publish(Project("left", "1.1", script=True))
    builds.require("left")
    builds.require("left==1.1", file="pinned.txt")
    build_from(builds, index)
    assert installed(builds) == ["left-1.1"]
    page = builds.root / "index/simple/left/index.html"
    page.write_text(
        page.read_text().replace(
            '<a href="../../files/left-1.1', '<a data-yanked="bad" href="../../files/left-1.1'
        )
    )
    result = build_from(builds, index)
    assert "1.1 -> 1.0\n" in text_of(result)
    assert installed(builds) == ["left-1.0"]
    result = build_from(builds, index, BP_PIP_REQUIREMENT="pinned.txt")
    assert installed(builds) == ["left-1.1"]
    assert "yanked" in text_of(result)
    assert reused(build_from(builds, index, BP_PIP_REQUIREMENT="pinned.txt"))


def test_a_release_that_is_gone_is_an_error_unless_it_is_locked(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    builds.require("right==2.0")
    build_from(builds, index)
    builds.require(*builds.locked("left-1.0"), file="locked.txt")
    build_from(builds, index, BP_PIP_REQUIREMENT="locked.txt")
    builds.wheels.clear()
    builds.publish(Project("right", "3.0"), Project("other"))
    assert reused(build_from(builds, index, BP_PIP_REQUIREMENT="locked.txt"))
    output = failure(builds, PIP_INDEX_URL=index.url)
    assert "the index has no right==2.0" in output


def test_an_index_that_is_down_fails_what_has_to_be_asked_and_nothing_else(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    """Whether the restored environment is still right cannot be known then; and nothing of it is lost."""
    builds.require("right")
    first = build_from(builds, index)
    index.down = True
    output = failure(builds, PIP_INDEX_URL=index.url)
    assert "Whether the restored environment is still right cannot be told" in output
    assert "503" in output
    assert "the package index cannot be reached" in output
    index.down = False
    again = build_from(builds, index)
    assert reused(again)
    assert again.layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id
    builds.require(*builds.locked("left-1.0", "right-2.0"))
    build_from(builds, index)
    index.down = True
    assert reused(build_from(builds, index))


def test_a_slow_index_is_waited_for_and_one_that_hangs_is_not(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    builds.require("right")
    index.delay = 0.5
    build_from(builds, index)
    assert reused(build_from(builds, index))
    index.delay = 5.0
    output = failure(builds, PIP_INDEX_URL=index.url, PIP_TIMEOUT="0.5")
    assert "the package index cannot be reached" in output


def test_an_index_that_wants_a_password_all_at_once_is_named_as_the_cause(
    builds: VenvBuilds, index: PrivateIndex
) -> None:
    builds.require("right")
    build_from(builds, index)
    index.user, index.password = USER, PASSWORD
    output = failure(builds, PIP_INDEX_URL=index.url)
    assert "the index refused access" in output
    assert "The index answered: 401" in output


# The cache of pip


def cached(builds: VenvBuilds) -> list[str]:
    """Return digests of what is in the cache: bodies of downloads, and names of built wheels."""
    cache = builds.root / "work space/layers/strata_app-venv/pip-cache/cache"
    return sorted(
        sha256(path) if path.suffix == ".body" else path.name
        for path in cache.rglob("*")
        if path.suffix in (".body", ".whl")
    )


def wheel_digests(builds: VenvBuilds, *names: str) -> list[str]:
    return sorted(sha256(path) for path in builds.wheels if path.name.rsplit("-py3", 1)[0] in names)


def test_the_cache_holds_what_the_last_installation_used_and_nothing_else(private: PrivateBuilds) -> None:
    builds = private.builds
    builds.publish(Project("other"), Project("left", "1.1"))
    private.bind_index()
    builds.require("left==1.0", "other")
    private.build()
    assert cached(builds) == wheel_digests(builds, "left-1.0", "other-1.0")
    builds.require("right")
    private.build()
    assert cached(builds) == wheel_digests(builds, "left-1.1", "right-2.0")


def test_a_build_that_changes_nothing_changes_nothing_in_the_cache(private: PrivateBuilds) -> None:
    """Also if the index was asked, which fetches pages: the layer need not be saved again."""
    private.builds.require("right")
    private.bind_index()
    first = private.build().layer(VENV, "pip-cache")
    again = private.build()
    assert reused(again)
    assert again.layer(VENV, "pip-cache").diff_id == first.diff_id


def test_what_is_in_the_cache_is_not_downloaded_again(private: PrivateBuilds) -> None:
    private.builds.require("right")
    private.bind_index()
    private.build()
    private.index.requests.clear()
    private.builds.publish(Project("other"))
    private.builds.require("right", "other")
    private.build()
    fetched = [path.rpartition("/")[2] for path in private.index.requests if path.endswith(".whl")]
    assert fetched == ["other-1.0-py3-none-any.whl"]


def test_a_wheel_that_was_built_is_kept_without_its_source(private: PrivateBuilds) -> None:
    sdist = make_sdist(
        Project("source"), private.builds.root / "wheels", backend=TALKATIVE.format(requires=["left"])
    )
    private.builds.wheels.append(sdist)
    private.builds.publish()
    private.bind_index()
    private.builds.require("source")
    private.build()
    assert cached(private.builds) == ["source-1.0-py3-none-any.whl"]
    private.builds.require("source", "left")
    private.build()
    assert "Building wheel" not in private.output


def test_what_is_kept_can_be_chosen(private: PrivateBuilds) -> None:
    sdist = make_sdist(
        Project("source"), private.builds.root / "wheels", backend=TALKATIVE.format(requires=[])
    )
    private.builds.wheels.append(sdist)
    private.builds.publish()
    private.bind_index()
    private.builds.require("source", "left")
    assert "BP_PIP_CACHE is none of all, built and none: 'some'" in private.failure({"BP_PIP_CACHE": "some"})
    private.build({"BP_PIP_CACHE": "built"})
    assert cached(private.builds) == ["source-1.0-py3-none-any.whl"]
    result = private.build({"BP_PIP_CACHE": "none"})
    assert cached(private.builds) == []
    assert not result.layer(VENV, "pip-cache").types.cache
    assert reused(result)


def test_credentials_and_cookies_that_pip_keeps_in_its_cache_are_not_in_the_layer(
    private: PrivateBuilds,
) -> None:
    """With "Vary: Authorization" pip notes the request's header beside the answer."""
    private.index.headers = {"Vary": "Authorization", "Set-Cookie": f"session={PASSWORD}"}
    private.builds.require("right")
    private.bind_index()
    private.build()
    assert not private.files_with_secrets()
    assert reused(private.build())
    assert not private.files_with_secrets()


def test_a_damaged_cache_is_harmless(private: PrivateBuilds) -> None:
    """A later buildpack may write into it, or the platform may lose a part."""
    write = 'echo garbage > "$1"'
    private.builds.consumer = f"""
        find "$PIP_CACHE_DIR" -type f -exec sh -c '{write}' - {{}} \\;
        echo garbage > "$PIP_CACHE_DIR/more"
    """
    private.bind_index()
    private.builds.require("right")
    private.build()
    private.builds.consumer = ""
    private.builds.publish(Project("other"))
    private.builds.require("right", "other")
    private.build()
    assert installed(private.builds) == ["left-1.0", "other-1.0", "right-2.0"]
    assert cached(private.builds) == wheel_digests(private.builds, "left-1.0", "other-1.0", "right-2.0")
