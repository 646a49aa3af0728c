"""A CPython that is not installed: it is in an archive, and unpacked where it is needed to compile."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from buildpack_release.bytecode.interpreters import HostInterpreter, ask
from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_release.model.settings import MINORS
from buildpack_release.model.targets import own_arch
from buildpack_release.runtimes.archive_version import read_version

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.runtimes.buildpack_program import BuildpackProgram

MODULE = "trim"
"""The module of a buildpack that unpacks an archive of Python."""


@dataclass(frozen=True)
class ArchivedInterpreter:
    """A CPython in an archive of python-build-standalone's shape, of a known version.

    Attributes:
        archive: the archive.
        minor: its minor version, as in `3.12`.
        patch: its patch release.
        trim: the program that unpacks it.
        home: the folder that it is unpacked into, as `python`, when it is first used.
    """

    archive: Path
    minor: str
    patch: int
    trim: BuildpackProgram
    home: Path
    _lock: Lock = field(default_factory=Lock, init=False, compare=False)

    @classmethod
    def of(cls, archive: Path, trim: BuildpackProgram, home: Path) -> ArchivedInterpreter:
        """Read which one it is; nothing is unpacked yet.

        Raises ReleaseError if it is no archive of a final release of a supported Python.
        """
        found = read_version(archive)
        if found is None or found.minor not in MINORS:
            raise ReleaseError(
                "this archive holds no final release of a supported Python",
                detail=f"Supported are {', '.join(MINORS)}.{f' It holds {found.text}.' if found else ''}",
                advice="Use python-build-standalone's install_only_stripped archive, or one of its shape.",
                file=archive,
            )
        return cls(archive, found.minor, found.patch, trim, home)

    @property
    def version(self) -> str:
        """The full version, as in `3.12.1`."""
        return f"{self.minor}.{self.patch}"

    @property
    def executable(self) -> Path:
        """Its program, unpacked.

        Raises:
            MissingToolError: it does not run on this machine.
            ReleaseError: it cannot be unpacked, or is not what it seems.
        """
        tree = self.home / "python"
        with self._lock:
            if not tree.exists():
                self._unpack(tree)
        return tree / f"bin/python{self.minor}"

    def _unpack(self, tree: Path) -> None:
        order = {"archive": os.fspath(self.archive), "tree": os.fspath(tree)}
        arch = self.trim.run(order, file=self.archive)["arch"]
        found = ask(tree / f"bin/python{self.minor}")
        if not isinstance(found, HostInterpreter):
            raise MissingToolError(
                f"the Python {self.version} in this archive does not run on this machine",
                detail=found,
                advice=f"Take an archive for {own_arch()}." if arch not in {"", own_arch()} else "",
                file=self.archive,
            )
        if found.version != self.version:
            raise ReleaseError(f"this archive holds Python {found.version}", file=self.archive)
