"""Running a program that sees one folder at another place, without Docker and without changing this machine.

A mount namespace of its own has a new root, in which everything is where it is, but for one name at the top.
Root can make one, and others where the kernel lets them have user namespaces.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, ReleaseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SCRIPT = r"""
set -efu
root=$1 name=$2 folder=$3 path=$4
shift 4
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs -o mode=755 none "$root"
set +f
for one in /* /.[!.]*; do
    if [ "$one" = "/$name" ]; then continue
    elif [ -h "$one" ]; then cp -P "$one" "$root$one"
    elif [ -d "$one" ]; then mkdir "$root$one" && mount --rbind "$one" "$root$one"
    fi
done
mkdir "$root/$name"
mount --bind "$folder" "$root/$name"
exec chroot "$root" env PATH="$path" "$@"
"""
_SYSTEM = frozenset({"bin", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "tmp", "usr", "var"})
_SHOWN = 20


def run_with_folder(
    folder: Path,
    name: str,
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    report: Callable[[str], None] = lambda _: None,
) -> None:
    """Run a program that finds `folder` at `/name`, and everything else where it is.

    Args:
        folder: a folder of this machine.
        name: a name without slashes, none of the system's own.
        command: the program, by its absolute path, and its arguments.
        environment: all of its variables.
        report: takes each line that it prints.

    Raises:
        UsageError: the name is one of the system's.
        MissingToolError: there is no `unshare`, or the kernel gives us no namespace.
        ReleaseError: the program fails; its last lines are in the message.
    """
    if name in _SYSTEM or "/" in name or not name:
        raise UsageError(f"layers cannot be at /{name} on this machine: the system has its own files there")
    unshare = _unshare()
    with tempfile.TemporaryDirectory(prefix="strata-root-") as root:
        path = environment.get("PATH", os.defpath)
        script = ["/bin/sh", "-c", _SCRIPT, "sh", root, name, os.fspath(folder), path]
        with subprocess.Popen(
            [*unshare, *script, *map(str, command)],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd="/",
        ) as process:
            said = []
            for line in process.stdout or ():
                said.append(line.rstrip())
                report(line.rstrip())
                del said[:-_SHOWN]
    if process.returncode:
        title = f"{Path(command[0]).name} ended with {process.returncode}"
        raise ReleaseError(title, detail="\n".join(said))


def _unshare() -> list[str]:
    """Return the command that makes a namespace here. Raises MissingToolError if nothing does."""
    program = shutil.which("unshare")
    if program is None:
        raise MissingToolError(
            "there is no program unshare, which makes a mount namespace",
            advice="Install util-linux, or take the layer from an image that has it.",
        )
    said = ""
    for options in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        tried = subprocess.run(
            [program, *options, "true"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if tried.returncode == 0:
            return [program, *options, "--"]
        said = tried.stderr.strip()
    raise MissingToolError(
        "this machine gives us no mount namespace, in which a layer is made at its place in images",
        detail=said,
        advice="Run as root, or allow user namespaces; or take the layer from an image that has it.",
    )
