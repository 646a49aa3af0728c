"""A private podman: storage, settings, locks, networks and socket of its own.

Nothing of the machine's podman is read or changed: environment variables name configuration files in a
directory of this session, which is removed at the end. What a killed session left is removed by the next one.
Only base images are shared by sessions: they lie unpacked in the cache, in a storage that sessions only read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import ConflictError, MissingToolError
from buildpack_release.files.cache import cache_directory
from buildpack_testing.cnb.podman import Podman
from buildpack_testing.cnb.skopeo import copy_image
from buildpack_testing.file_locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from buildpack_testing.cnb.base_images import BaseImage

_PREFIX = "strata-podman-"
# Paths of sockets have a limit of 108 bytes, and podman wants its run directory below 50.
_SHORT = 40


@contextmanager
def podman(registries: Sequence[str] = (), *, base_images: Path | None = None) -> Iterator[Podman]:
    """Set up a private podman until the block is left. registries (host:port) may be spoken to in plain HTTP.

    base_images is the result of unpack().

    Raises MissingToolError.
    """
    executable = shutil.which("podman")
    if executable is None:
        raise MissingToolError(
            "No podman on PATH", advice="Install the Debian or Ubuntu packages podman and runc."
        )
    with ExitStack() as held:
        directory = _begin(held)
        try:
            yield Podman(executable, directory, _configure(directory, registries, base_images))
        finally:
            _remove(directory)


def _begin(held: ExitStack) -> Path:
    """Remove what killed sessions left, and make a directory that is ours as long as its lock is held."""
    base = _base_directory()
    with exclusive(base / f".{_PREFIX}{os.geteuid()}.lock"):
        for left in base.glob(f"{_PREFIX}*"):
            _remove_leftover(left)
        directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        held.enter_context(exclusive(directory / "lock"))
    return directory


def _base_directory() -> Path:
    """Return the directory for temporary files, or /tmp if its name is too long for sockets."""
    base = Path(tempfile.gettempdir())
    return base if len(str(base)) + len(_PREFIX) + 8 <= _SHORT else Path("/tmp")  # noqa: S108


def unpack(images: Iterable[BaseImage], cache: Path | None = None) -> Path:
    """Unpack base images into the cache, those that are not there yet, and return the storage they are in.

    A session that is given the storage need not unpack them again. Raises MissingToolError, ReleaseError.
    """
    storage = (cache or cache_directory()) / "podman-images"
    for image in images:
        marker = storage / f"{image.name}-{image.tag}"
        with exclusive(storage / ".lock"):
            if marker.exists():
                continue
            with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=_base_directory()) as run:
                copy_image(
                    f"oci:{image.layout}",
                    f"containers-storage:[overlay@{storage}+{run}]localhost/{image.repository}:{image.tag}",
                    environment=os.environ,
                )
            marker.touch()
    return storage


def _configure(directory: Path, registries: Sequence[str], base_images: Path | None = None) -> dict[str, str]:
    files = {
        "CONTAINERS_CONF": ("containers.conf", _containers_conf(directory)),
        "CONTAINERS_STORAGE_CONF": ("storage.conf", _storage_conf(directory, base_images)),
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


def _storage_conf(directory: Path, base_images: Path | None) -> str:
    own = f'[storage]\ndriver = "overlay"\ngraphroot = "{directory}/storage"\nrunroot = "{directory}/run"\n'
    shared = f'[storage.options]\nadditionalimagestores = ["{base_images}"]\n' if base_images else ""
    return own + shared


def _registries_conf(registries: Sequence[str]) -> str:
    blocks = [f'[[registry]]\nlocation = "{address}"\ninsecure = true\n' for address in registries]
    return "unqualified-search-registries = []\n" + "".join(blocks)


def _remove_leftover(directory: Path) -> None:
    """Remove a session's directory if it is ours and nobody holds its lock any more."""
    if directory.is_symlink() or not directory.is_dir() or directory.stat().st_uid != os.geteuid():
        return
    with suppress(ConflictError), exclusive(directory / "lock", wait=False):
        _remove(directory)


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
