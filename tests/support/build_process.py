"""``bin/build`` of one assembled buildpack as a process of its own, without a platform around it."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.bytecode.interpreters import installed_interpreters
from buildpack_testing.needs import unshare
from buildpack_testing.workspace import SYSTEM_PATH
from support.component_builds import NEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The system calls that make, change or remove something in a file system.
WRITING_CALLS = (
    "open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,unlink,unlinkat,rmdir,"
    "symlink,symlinkat,link,linkat,chmod,fchmodat,chown,lchown,fchownat,truncate,utimensat,setxattr,lsetxattr"
)
_CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_PATH = re.compile(r'(?:AT_FDCWD<([^>]*)>|\d+<([^>]*)>)?(?:, )?"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class BuildProcess:
    """What a build gets; everything lies below ``root``, and its temporary files do, too.

    ``minor`` is the Python that is first on PATH.
    """

    buildpack: Path
    root: Path
    plan: str
    minor: str = NEWEST

    @property
    def layers(self) -> Path:
        """CNB_LAYERS_DIR."""
        return self.root / "layers"

    @property
    def app(self) -> Path:
        """The working directory."""
        return self.root / "app"

    def prepare(self) -> None:
        """Make the directories and the plan."""
        for name in ("layers", "app", "platform/env", "home", "temporary"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "plan.toml").write_text(self.plan)

    def start(self, *wrapper: str | Path, **variables: str) -> subprocess.Popen[str]:
        """Start it, below a program such as strace, with these variables of the user."""
        self.prepare()
        python = installed_interpreters()[self.minor].executable.parent
        environment = {
            "PATH": f"{python}{os.pathsep}{SYSTEM_PATH}",
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "temporary"),
            "CNB_LAYERS_DIR": str(self.layers),
            "CNB_PLATFORM_DIR": str(self.root / "platform"),
            "CNB_BUILDPACK_DIR": str(self.buildpack),
            "CNB_BP_PLAN_PATH": str(self.root / "plan.toml"),
            "CNB_TARGET_OS": "linux",
            "CNB_TARGET_ARCH": "amd64",
            "CNB_TARGET_DISTRO_NAME": "debian",
            "CNB_TARGET_DISTRO_VERSION": "12",
        }
        return subprocess.Popen(
            [*wrapper, self.buildpack / "bin" / "build"],
            cwd=self.app, env=environment | variables, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *wrapper: str | Path, **variables: str) -> tuple[int, str]:
        """Start it and return its exit code and what it printed."""
        with self.start(*wrapper, **variables) as process:
            printed, _ = process.communicate()
        return process.returncode, printed


def on_small_disk(directory: Path, megabytes: int) -> tuple[str | Path, ...]:
    """Return the start of a command line that runs the rest with a file system of that size at ``directory``.

    Its exit code is that of the command. A last line of output says what the command has left there.
    """
    script = (
        'at=$1; mount -t tmpfs -o "size=$2M" tmpfs "$at" || exit 90; shift 2; "$@"; code=$?; '
        'echo "left on the small disk: $(ls -A "$at")"; exit $code'
    )
    return (*unshare("mount"), "sh", "-c", script, "sh", directory, str(megabytes))


def written_paths(trace: Path) -> Iterator[tuple[str, Path]]:
    """Yield call and path of everything that a trace (strace -f -y) shows to have been written."""
    for line in trace.read_text("utf-8", errors="replace").splitlines():
        call = _CALL.match(line)
        if call is None or int(call[3]) < 0:
            continue
        if call[1].startswith("open") and not re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", call[2]):
            continue
        for found in _paths(call[1], call[2]):
            yield call[1], found


def _paths(call: str, arguments: str) -> Sequence[Path]:
    found = [Path(here or at or "/", name) for here, at, name in _PATH.findall(arguments)]
    # The target of a symbolic link is a text, and that of a hard link is not changed.
    return found[1:] if call in {"symlink", "symlinkat", "link", "linkat"} else found
