"""What tests need of a machine beyond what the README asks for, and what of it this one lacks.

Each need has a name and the command that brings what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_testing import emulation
from buildpack_testing.cnb import base_images, tools
from buildpack_testing.cnb.tool_versions import ACTIONLINT, COSIGN_3, CRANE, DISTRIBUTION, ORAS
from buildpack_testing.installed_pythons import find_installed
from buildpack_testing.workspace import SYSTEM_PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


@dataclass(frozen=True)
class Need:
    """Something a test needs. present() tells whether it is there, or can be made here."""

    name: str
    advice: str
    present: Callable[[], bool]


def _on_path(*programs: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(program) for program in programs)


def _program(name: str) -> Need:
    """Return the need of a program whose package is called as it is."""
    return Need(name, _package(name), _on_path(name))


def _package(*names: str) -> str:
    return f"sudo apt-get install {' '.join(names)}"


def _tool_or_go(find: Callable[[], object]) -> Callable[[], bool]:
    return lambda: bool(shutil.which("go")) or find() is not None


def _base_images_or_maker() -> bool:
    if all(base_images.find(recipe) for recipe in base_images.RECIPES.values()):
        return True
    return shutil.which("mmdebstrap") is not None


def _has_compiler() -> bool:
    """Whether the "build image" of builds without containers, this machine's system, has one."""
    return all(shutil.which(name, path=SYSTEM_PATH) for name in ("cc", "gcc"))


def _has_managed_python() -> bool:
    marker = "os.path.join(sysconfig.get_path('stdlib'), 'EXTERNALLY-MANAGED')"
    question = f"import os, sys, sysconfig; print(os.path.exists({marker}), sys.version_info >= (3, 10))"
    python = shutil.which("python3", path=SYSTEM_PATH)
    if python is None:
        return False
    asked = subprocess.run([python, "-I", "-c", question], capture_output=True, text=True, check=False)
    return asked.stdout.split() == ["True", "True"]


def unshare(*namespaces: str) -> tuple[str, ...]:
    """Return the start of a command line that runs the rest in new namespaces: "mount", "net".

    Root has the right to make them; another user gets it from a user namespace, and is root in there.
    """
    mapped = () if os.geteuid() == 0 else ("--map-root-user",)
    return ("unshare", *mapped, *(f"--{name}" for name in namespaces))


def _can_unshare(namespace: str) -> bool:
    try:
        return subprocess.run([*unshare(namespace), "true"], capture_output=True, check=False).returncode == 0
    except OSError:  # no such program
        return False


def find_shellcheck() -> str | None:
    """Return the shellcheck beside the running Python, where its wheel puts it, or the one on PATH."""
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))  # noqa: PTH120
    return shutil.which("shellcheck", path=path)


SBIN = "/usr/sbin:/usr/local/sbin:/sbin"
"""Where servers are, which PATH of ordinary users leaves out."""

_CNB = "./scripts/install-cnb-tools, with a Go toolchain on PATH or in another of the ways that --help shows"
_NAMESPACES = (
    "run the tests as root, or allow user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1, "
    "on Ubuntu sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
)
NEEDS: Mapping[str, Need] = {
    need.name: need
    for need in (
        Need("go", "put a Go toolchain on PATH", _on_path("go")),
        Need("lifecycle", _CNB, _tool_or_go(tools.find_lifecycle)),
        Need("pack", _CNB, _tool_or_go(tools.find_pack)),
        Need("registry", _package("docker-registry"), _on_path("docker-registry")),
        _program("skopeo"),
        _program("podman"),
        Need("container runtime", _package("runc"), _on_path("runc", "crun")),
        Need("base images", _package("mmdebstrap"), _base_images_or_maker),
        Need("debian", _package("mmdebstrap"), _on_path("mmdebstrap")),
        Need(
            "emulation of arm64",
            f"{_package('qemu-user-static')}, or a machine with such a processor",
            lambda: emulation.is_possible("arm64"),
        ),
        _program("busybox"),
        Need("shellcheck", _package("shellcheck"), lambda: find_shellcheck() is not None),
        _program("strace"),
        _program("zsh"),
        _program("fish"),
        Need("sshd", _package("openssh-server"), lambda: shutil.which("sshd", path=SBIN) is not None),
        Need("setpriv", _package("util-linux"), _on_path("setpriv")),
        Need("C compiler", _package("gcc", "libc6-dev"), _has_compiler),
        Need(
            "two Pythons",
            "another CPython of 3.10 or newer, for instance: pyenv install 3.12, or uv python install 3.12",
            lambda: len(installed_interpreters()) > 1,
        ),
        Need(
            "two runtimes",
            "a second CPython in a prefix of its own: pyenv install 3.12, or uv python install 3.12",
            lambda: len(find_installed()) != 1,
        ),
        Need(
            "managed Python",
            "a system whose own python3 is 3.10 or newer and marked as externally managed (PEP 668): "
            "Debian 12, Ubuntu 24.04",
            _has_managed_python,
        ),
        Need("mount namespaces", _NAMESPACES, lambda: _can_unshare("mount")),
        Need("network namespaces", _NAMESPACES, lambda: _can_unshare("net")),
        Need(
            "newer registry",
            "put a Go toolchain on PATH, which builds it",
            _tool_or_go(partial(tools.find_tool, DISTRIBUTION)),
        ),
        *(
            Need(
                one.name,
                "put a Go toolchain on PATH, which builds it",
                _tool_or_go(partial(tools.find_tool, one)),
            )
            for one in (COSIGN_3, ACTIONLINT, CRANE, ORAS)
        ),
        Need(
            "root",
            "run the tests as root, on a machine or in a container of their own: files that containers of "
            "another user work on have to change hands",
            lambda: os.geteuid() == 0,
        ),
    )
}


def missing(names: Collection[str] = ()) -> tuple[Need, ...]:
    """Return what this machine lacks of the needs named, or of all. Raises KeyError for an unknown name."""
    return tuple(need for need in map(NEEDS.__getitem__, names or NEEDS) if not need.present())


def describe(lacking: Collection[Need]) -> str:
    """Return what is missing and how to get it, a line each."""
    return "\n".join(f"missing: {need.name} ({need.advice})" for need in lacking)
