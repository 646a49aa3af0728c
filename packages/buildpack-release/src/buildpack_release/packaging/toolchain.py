"""What making packages uses of this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError
from buildpack_release.model.settings import PackageSettings
from buildpack_release.packaging.cache import cache_directory
from buildpack_release.packaging.interpreters import Interpreter, installed_interpreters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from buildpack_release.model.repository import Repository


@dataclass(frozen=True)
class Toolchain:
    """The Pythons that compile bytecode, and the cache of wheels and bytecode.

    `missing` are the minor versions that bytecode is wanted for and that are not installed.
    """

    interpreters: tuple[Interpreter, ...]
    missing: tuple[str, ...]
    cache: Path

    @classmethod
    def of_machine(cls, repository: Repository) -> Toolchain:
        """Find what the settings of the repository ask for. Raises CheckFailed for broken settings."""
        minors = PackageSettings.read(repository.root).bytecode
        installed = installed_interpreters() if minors else {}
        return cls(
            tuple(installed[minor] for minor in minors if minor in installed),
            tuple(minor for minor in minors if minor not in installed),
            cache_directory(),
        )

    @property
    def versions(self) -> dict[str, str]:
        """The full version of the compiling Python for each minor."""
        return {interpreter.minor: interpreter.version for interpreter in self.interpreters}

    def tell_missing(self, report: Callable[[str], None], *, strict: bool = False) -> None:
        """Say which bytecode will be missing, if any; if that is not allowed, raise MissingToolError."""
        if not self.missing:
            return
        minors = ", ".join(self.missing)
        if strict:
            raise MissingToolError(
                f"no bytecode can be made for Python {minors}: not installed on this machine",
                detail="Builds that run with it would start more slowly.",
                advice="Install it, for instance with `uv python install` or `pyenv install`. Or package"
                " without --strict, or take it out of `bytecode` in pyproject.toml.",
            )
        report(f"No bytecode for Python {minors}: not installed on this machine")
