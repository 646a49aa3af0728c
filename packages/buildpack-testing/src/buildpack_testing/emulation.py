"""Programs for another processor, run here by QEMU's user emulation (Debian's package qemu-user-static).

The kernel starts it for them (Documentation/admin-guide/binfmt-misc.rst). With the flag F it opens the
emulator at once, so that nothing of it has to be in a container or below a chroot.
"""

from __future__ import annotations

import secrets
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError
from buildpack_release.model.targets import own_arch

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the package has the machine register when it starts, a file for each processor (binfmt.d(5)).
FORMATS = Path("/usr/lib/binfmt.d")
_QEMU_NAMES = {"amd64": "x86_64", "arm64": "aarch64"}
_BINFMT_NAME, _BINFMT_INTERPRETER, _BINFMT_FLAGS = 1, 6, 7


def is_possible(arch: str, formats: Path = FORMATS) -> bool:
    """Return whether programs for a processor (in Go's words) run on this machine, or can be made to."""
    return arch == own_arch() or binfmt_rule(arch, "any", formats) is not None


@contextmanager
def emulation(arch: str) -> Iterator[None]:
    """Let programs for a processor run until the block is left, in containers as well. Needs root.

    It is for the whole machine, and beside what else is registered: several sessions do not disturb each
    other. What a killed one leaves does no harm, and is gone when the machine is started again.
    Raises MissingToolError without QEMU, or where the kernel does not let us.
    """
    if arch == own_arch():
        yield
        return
    name = f"strata-{arch}-{secrets.token_hex(4)}"
    rule = binfmt_rule(arch, name)
    if rule is None:
        raise _cannot(arch, f"There is no emulator for it in {FORMATS}.")
    with _mounted(arch) as registered:
        try:
            (registered / "register").write_text(rule, "ascii")
        except OSError as error:
            raise _cannot(arch, str(error)) from error
        try:
            yield
        finally:
            (registered / name).write_text("-1", "ascii")


def binfmt_rule(arch: str, name: str, formats: Path = FORMATS) -> str | None:
    """Return the package's rule under a name of ours, with the flag F; None without it or its emulator."""
    try:
        text = (formats / f"qemu-{_QEMU_NAMES.get(arch, arch)}.conf").read_text("ascii")
    except OSError:
        return None
    rules = [line for line in text.splitlines() if line[:1] not in ("", "#", ";")]
    for rule in rules:
        fields = rule.split(rule[0])
        if len(fields) == _BINFMT_FLAGS + 1 and Path(fields[_BINFMT_INTERPRETER]).exists():
            fields[_BINFMT_NAME] = name
            fields[_BINFMT_FLAGS] = "".join(sorted({*fields[_BINFMT_FLAGS], "F"}))
            return rule[0].join(fields)
    return None


@contextmanager
def _mounted(arch: str) -> Iterator[Path]:
    """Mount the kernel's list of formats at a place of our own: on machines without systemd it is nowhere."""
    with tempfile.TemporaryDirectory(prefix="strata-binfmt-") as place:
        command = ["mount", "-t", "binfmt_misc", "binfmt_misc", place]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise _cannot(arch, done.stderr.strip())
        try:
            yield Path(place)
        finally:
            subprocess.run(["umount", place], capture_output=True, check=True)


def _cannot(arch: str, detail: str) -> MissingToolError:
    return MissingToolError(
        f"Programs for {arch} cannot be emulated here",
        detail=detail,
        advice="Install the Debian or Ubuntu package qemu-user-static, and run this as root, on a kernel "
        "with binfmt_misc.",
    )
