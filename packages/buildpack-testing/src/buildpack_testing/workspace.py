"""Where a build takes place: one directory with the fixed paths that an app's layers are tied to."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import remove
from buildpack_release.errors import UsageError
from buildpack_release.model.targets import own_arch

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Workspace:
    """The directories of one app. Layers hold absolute paths: a workspace cannot be moved."""

    root: Path

    @property
    def layers(self) -> Path:
        """What is /layers in a container."""
        return self.root / "layers"

    @property
    def app(self) -> Path:
        """What is /workspace in a container."""
        return self.root / "workspace"

    @property
    def platform(self) -> Path:
        """What is /platform in a container."""
        return self.root / "platform"

    @property
    def home(self) -> Path:
        """The home directory of the user that runs the buildpacks."""
        return self.root / "home"

    @property
    def store(self) -> Path:
        """Where the image and the cache are kept between builds."""
        return self.root / "store"

    def lay_out(self, source: Path, variables: Mapping[str, str]) -> None:
        """Copy the app of source and write the user's variables; what earlier builds left there goes.

        Raises UsageError when source is not a directory or holds this workspace.
        """
        source = source.resolve()
        if not source.is_dir():
            raise UsageError(f"{source} is not a directory", advice="Name the directory of an app.")
        if self.root.resolve().is_relative_to(source):
            raise UsageError(
                f"The workspace {self.root} lies in the app {source}", advice="Use one outside of it."
            )
        remove(self.app)
        shutil.copytree(source, self.app, symlinks=True, ignore=_special_files)
        remove(self.platform)
        (self.platform / "env").mkdir(parents=True)
        for name, value in variables.items():
            check_variable(name)
            (self.platform / "env" / name).write_bytes(os.fsencode(value))
        self.home.mkdir(parents=True, exist_ok=True)


def _special_files(directory: str, names: list[str]) -> list[str]:
    """Return which names are sockets, pipes or devices: they are no part of an app (for copytree)."""
    modes = {name: Path(directory, name).lstat().st_mode for name in names}
    kinds = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    return [name for name, mode in modes.items() if not any(is_kind(mode) for is_kind in kinds)]


def check_variable(name: str) -> None:
    """Raise UsageError for a name that cannot be a file of <platform>/env, or is the platform's own."""
    if not name or "/" in name or "=" in name or "\0" in name or name in {".", ".."}:
        raise UsageError(f"{name!r} is not the name of a variable")
    if name.startswith("CNB_"):
        raise UsageError(f"{name} is not for users to set: CNB_ names belong to the platform")


@dataclass(frozen=True)
class ImageEnvironment:
    """What build and run image contribute: PATH each, the target, more variables of the run image.

    Without containers the files of both are this machine's.
    """

    build_path: str = SYSTEM_PATH
    run_path: str = SYSTEM_PATH
    arch: str = ""
    distro_name: str = ""
    distro_version: str = ""
    run_environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def target_environment(self) -> dict[str, str]:
        """The CNB_TARGET_* variables; empty ones are not set (Buildpack API 0.10, "Targets")."""
        names = {"ARCH": self.arch, "DISTRO_NAME": self.distro_name, "DISTRO_VERSION": self.distro_version}
        return {"CNB_TARGET_OS": "linux"} | {
            f"CNB_TARGET_{name}": value for name, value in names.items() if value
        }


def local_image(python_home: Path) -> ImageEnvironment:
    """Describe this machine as a base image whose build image has a python3 of 3.10 or newer, as most have.

    If the system's own does not qualify, python_home becomes a directory with links to this interpreter.
    """
    build_path = SYSTEM_PATH
    if not _has_python(SYSTEM_PATH):
        remove(python_home)
        python_home.mkdir(parents=True)
        (python_home / "python3").symlink_to(Path(sys.executable).resolve())
        build_path = f"{python_home}:{SYSTEM_PATH}"
    release = _os_release()
    return ImageEnvironment(
        build_path=build_path,
        arch=own_arch(),
        distro_name=release.get("ID", ""),
        distro_version=release.get("VERSION_ID", ""),
    )


def _has_python(path: str) -> bool:
    program = shutil.which("python3", path=path)
    check = "import sys; sys.exit(sys.version_info < (3, 10))"
    return bool(program) and subprocess.run([program or "", "-I", "-c", check], check=False).returncode == 0


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
