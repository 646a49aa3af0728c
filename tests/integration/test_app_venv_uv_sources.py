"""Where uv gets packages: indexes and repositories with a password, by bindings; no secret stays anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.failure import PhaseError
from support.git_server import GitServer, git_server
from support.private_builds import ENCODED, PASSWORD, USER, PrivateBuilds, holds_secret, private_builds
from support.ssh_server import ssh_server
from support.uv_builds import UvBuilds, uv_builds
from support.venv_builds import LEFT, RIGHT, installed, reused, text_of
from support.wheels import EDITABLE_BACKEND, IN_TREE, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIT_USER, GIT_PASSWORD = "builder", "g1t-pass+word"
BACKEND = EDITABLE_BACKEND.replace("editable", "wheel")
PACKAGE = {"backend.py": BACKEND, "pyproject.toml": IN_TREE, "private.py": "VERSION = 1\n"}


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateBuilds]:
    """A project whose only index wants a password, over TLS of a private CA, with its lock."""
    with uv_builds(tmp_path / "a b") as builds:
        builds.publish(LEFT, RIGHT)
        with private_builds(builds) as made:
            yield made


def lock(private: PrivateBuilds, *dependencies: str, **variables: str) -> None:
    """Lock as a developer does who knows the password."""
    builds = private.builds
    assert isinstance(builds, UvBuilds)
    builds.project(*dependencies, url=private.index.url.removesuffix("/simple/"))
    certificate = builds.root / "developer.pem"
    certificate.write_bytes(private.authority.cert_pem.bytes())
    access = {"UV_INDEX_MAIN_USERNAME": USER, "UV_INDEX_MAIN_PASSWORD": PASSWORD}
    builds.uv_lock(SSL_CERT_FILE=str(certificate), **access, **variables)


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
    access = {"UV_INDEX_MAIN_USERNAME": USER, "UV_INDEX_MAIN_PASSWORD": PASSWORD}
    private.build(access)
    assert installed(private.builds) == ["left-1.0"]
    assert private.files_with_secrets() == []
    assert reused(private.build({**access, "UV_INDEX_MAIN_PASSWORD": "another"}))


@pytest.mark.parametrize("file", ["pyproject.toml", "uv.toml"])
def test_a_password_in_a_file_of_the_app_is_told_and_gets_no_further(
    private: PrivateBuilds, file: str
) -> None:
    """As uv reads it there. The file itself goes into the image, and nothing else that has the password."""
    lock(private, "left")
    project, place = private.builds.app / "pyproject.toml", private.builds.app / file
    head, table, index = project.read_text().partition("[[tool.uv.index]]")
    project.write_text(head)
    with place.open("a") as opened:
        opened.write(table.replace("tool.uv.", "") if file == "uv.toml" else table)
        opened.write(index.replace("https://", f"https://{USER}:{ENCODED}@"))
    private.bind("ca", type="ca-certificates", **{"ca.crt": certificate_of(private)})
    private.build()
    assert installed(private.builds) == ["left-1.0"]
    assert f"A password or token is written in the app's files: {file}\n" in private.output
    assert not holds_secret(private.output.encode())
    workspace = private.builds.platform().workspace
    app = (workspace.app, workspace.root / "store")  # the latter has the layers of the image
    assert [one for one in private.files_with_secrets() if not any(map(one.is_relative_to, app))] == []


def test_a_published_file_with_the_same_words_is_no_leak(private: PrivateBuilds) -> None:
    """Not in the environment, nor in uv's cache, where it is the same file, or a copy, by another name."""
    files = {"words_too.py": f"EXAMPLE = {PASSWORD!r}\n", "words-1.0.data/data/share/words": PASSWORD}
    private.builds.publish(Project("words", files=files), LEFT)
    lock(private, "words")
    private.bind("ca", type="ca-certificates", **{"ca.crt": certificate_of(private)})
    access = {"UV_INDEX_MAIN_USERNAME": USER, "UV_INDEX_MAIN_PASSWORD": PASSWORD}
    private.build(access)
    assert installed(private.builds) == ["words-1.0"]
    lock(private, "words", "left")
    private.build(access)  # words is moved, and what is restored has no hard links between layers
    assert installed(private.builds) == ["left-1.0", "words-1.0"]


def certificate_of(private: PrivateBuilds) -> str:
    return private.authority.cert_pem.bytes().decode()


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[UvBuilds]:
    with uv_builds(tmp_path / "a b") as made:
        made.publish(LEFT)
        yield made


@pytest.fixture
def server(builds: UvBuilds) -> Iterator[GitServer]:
    with git_server(builds.root / "git server", user=GIT_USER, password=GIT_PASSWORD) as served:
        served.publish("priv.git", PACKAGE)
        yield served


def test_a_repository_of_the_lock(builds: UvBuilds, server: GitServer) -> None:
    """The commit that is locked, with a password of a binding; it is built in every build."""
    sources = f'[tool.uv.sources]\nprivate-pkg = {{ git = "{server.url("priv.git")}" }}\n'
    builds.project("private-pkg", "left", more=sources)
    builds.root.joinpath(".netrc").write_text(f"machine 127.0.0.1 login {GIT_USER} password {GIT_PASSWORD}\n")
    text = builds.uv_lock()
    commit = text.partition("priv.git#")[2][:40]
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
    kept = [path for path in workspace.rglob("*") if path.is_file() and "platform" not in path.parts]
    assert not [path for path in kept if GIT_PASSWORD.encode() in path.read_bytes()]
    (bom,) = workspace.glob("layers/strata_app-venv/venv.sbom.cdx.json")
    assert commit in bom.read_text()
    again = builds.build(variables)
    assert not reused(again)
    assert "comes from a version control system" in text_of(again)
    assert again.layer("strata/app-venv", "venv").diff_id == first.layer("strata/app-venv", "venv").diff_id


@pytest.mark.needs("sshd")
def test_a_key_of_a_binding_serves_uv_as_well(builds: UvBuilds, server: GitServer) -> None:
    with ssh_server(builds.root / "sshd") as ssh:
        address = ssh.url(server.root / "priv.git").replace(" ", "%20")
        sources = f'[tool.uv.sources]\nprivate-pkg = {{ git = "{address}" }}\n'
        builds.project("private-pkg", more=sources)
        directory = builds.root / "bindings/git"
        builds.uv_lock(GIT_SSH_COMMAND=ssh.bind(directory))
        builds.build({"SERVICE_BINDING_ROOT": str(directory.parent)})
        secret = ssh.private.splitlines()[1].encode()
    assert installed(builds) == ["private_pkg-1.0"]
    workspace = builds.root / "work space"
    kept = [path for path in workspace.rglob("*") if path.is_file() and "platform" not in path.parts]
    assert not [path for path in kept if secret in path.read_bytes()]
