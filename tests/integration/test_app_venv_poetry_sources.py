"""Where Poetry gets packages: indexes and repositories with a password, by bindings; no secret stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.failure import PhaseError
from support.git_server import GitServer, git_server
from support.poetry_builds import PoetryBuilds, poetry_builds
from support.poetry_projects import NO_PACKAGE
from support.private_builds import PASSWORD, USER, PrivateBuilds, private_builds
from support.ssh_server import ssh_server
from support.venv_builds import LEFT, RIGHT, installed, reused, text_of
from support.wheels import EDITABLE_BACKEND, IN_TREE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIT_USER, GIT_PASSWORD = "builder", "g1t-pass+word"
BACKEND = EDITABLE_BACKEND.replace("editable", "wheel")
PACKAGE = {"backend.py": BACKEND, "pyproject.toml": IN_TREE, "private.py": "VERSION = 1\n"}
ACCESS = {"POETRY_HTTP_BASIC_MAIN_USERNAME": USER, "POETRY_HTTP_BASIC_MAIN_PASSWORD": PASSWORD}


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateBuilds]:
    """A project whose only index wants a password, over TLS of a private CA, with its lock."""
    with poetry_builds(tmp_path / "a b") as builds:
        builds.publish(LEFT, RIGHT)
        with private_builds(builds) as made:
            yield made


def lock(private: PrivateBuilds, *dependencies: str) -> None:
    """Lock as a developer does who knows the password."""
    builds = private.builds
    assert isinstance(builds, PoetryBuilds)
    builds.poetry_project(*dependencies, url=private.index.url.removesuffix("/simple/"))
    certificate = builds.root / "developer.pem"
    certificate.write_bytes(private.authority.cert_pem.bytes())
    builds.poetry_lock(REQUESTS_CA_BUNDLE=str(certificate), **ACCESS)


def certificate_of(private: PrivateBuilds) -> str:
    return private.authority.cert_pem.bytes().decode()


def test_a_binding_gives_access_to_the_index_of_the_lock(private: PrivateBuilds) -> None:
    """Credentials and certificate; a new password rebuilds nothing, and none is found afterwards."""
    lock(private, "right")
    with pytest.raises(PhaseError) as failed:
        private.build()
    assert "the certificate of an index is not trusted" in failed.value.output
    private.bind_index(index_url="", password="", username="", **{"ca.crt": certificate_of(private)})
    private.bind("logins", type="netrc", netrc=f"machine 127.0.0.1 login {USER} password wrong\n")
    assert "an index refused access" in private.failure()
    private.bind("logins", type="netrc", netrc=f'machine 127.0.0.1 login {USER} password "{PASSWORD}"\n')
    result = private.build()
    assert installed(private.builds) == ["left-1.0", "right-2.0"]
    assert "by the binding" in text_of(result)
    assert private.files_with_secrets() == []
    assert PASSWORD not in private.output
    private.index.down = True
    assert reused(private.build())


def test_a_variable_with_the_password_is_found_nowhere_either(private: PrivateBuilds) -> None:
    lock(private, "left")
    private.bind("ca", type="ca-certificates", **{"ca.crt": certificate_of(private)})
    private.build(ACCESS)
    assert installed(private.builds) == ["left-1.0"]
    assert private.files_with_secrets() == []
    assert reused(private.build({**ACCESS, "POETRY_HTTP_BASIC_MAIN_PASSWORD": "another"}))


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[PoetryBuilds]:
    with poetry_builds(tmp_path / "a b") as made:
        made.publish(LEFT)
        yield made


@pytest.fixture
def server(builds: PoetryBuilds) -> Iterator[GitServer]:
    with git_server(builds.root / "git server", user=GIT_USER, password=GIT_PASSWORD) as served:
        served.publish("priv.git", PACKAGE)
        yield served


def test_a_repository_of_the_lock(builds: PoetryBuilds, server: GitServer) -> None:
    """The commit that is locked, with a password of a binding; no clone stays, it is built in every build."""
    own = f'[tool.poetry.dependencies]\nprivate-pkg = {{ git = "{server.url("priv.git")}" }}\n'
    builds.poetry_project("private-pkg", "left", more=NO_PACKAGE + own)
    home = builds.root / "home"
    home.mkdir()
    home.joinpath(".netrc").write_text(f"machine 127.0.0.1 login {GIT_USER} password {GIT_PASSWORD}\n")
    text = builds.poetry_lock(POETRY_SYSTEM_GIT_CLIENT="true")
    commit = text.partition('resolved_reference = "')[2][:40]
    server.publish("priv.git", {"later.py": ""})
    assert "a repository refused access" in builds.failure()
    directory = builds.root / "bindings/git"
    directory.mkdir(parents=True)
    (directory / "type").write_text("git-credentials")
    login = f"username={GIT_USER}\npassword={GIT_PASSWORD}\n"
    (directory / "credentials").write_text(f"protocol=http\nhost={server.host}\n{login}")
    variables = {"SERVICE_BINDING_ROOT": str(directory.parent)}
    first = builds.build(variables)
    assert installed(builds) == ["left-1.0", "private_pkg-1.0"]
    workspace = builds.root / "work space"
    assert not (workspace / "layers/strata_app-venv/venv/venv/src").exists()
    kept = [path for path in workspace.rglob("*") if path.is_file() and "platform" not in path.parts]
    assert not [path for path in kept if GIT_PASSWORD.encode() in path.read_bytes()]
    (bom,) = workspace.glob("layers/strata_app-venv/venv.sbom.cdx.json")
    assert commit in bom.read_text()
    again = builds.build(variables)
    assert not reused(again)
    assert "comes from a version control system" in text_of(again)
    assert again.layer("strata/app-venv", "venv").diff_id == first.layer("strata/app-venv", "venv").diff_id


@pytest.mark.needs("sshd")
def test_a_key_of_a_binding_serves_poetry_if_the_host_has_the_known_key(
    builds: PoetryBuilds, server: GitServer
) -> None:
    with ssh_server(builds.root / "sshd") as ssh:
        address = ssh.url(server.root / "priv.git").replace(" ", "%20")
        own = f'[tool.poetry.dependencies]\nprivate-pkg = {{ git = "{address}" }}\n'
        builds.poetry_project("private-pkg", more=NO_PACKAGE + own)
        directory = builds.root / "bindings/git"
        access = {"GIT_SSH_COMMAND": ssh.bind(directory), "POETRY_SYSTEM_GIT_CLIENT": "true"}
        builds.poetry_lock(**access)
        variables = {"SERVICE_BINDING_ROOT": str(directory.parent)}
        (directory / "known_hosts").write_text(ssh.changed_hosts)
        assert f"[127.0.0.1]:{ssh.port} is not the host that it was" in builds.failure(**variables)
        (directory / "known_hosts").write_text(ssh.known_hosts)
        builds.build(variables)
        secret = ssh.private.splitlines()[1].encode()
    assert installed(builds) == ["private_pkg-1.0"]
    workspace = builds.root / "work space"
    kept = [path for path in workspace.rglob("*") if path.is_file() and "platform" not in path.parts]
    assert not [path for path in kept if secret in path.read_bytes()]
