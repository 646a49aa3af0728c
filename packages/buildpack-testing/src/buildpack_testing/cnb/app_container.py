"""Running an app image: its launch environment, a page of it, its end on SIGTERM."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError
from buildpack_testing.cnb.podman import ContainerSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_testing.cnb.built_image import BuiltImage
    from buildpack_testing.cnb.podman import Container, Podman


@dataclass(frozen=True)
class HttpResponse:
    """An HTTP answer."""

    status: int
    body: bytes


@dataclass(frozen=True)
class RunningApp:
    """An app in a container that listens on port of 127.0.0.1."""

    container: Container
    port: int

    def fetch(self, path: str = "/") -> HttpResponse:
        """Fetch a page. Raises OSError when nobody listens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return HttpResponse(response.status, response.read())
        finally:
            connection.close()

    def environment(self) -> dict[str, str]:
        """Return the environment that the app (process 1) was started with, as the kernel has it."""
        return _parse(self.container.execute("cat", "/proc/1/environ").stdout)

    def command_line(self) -> tuple[str, ...]:
        """Return the arguments of process 1: the app itself, not the launcher or a shell."""
        data = self.container.execute("cat", "/proc/1/cmdline").stdout
        return tuple(part.decode(errors="surrogateescape") for part in data.rstrip(b"\0").split(b"\0"))

    def stop(self, seconds: float = 20) -> int:
        """Send SIGTERM and return the exit code. Raises ReleaseError when the app does not end in time."""
        self.container.signal("TERM")
        return self.container.wait(seconds)


def load(podman: Podman, built: BuiltImage) -> str:
    """Bring an image into podman's storage and return its local name."""
    if built.reference.startswith("oci:"):
        name = f"localhost/app-{built.digest.removeprefix('sha256:')[:12]}"
        return podman.load(built.reference, name)
    podman.pull(built.reference)
    return built.reference


def launch_environment(
    podman: Podman, image: str, variables: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment the launcher makes for a command that is no process type."""
    settings = ContainerSettings(
        entrypoint="/cnb/lifecycle/launcher", network="none", read_only=True, environment=variables or {}
    )
    return _parse(podman.run(image, "--", "env", "-0", settings=settings).stdout)


@contextmanager
def serve(
    podman: Podman,
    image: str,
    *,
    process: str | None = None,
    variables: Mapping[str, str] | None = None,
    read_only: bool = True,
    seconds: float = 60,
) -> Iterator[RunningApp]:
    """Run an image with $PORT set until the block is left; entered when somebody listens on that port.

    The file system is read-only unless told otherwise. Raises ReleaseError, with the app's output, when it
    ends early.
    """
    port = _free_port()
    settings = ContainerSettings(
        environment={"PORT": str(port), **(variables or {})},
        read_only=read_only,
        entrypoint=process and f"/cnb/process/{process}",
        options=("--tmpfs", "/tmp") if read_only else (),  # noqa: S108 (in the container)
    )
    with podman.container(image, settings=settings) as container:
        app = RunningApp(container, port)
        _wait(app, seconds)
        yield app


def _wait(app: RunningApp, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not _listens(app.port):
        if not app.container.running():
            code = app.container.state()["ExitCode"]
            raise ReleaseError(f"The app ended with {code} instead of serving", detail=app.container.logs())
        if time.monotonic() > end:
            raise ReleaseError(
                f"Nobody listened on port {app.port} after {seconds:.0f} s", detail=app.container.logs()
            )
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _parse(environment: bytes) -> dict[str, str]:
    entries = environment.decode(errors="surrogateescape").split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)
