"""Targets: the operating systems and processors that a buildpack is for (Buildpack API 0.10, "Targets")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError

if TYPE_CHECKING:
    from buildpack_release.model.table import Table

# Go's names for the systems and processors that base images exist for.
KNOWN_OS = ("linux", "windows")
KNOWN_ARCH = ("386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64", "s390x")
_GO_NAMES = {
    "x86_64": "amd64",
    "x64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "i386": "386",
}


def own_arch() -> str:
    """Return this machine's processor, as targets call it."""
    import platform  # takes a while, and few tasks ask

    machine = platform.machine()
    return _GO_NAMES.get(machine, machine)


@dataclass(frozen=True, order=True)
class Distro:
    """A distribution as base images name it, e.g. ubuntu 24.04; empty fields stand for any."""

    name: str
    version: str


@dataclass(frozen=True, order=True)
class DeclaredTarget:
    """A platform in Go's words (`linux`, `amd64`); empty fields stand for any."""

    os: str
    arch: str
    variant: str = ""
    distros: tuple[Distro, ...] = ()

    @classmethod
    def parse(cls, text: str) -> DeclaredTarget:
        """Read `os/arch` or `os/arch/variant`, as an option gives it. Raises UsageError."""
        os, slash, rest = text.partition("/")
        arch, second_slash, variant = rest.partition("/")
        if not (os and slash and arch) or bool(second_slash) != bool(variant) or "/" in variant:
            raise UsageError(f'"{text}" is not a target', advice="Write os/arch, for example linux/arm64.")
        if arch in _GO_NAMES:
            raise UsageError(
                f'"{arch}" is no architecture here', advice=f'Images call it "{_GO_NAMES[arch]}".'
            )
        return cls(os, arch, variant)

    def __str__(self) -> str:
        return "/".join(part for part in (self.os or "any", self.arch or "any", self.variant) if part)


def read_targets(root: Table) -> tuple[DeclaredTarget, ...]:
    """Read and check `[[targets]]`."""
    return tuple(_read_target(table) for table in root.tables("targets"))


def _read_target(table: Table) -> DeclaredTarget:
    table.refuse_unknown_keys(("os", "arch", "variant", "distros"))
    os, arch, variant = (table.string(key) for key in ("os", "arch", "variant"))
    if os and os not in KNOWN_OS:
        table.error(
            "target", f'no base image has the os "{os}"', "os", advice=f"one of {', '.join(KNOWN_OS)}"
        )
    if arch and arch not in KNOWN_ARCH:
        known = (
            f'images call it "{_GO_NAMES[arch]}"' if arch in _GO_NAMES else f"one of {', '.join(KNOWN_ARCH)}"
        )
        table.error("target", f'no base image has the arch "{arch}"', "arch", advice=known)
    if variant:
        # The specification says "variant", the lifecycle reads "arch-variant".
        table.warning("target-variant", "the lifecycle ignores a target's variant", "variant")
    return DeclaredTarget(
        os, arch, variant, tuple(_read_distro(distro) for distro in table.tables("distros"))
    )


def _read_distro(table: Table) -> Distro:
    table.refuse_unknown_keys(("name", "version"))
    return Distro(table.string("name"), table.string("version"))
