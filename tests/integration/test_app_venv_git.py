"""Private repositories: credentials and keys of bindings reach git, the named hosts only, and no layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_testing.failure import PhaseError
from support.git_server import GitServer, git_server
from support.ssh_server import SshServer, ssh_server
from support.venv_builds import VenvBuilds, installed
from support.wheels import EDITABLE_BACKEND, IN_TREE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.private_builds import PrivateBuilds

USER, PASSWORD = "builder", "g1t-pass+word"
PACKAGE = {"backend.py": EDITABLE_BACKEND, "pyproject.toml": IN_TREE, "private.py": "VERSION = 1\n"}


@pytest.fixture
def server(builds: VenvBuilds) -> Iterator[GitServer]:
    with git_server(builds.root / "git server", user=USER, password=PASSWORD) as served:
        served.publish("priv.git", PACKAGE)
        yield served


@pytest.fixture
def ssh(builds: VenvBuilds) -> Iterator[SshServer]:
    with ssh_server(builds.root / "sshd") as served:
        yield served


def leftovers(private: PrivateBuilds, *words: str) -> list[str]:
    """Return what holds one of the words, in layers, in the exported image, in the cache, or at home."""
    workspace = private.builds.platform().workspace
    files = (path for path in workspace.root.rglob("*") if path.is_file())
    return [str(path) for path in files if any(word.encode() in path.read_bytes() for word in words)]


@pytest.mark.parametrize("kind", ["netrc", "git-credentials"])
def test_a_password_of_a_binding_serves_git(private: PrivateBuilds, server: GitServer, kind: str) -> None:
    private.builds.require(f"-e git+{server.url('priv.git')}@main#egg=private-pkg")
    with pytest.raises(PhaseError) as failed:
        private.build()
    assert "a repository refused access" in failed.value.output
    host = server.host.partition(":")[0]
    entries = {
        "netrc": {"netrc": f"machine {host} login {USER} password {PASSWORD}\n"},
        "git-credentials": {
            "credentials": f"protocol=http\nhost={server.host}\nusername={USER}\npassword={PASSWORD}\n"
        },
    }
    private.bind("git", type=kind, **entries[kind])
    private.build()
    assert installed(private.builds) == ["private_pkg-1.0"]
    assert "by the binding git" in private.output
    assert PASSWORD not in private.output
    assert leftovers(private, PASSWORD) == []


@pytest.mark.needs("sshd")
def test_a_key_of_a_binding_serves_git_if_the_host_is_known(
    private: PrivateBuilds, server: GitServer, ssh: SshServer
) -> None:
    address = ssh.url(server.root / "priv.git").replace(" ", "%20")
    private.builds.require(f"-e git+{address}@main#egg=private-pkg")
    stranger = ssh.known_hosts.replace("127.0.0.1", "127.0.0.2")
    private.bind("git", type="git-ssh", **{"ssh-privatekey": ssh.private})
    (private.builds.root / "bindings/git/known_hosts").write_text(stranger)
    with pytest.raises(PhaseError) as failed:
        private.build()
    assert "the host of a repository is not known" in failed.value.output
    (private.builds.root / "bindings/git/known_hosts").write_text(ssh.changed_hosts)
    with pytest.raises(PhaseError) as failed:
        private.build()
    assert f"[127.0.0.1]:{ssh.port} is not the host that it was" in failed.value.output
    (private.builds.root / "bindings/git/known_hosts").write_text(ssh.known_hosts)
    private.build()
    assert installed(private.builds) == ["private_pkg-1.0"]
    lines = ssh.private.splitlines()[1:-1]
    assert leftovers(private, *lines) == []
    assert not any(line in private.output for line in lines)


def test_authorities_of_a_binding_are_trusted_by_pip(private: PrivateBuilds) -> None:
    private.builds.require("left")
    private.bind(index_url=private.index.url, username=private.index.user, password=private.index.password)
    with pytest.raises(PhaseError) as failed:
        private.build()
    assert "the certificate of the index is not trusted" in failed.value.output
    private.bind("trust", type="ca-certificates", **{"ours.pem": private.authority.cert_pem.bytes().decode()})
    private.build()
    assert installed(private.builds) == ["left-1.0"]
