"""What making packages uses of this machine, and the Pythons that it is given for the purpose."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.bytecode.interpreters import installed, newest
from buildpack_release.bytecode.option import BytecodeSources, parse_bytecode_from
from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.settings import PackageSettings
from buildpack_release.model.targets import own_arch
from buildpack_release.progress import say
from buildpack_release.runtimes.archive_catalogue import FILE, ArchiveCatalogue, keeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from buildpack_release.bytecode.archived_interpreter import ArchivedInterpreter
    from buildpack_release.bytecode.interpreters import Compiler
    from buildpack_release.model.repository import Repository


@dataclass(frozen=True)
class Toolchain:
    """The Pythons that compile bytecode, and the cache of wheels and bytecode.

    Attributes:
        interpreters: one for each minor version that bytecode is wanted for.
        missing: the minor versions that there is none for.
        cache: where results are kept.
        others: more Pythons that can compile, of any version.
        fetchable: those of the missing ones that the catalogue of runtimes has for this machine.
    """

    interpreters: tuple[Compiler, ...]
    missing: tuple[str, ...]
    cache: Path
    others: tuple[Compiler, ...] = ()
    fetchable: tuple[str, ...] = ()

    @classmethod
    @contextmanager
    def of_machine(
        cls,
        repository: Repository,
        given: BytecodeSources | None = None,
        *,
        report: Callable[[str], None] = say,
    ) -> Iterator[Toolchain]:
        """Find what the settings of the repository ask for.

        Args:
            repository: the repository.
            given: Pythons that go before those installed; by default what $STRATA_BYTECODE_FROM names.
            report: takes lines of progress when a Python is fetched.

        Raises:
            CheckFailed: the settings are broken, or an archive is not what the catalogue has by its name.
            ReleaseError: an archive cannot be used, or not be fetched.
            UsageError: a Python that is to be fetched is not in the catalogue.
        """
        given = given if given is not None else parse_bytecode_from((), os.environ)
        minors = PackageSettings.read(repository.root).bytecode
        cache = cache_directory()
        with tempfile.TemporaryDirectory(prefix="pythons-", ignore_cleanup_errors=True) as scratch:
            archived = _archived(repository, given, cache, Path(scratch), report)
            on_machine = installed() if minors or archived else ()
            chosen: dict[str, Compiler] = {**newest(on_machine), **newest(archived)}
            missing = tuple(minor for minor in minors if minor not in chosen)
            yield cls(
                tuple(chosen[minor] for minor in minors if minor in chosen),
                missing,
                cache,
                (*on_machine, *archived),
                _fetchable(repository, missing) if missing else (),
            )

    @property
    def versions(self) -> dict[str, str]:
        """The full version of the compiling Python for each minor."""
        return {interpreter.minor: interpreter.version for interpreter in self.interpreters}

    @property
    def compilers(self) -> tuple[Compiler, ...]:
        """All Pythons that can compile."""
        return (*self.interpreters, *self.others)

    def tell_missing(self, report: Callable[[str], None], *, strict: bool = False) -> None:
        """Report which bytecode will be missing, if any; if that is not allowed, raise MissingToolError."""
        if not self.missing:
            return
        minors = ", ".join(self.missing)
        if strict:
            raise MissingToolError(
                f"no bytecode can be made for Python {minors}: not installed on this machine",
                detail="Builds that run with it would start more slowly.",
                advice="\n".join(
                    [*self._ways(), "Or package without --strict, or change `bytecode` in pyproject.toml."]
                ),
            )
        report(f"No bytecode for Python {minors}: not installed on this machine")
        for way in self._ways():
            report(f"  {way}")

    def _ways(self) -> Iterator[str]:
        """Yield what brings the missing ones."""
        if self.fetchable:
            options = "".join(f" --bytecode-from {minor}" for minor in self.fetchable)
            yield f"To fetch {' and '.join(self.fetchable)} for it: inv package{options}"
        if others := [minor for minor in self.missing if minor not in self.fetchable]:
            yield (
                f"For {' and '.join(others)}: install it (`uv python install {others[0]}`, pyenv), or:"
                " inv package --bytecode-from ARCHIVE"
            )


def _archived(
    repository: Repository,
    given: BytecodeSources,
    cache: Path,
    scratch: Path,
    report: Callable[[str], None],
) -> tuple[ArchivedInterpreter, ...]:
    if not given:
        return ()
    # Not needed, and not imported, on most runs.
    from buildpack_release.bytecode.given_pythons import given_pythons

    return tuple(given_pythons(repository, given, cache=cache, scratch=scratch, report=report))


def _fetchable(repository: Repository, minors: Iterable[str]) -> tuple[str, ...]:
    """Return the minors that the catalogue has archives of for this machine; none without a catalogue."""
    try:
        catalogue = ArchiveCatalogue.read(keeper(repository).directory / FILE)
    except ReleaseError:
        return ()
    lines = {one.line for one in catalogue.archives if one.arch == own_arch()}
    return tuple(minor for minor in minors if minor in lines)
