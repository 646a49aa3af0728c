"""The buildpacks of a monorepo, found by walking over it: there is no list to keep."""

from __future__ import annotations

import functools
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.model.buildpack_descriptor import BuildpackDescriptor, read_descriptor
from buildpack_release.model.finding import Finding, Severity, raise_first_error
from buildpack_release.model.ignored import git_ignored
from buildpack_release.model.table import suggestion
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DESCRIPTOR = "buildpack.toml"
HOME = "buildpacks"
_SKIPPED = frozenset({"build", "dist", "node_modules", "tests", "venv", "__pycache__"})


@dataclass(frozen=True)
class Buildpack:
    """A directory with a buildpack.toml."""

    directory: Path
    descriptor: BuildpackDescriptor

    @property
    def id(self) -> str:
        """The buildpack's id."""
        return self.descriptor.id

    @property
    def brings_programs(self) -> bool:
        """Whether `bin/detect` and `bin/build` are its own, in whatever language."""
        has_code = (self.directory / "bin").is_dir() and not (self.directory / "src").exists()
        return has_code and not self.descriptor.is_composite


@dataclass(frozen=True)
class Repository:
    """A monorepo: its root, its buildpacks sorted by id, and what is wrong with their descriptors and ids."""

    root: Path
    buildpacks: tuple[Buildpack, ...]
    findings: tuple[Finding, ...] = ()

    @classmethod
    def discover(cls, root: Path) -> Repository:
        """Find the buildpacks below `root`, all of them sound.

        Raises CheckFailed with file and line for the first descriptor that is not; ReleaseError if there is
        none at all or a directory cannot be read.
        """
        repository = cls.survey(root)
        raise_first_error(repository.findings)
        return repository

    @classmethod
    def survey(cls, root: Path) -> Repository:
        """Find the buildpacks below `root`, and collect what is wrong with their descriptors.

        Descriptors with findings are as complete as their files allow. Raises ReleaseError if there is no
        buildpack.toml at all or a directory cannot be read.
        """
        buildpacks: list[Buildpack] = []
        findings: list[Finding] = []
        sources = descriptor_sources(root)
        if not sources:
            raise ReleaseError("no buildpacks found", detail=f"There is no {DESCRIPTOR} below it.", file=root)
        for path, source in sources:
            if isinstance(source, ReleaseError):
                title, line, advice = source.title, source.line, source.advice
                findings.append(Finding(Severity.ERROR, "toml", title, path, line, advice))
                continue
            descriptor, found = read_descriptor(source)
            buildpacks.append(Buildpack(path.parent, descriptor))
            findings += found
        buildpacks.sort(key=lambda buildpack: (buildpack.id, buildpack.directory))
        return cls(root, tuple(buildpacks), (*findings, *_duplicates(root, buildpacks)))

    @functools.cached_property
    def libraries(self) -> tuple[Path, ...]:
        """The folders whose code is copied into every component. Raises CheckFailed for bad settings."""
        from buildpack_release.model.settings import PackageSettings

        return tuple(self.root / name for name in PackageSettings.read(self.root).libraries)

    def get(self, buildpack_id: str) -> Buildpack:
        """Return the buildpack with an id. Raises UsageError, with the nearest id, if there is none."""
        for buildpack in self.buildpacks:
            if buildpack.id == buildpack_id:
                return buildpack
        ids = [buildpack.id for buildpack in self.buildpacks]
        advice = suggestion(buildpack_id, ids) or f"there are: {', '.join(ids)}"
        raise UsageError(f'no buildpack "{buildpack_id}" in this repository', advice=advice)


def _duplicates(root: Path, buildpacks: Iterable[Buildpack]) -> Iterator[Finding]:
    """Find ids that are given twice; the specification compares them without regard to case."""
    seen: dict[str, Path] = {}
    for descriptor in (buildpack.descriptor for buildpack in buildpacks if buildpack.id):
        path = descriptor.source.path
        first = seen.setdefault(descriptor.id.casefold(), path)
        if first != path:
            other = first.relative_to(root)
            message = f'the id "{descriptor.id}" is also that of {other} (case does not matter)'
            line = descriptor.source.line("buildpack", "id")
            yield Finding(Severity.ERROR, "duplicate-id", message, path, line)


def descriptor_sources(root: Path) -> list[tuple[Path, TomlSource | ReleaseError]]:
    """Read every buildpack.toml below `root`, sorted by path; of one that cannot be read the error.

    Output, test, hidden and git-ignored directories are left out, and so is everything below a buildpack.
    Raises ReleaseError for a directory that cannot be listed.
    """
    paths = _find_descriptors(root)
    ignored: set[Path] = set()
    asking = threading.Thread(target=lambda: ignored.update(git_ignored(root, paths)))
    asking.start()
    sources = [(path, _source(path)) for path in paths]
    asking.join()
    return [(path, source) for path, source in sources if path not in ignored]


def _source(path: Path) -> TomlSource | ReleaseError:
    try:
        return TomlSource.read(path)
    except ReleaseError as error:
        return error


def _find_descriptors(root: Path) -> list[Path]:
    found: list[Path] = []
    pending = [root]
    while pending:
        directory = pending.pop()
        entries = _list(directory)
        names = {entry.name for entry in entries}
        if DESCRIPTOR in names:
            found.append(directory / DESCRIPTOR)
        elif "pyvenv.cfg" not in names:
            pending += [Path(entry.path) for entry in entries if _is_searched(entry, directory, root)]
    return sorted(found)


def _is_searched(entry: os.DirEntry[str], directory: Path, root: Path) -> bool:
    if entry.name.startswith(".") or not entry.is_dir(follow_symlinks=False):
        return False
    # A buildpack may be called as it likes.
    return directory == root / HOME or entry.name not in _SKIPPED


def _list(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError as error:
        raise ReleaseError(
            f"cannot list this directory: {error.strerror or error}", file=directory
        ) from error
