"""Git repositories on loopback behind SSH: the real sshd, with a host key and one user's key of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_testing.needs import SBIN

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class SshServer:
    """A server for whoever has the key in ``private``; ``known_hosts`` is what its host would publish.

    ``changed_hosts`` has another key for the same host.
    """

    port: int
    private: str
    known_hosts: str
    changed_hosts: str

    def url(self, repository: Path) -> str:
        """Return the address of a repository on this machine."""
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{repository}"

    def bind(self, directory: Path) -> str:
        """Write a binding of type git-ssh; return the GIT_SSH_COMMAND of a developer who has the same."""
        directory.mkdir(parents=True)
        (directory / "type").write_text("git-ssh")
        key, hosts = directory / "ssh-privatekey", directory / "known_hosts"
        key.write_text(self.private)
        key.chmod(0o600)
        hosts.write_text(self.known_hosts)
        return f"ssh -i '{key}' -o 'UserKnownHostsFile=\"{hosts}\"'"


@contextmanager
def ssh_server(root: Path) -> Iterator[SshServer]:
    """Serve until the block is left."""
    root.mkdir(parents=True)
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(root / name)]
        subprocess.run(command, check=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    settings = [
        f"ListenAddress 127.0.0.1:{port}", f'HostKey "{root / "host"}"',
        f'AuthorizedKeysFile "{root / "user.pub"}"',
        "PidFile none", "StrictModes no", "UsePAM no", "PasswordAuthentication no", "PermitRootLogin yes",
    ]  # fmt: skip
    (root / "sshd_config").write_text("\n".join([*settings, ""]))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # which the service makes otherwise
    program = shutil.which("sshd", path=SBIN) or "sshd"
    command = [program, "-D", "-e", "-f", str(root / "sshd_config")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stderr or ():
                if "Server listening" in line:
                    break
            known, changed = (
                f"[127.0.0.1]:{port} {(root / name).read_text().strip()}\n"
                for name in ("host.pub", "user.pub")
            )
            yield SshServer(port, (root / "user").read_text(), known, changed)
        finally:
            process.terminate()
