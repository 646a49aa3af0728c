"""podman for tests: an engine with storage, settings, locks, networks and socket of its own.

Nothing of the machine's podman is read or changed: three environment variables name configuration files in a
directory of this session, which is removed at the end. What a killed session left is removed by the next one.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import ConflictError, MissingToolError, ReleaseError
from buildpack_testing.cnb.processes import server
from buildpack_testing.locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PREFIX = "strata-podman-"
# Paths of sockets have a limit of 108 bytes, and podman wants its run directory below 50.
_SHORT = 40


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
class Settings:
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
        self, *arguments: str | os.PathLike[str], check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a podman command and keep its output. Raises ReleaseError if it fails and check is true."""
        result = subprocess.run(
            [self.executable, *arguments],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if check and result.returncode != 0:
            shown = " ".join(os.fspath(argument) for argument in arguments[:2])
            raise ReleaseError(
                f"podman {shown} ended with {result.returncode}",
                detail=result.stderr.decode(errors="replace").strip(),
            )
        return result

    def run(
        self, image: str, *command: str, settings: Settings | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in a new container, wait for it, remove the container."""
        return self.command(
            "run", "--rm", *(settings or Settings()).arguments(), image, *command, check=check
        )

    @contextmanager
    def container(self, image: str, *command: str, settings: Settings | None = None) -> Iterator[Container]:
        """Run a container in the background; it is removed when the block is left."""
        arguments = (settings or Settings()).arguments()
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
        program = shutil.which("skopeo")
        if program is None:
            raise MissingToolError("No skopeo on PATH", advice="Install the Debian or Ubuntu package skopeo.")
        result = subprocess.run(
            [program, "--insecure-policy", "copy", "--quiet", source, f"containers-storage:{name}"],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise ReleaseError(f"skopeo cannot load {source}", detail=result.stderr.strip())
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
        """Tell whether its main process lives."""
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
        try:
            result = subprocess.run(
                [self.podman.executable, "wait", self.name],
                env=dict(self.podman.environment),
                capture_output=True,
                timeout=seconds,
                check=True,
            )
        except subprocess.TimeoutExpired:
            raise ReleaseError(
                f"The container still runs after {seconds:.0f} s", detail=self.logs()
            ) from None
        return int(result.stdout)


@contextmanager
def podman(registries: Sequence[str] = ()) -> Iterator[Podman]:
    """Set up a private podman until the block is left. registries (host:port) may be spoken to in plain HTTP.

    Raises MissingToolError.
    """
    executable = shutil.which("podman")
    if executable is None:
        raise MissingToolError(
            "No podman on PATH", advice="Install the Debian or Ubuntu packages podman and runc."
        )
    base = _base_directory()
    _remove_leftovers(base)
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    try:
        with exclusive(directory / "lock"):
            yield Podman(executable, directory, _configure(directory, registries))
    finally:
        _remove(directory)


def _base_directory() -> Path:
    """Return the directory for temporary files, or /tmp if its name is too long for sockets."""
    base = Path(tempfile.gettempdir())
    return base if len(str(base)) + len(_PREFIX) + 8 <= _SHORT else Path("/tmp")  # noqa: S108


def _configure(directory: Path, registries: Sequence[str]) -> dict[str, str]:
    files = {
        "CONTAINERS_CONF": ("containers.conf", _containers_conf(directory)),
        "CONTAINERS_STORAGE_CONF": ("storage.conf", _storage_conf(directory)),
        "CONTAINERS_REGISTRIES_CONF": ("registries.conf", _registries_conf(registries)),
    }
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    for variable, (name, text) in files.items():
        (directory / name).write_text(text, encoding="utf-8")
        environment[variable] = str(directory / name)
    # Else podman would read credentials from the user's own file.
    credentials = directory / "auth.json"
    credentials.write_text("{}", encoding="utf-8")
    return {**environment, "REGISTRY_AUTH_FILE": str(credentials)}


def _containers_conf(directory: Path) -> str:
    """Return settings that also work in machines without systemd, cgroup v2 or raised limits."""
    runtime = "runc" if shutil.which("runc") else "crun"
    return (
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
        'log_driver = "k8s-file"\n'
        f'[engine]\nruntime = "{runtime}"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        # Locks in files: those in shared memory belong to all engines of the machine at once.
        'lock_type = "file"\n'
        # static_dir follows the storage; naming it makes podman 4.3 wait 20 s for every container's end.
        f'tmp_dir = "{directory / "tmp"}"\n'
        f'[network]\nnetwork_config_dir = "{directory}/networks"\n'
    )


def _storage_conf(directory: Path) -> str:
    return f'[storage]\ndriver = "overlay"\ngraphroot = "{directory}/storage"\nrunroot = "{directory}/run"\n'


def _registries_conf(registries: Sequence[str]) -> str:
    blocks = [f'[[registry]]\nlocation = "{address}"\ninsecure = true\n' for address in registries]
    return "unqualified-search-registries = []\n" + "".join(blocks)


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _remove_leftovers(base: Path) -> None:
    """Remove the directories of sessions that were killed: nobody holds their lock any more."""
    for directory in base.glob(f"{_PREFIX}*"):
        if directory.owner() != Path("/proc/self").owner() or not (directory / "lock").exists():
            continue
        try:
            with exclusive(directory / "lock", wait=False):
                _remove(directory)
        except ConflictError:
            continue


def _remove(directory: Path) -> None:
    """Stop what still runs in a session's containers, unmount, and remove its files."""
    executable = shutil.which("podman")
    if executable and (directory / "storage").is_dir():
        environment = {**os.environ, **_configure(directory, ())}
        subprocess.run(
            [executable, "rm", "--all", "--force", "--time", "0"],
            env=environment,
            capture_output=True,
            check=False,
        )
    for line in reversed(Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()):
        mounted = line.split()[1]
        if mounted.startswith(f"{directory}/"):
            subprocess.run(["umount", "--lazy", mounted], capture_output=True, check=False)
    shutil.rmtree(directory, ignore_errors=True)
