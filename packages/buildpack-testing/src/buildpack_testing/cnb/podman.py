"""A podman engine: images, containers, and the Docker API on a socket. podman_session makes a private one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import ReleaseError
from buildpack_testing.cnb.skopeo import copy_image
from oci_registry.testing.processes import server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# An end for what hangs, in seconds; no build of a test takes as long.
_LONG = 1800.0


@dataclass(frozen=True)
class Mount:
    """A directory or file of the machine, seen in a container at target."""

    source: Path
    target: str
    writable: bool = field(default=False, kw_only=True)

    @property
    def option(self) -> str:
        """The value of --mount."""
        ending = "" if self.writable else ",readonly"
        return f'type=bind,"source={self.source}",target={self.target}{ending}'


@dataclass(frozen=True, kw_only=True)
class ContainerSettings:
    """How a container runs. Host networking is the default: servers on loopback can be reached."""

    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    network: str = "host"
    read_only: bool = False
    entrypoint: str | None = None
    options: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Return the options of `podman run`."""
        return [
            *(part for mount in self.mounts for part in ("--mount", mount.option)),
            *(part for name, value in self.environment.items() for part in ("--env", f"{name}={value}")),
            *(("--user", self.user) if self.user is not None else ()),
            *("--network", self.network, "--pull=never"),
            *(("--read-only", "--read-only-tmpfs=false") if self.read_only else ()),
            *(("--entrypoint", self.entrypoint) if self.entrypoint is not None else ()),
            *self.options,
        ]


@dataclass(frozen=True)
class Podman:
    """A private podman: every command runs with its environment."""

    executable: str
    directory: Path
    environment: Mapping[str, str]

    @property
    def socket(self) -> Path:
        """Where the Docker API is served, while service() runs."""
        return self.directory / "podman.sock"

    def command(
        self,
        *arguments: str | os.PathLike[str],
        check: bool = True,
        merge: bool = False,
        seconds: float = _LONG,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a podman command and keep its output; with merge, both streams in stdout as they came.

        Raises ReleaseError if it fails and check is true, or does not end in time.
        """
        shown = "podman " + " ".join(os.fspath(argument) for argument in arguments[:2])
        try:
            result = subprocess.run(
                [self.executable, *arguments],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merge else subprocess.PIPE,
                check=False,
                timeout=seconds,
            )
        except subprocess.TimeoutExpired as error:
            output = (error.stdout or b"").decode(errors="replace")
            raise ReleaseError(f"{shown} did not end within {seconds:.0f} s", detail=output[-4000:]) from None
        if check and result.returncode != 0:
            detail = (result.stdout if merge else result.stderr).decode(errors="replace").strip()
            raise ReleaseError(f"{shown} ended with {result.returncode}", detail=detail)
        return result

    def run(
        self,
        image: str,
        *command: str,
        settings: ContainerSettings | None = None,
        check: bool = True,
        merge: bool = False,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in a new container, wait for it, remove the container."""
        return self.command(*run_arguments(image, *command, settings=settings), check=check, merge=merge)

    @contextmanager
    def container(
        self, image: str, *command: str, settings: ContainerSettings | None = None
    ) -> Iterator[Container]:
        """Run a container in the background; it is removed when the block is left."""
        arguments = (settings or ContainerSettings()).arguments()
        result = self.command("run", "--detach", *arguments, image, *command)
        container = Container(self, result.stdout.decode().strip())
        try:
            yield container
        finally:
            self.command("rm", "--force", "--time", "0", container.name, check=False)

    def pull(self, reference: str) -> str:
        """Fetch an image from a registry and return its id."""
        result = self.command("pull", "--quiet", "--tls-verify=false", reference)
        return result.stdout.decode().split()[-1]

    def load(self, source: str, name: str) -> str:
        """Copy an image (`oci:DIRECTORY`; podman pull cannot) into the storage and return its name there."""
        copy_image(source, f"containers-storage:{name}", environment=self.environment)
        return name

    def inspect(self, image: str) -> Mapping[str, Any]:
        """Describe an image of the local storage, as `podman image inspect` does."""
        found: list[dict[str, Any]] = json.loads(self.command("image", "inspect", image).stdout)
        return found[0]

    def export(self, image: str, target: Path) -> Path:
        """Write an image's whole file system as a tar file."""
        name = self.command("create", "--pull=never", image, "true").stdout.decode().strip()
        try:
            self.command("export", "--output", target, name)
        finally:
            self.command("rm", "--force", name)
        return target

    @contextmanager
    def service(self) -> Iterator[str]:
        """Serve the Docker API on the private socket until the block is left; yields DOCKER_HOST's value."""
        self.socket.unlink(missing_ok=True)
        command = [self.executable, "system", "service", "--time=0", f"unix://{self.socket}"]
        log = self.directory / "service.log"
        with server(command, environment=self.environment, log=log, ready=lambda: _accepts(self.socket)):
            yield f"unix://{self.socket}"


@dataclass(frozen=True)
class Container:
    """A container in the background."""

    podman: Podman
    name: str

    def logs(self) -> str:
        """Return what the container has printed on both streams."""
        result = self.podman.command("logs", self.name)
        return (result.stdout + result.stderr).decode(errors="replace")

    def execute(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run another command in the container."""
        return self.podman.command("exec", self.name, *command, check=check)

    def running(self) -> bool:
        """Return whether its main process lives."""
        return bool(self.state()["Running"])

    def state(self) -> Mapping[str, Any]:
        """Return podman's account of the container: Running, ExitCode, OOMKilled ..."""
        result = self.podman.command("container", "inspect", "--format", "{{json .State}}", self.name)
        state: dict[str, Any] = json.loads(result.stdout)
        return state

    def signal(self, name: str = "TERM") -> None:
        """Send a signal to the main process."""
        self.podman.command("kill", "--signal", name, self.name)

    def wait(self, seconds: float) -> int:
        """Wait for the main process's end and return its exit code. Raises ReleaseError if it goes on."""
        return int(self.podman.command("wait", self.name, seconds=seconds).stdout)


def run_arguments(image: str, *command: str, settings: ContainerSettings | None = None) -> list[str]:
    """Return what podman is told to run a command in a new container and remove that."""
    return ["run", "--rm", *(settings or ContainerSettings()).arguments(), image, *command]


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
