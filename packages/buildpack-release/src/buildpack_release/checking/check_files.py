"""Checks of the files of a buildpack: what is missing, and what could not be packaged."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.parsing import DEEPEST
from buildpack_release.errors import ReleaseError
from buildpack_release.git import Git
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.inputs import LEFTOVER, OWN_FOLDERS, collect, is_input
from buildpack_release.model.repository import DESCRIPTOR, HOME
from buildpack_release.model.table import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_release.model.repository import Buildpack, Repository

_TEXTS = ("README.md", "CHANGELOG.md")
_COMPOSITE = (DESCRIPTOR, *_TEXTS, "LICENSE")
_WITH_PROGRAMS = (*_COMPOSITE, *OWN_FOLDERS, "tests")
_COMPONENT = (*_COMPOSITE, "detect", "src", "data", "tests", "vendor.lock", "wheels.lock")


def check_homes(root: Path) -> Iterator[Finding]:
    """Find folders in buildpacks/ that are no buildpacks, as happens with a misspelt buildpack.toml."""
    home = root / HOME
    for path in sorted(home.iterdir()) if home.is_dir() else ():
        names = [one.name for one in path.iterdir() if one.name != "__pycache__"] if path.is_dir() else []
        if names and not path.name.startswith(".") and DESCRIPTOR not in names:
            near = [name for name in names if suggestion(name, (DESCRIPTOR,))]
            advice = f'is "{near[0]}" meant to be it?' if near else ""
            yield Finding(
                Severity.WARNING, "no-descriptor", f"no {DESCRIPTOR} in this folder", path, advice=advice
            )


def check_git(repository: Repository) -> Iterator[Finding]:
    """Find what is packaged here and nowhere else: files that git does not know, ignored ones too."""
    if not (repository.root / ".git").exists():
        return
    try:
        homes = [*repository.libraries, *(one.directory for one in repository.buildpacks)]
        done = Git(repository.root).run("ls-files", "--others", "-z", "--", *map(os.fspath, homes))
        names = os.fsdecode(done.stdout).split("\0")
        unknown = [
            repository.root / name
            for name in filter(None, names)
            if any(is_input(repository, one, name) for one in repository.buildpacks)
        ]
    except ReleaseError:
        return  # no git, or settings that others find to be wrong
    for path in unknown:
        message = "this will be packaged, but git does not know it: other checkouts lack it"
        yield Finding(Severity.WARNING, "not-in-git", message, path, advice="git add it, or move it away")


def check_files(repository: Repository, buildpack: Buildpack) -> tuple[Finding, ...]:
    """Find everything that packaging would refuse or leave out; packaging itself stops at the first."""
    findings = [*_missing(buildpack), *_strangers(buildpack)]
    for name in ("src", *OWN_FOLDERS):
        findings += _leftovers(buildpack.directory / name)
    unpackable = tuple(_unpackable(buildpack.directory))
    # Packaging would report one of these again, and then stop.
    return (*findings, *(unpackable or _refused(repository, buildpack)))


def _refused(repository: Repository, buildpack: Buildpack) -> Iterator[Finding]:
    try:
        collect(repository, buildpack)
    except ReleaseError as error:
        file = error.file or buildpack.directory
        message = f"{error.title} ({error.detail})" if error.detail else error.title
        yield Finding(Severity.ERROR, "package", message, file, error.line, error.advice)


def _missing(buildpack: Buildpack) -> Iterator[Finding]:
    for name in _TEXTS:
        if not (buildpack.directory / name).is_file():
            path = buildpack.directory / name
            yield Finding(Severity.ERROR, "missing-file", "this file is missing", path)


def _strangers(buildpack: Buildpack) -> Iterator[Finding]:
    """Find top-level names that no package will hold: typing mistakes, or parts a composite cannot have."""
    composite = buildpack.descriptor.is_composite
    known = _COMPOSITE if composite else _WITH_PROGRAMS if buildpack.brings_programs else _COMPONENT
    for path in sorted(buildpack.directory.iterdir()):
        if path.name in known or path.name.startswith((".", "__pycache__")):
            continue
        if composite and path.name in {*_COMPONENT, "bin"}:
            message = f"a composite has no {path.name}: it is only an order"
            yield Finding(Severity.ERROR, "kind", message, path)
        else:
            advice = suggestion(path.name, known)
            yield Finding(Severity.WARNING, "not-packaged", "this will not be packaged", path, advice=advice)


def _leftovers(directory: Path) -> Iterator[Finding]:
    """Find copies that editors and merges have made in folders that are packaged: these stay out."""
    for parent, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if name != "tests" and not name.startswith(".")]
        for name in sorted(files):
            if LEFTOVER.fullmatch(name):
                yield Finding(
                    Severity.WARNING, "not-packaged", "this will not be packaged", Path(parent, name)
                )


def _unpackable(directory: Path) -> Iterator[Finding]:
    for parent, directories, files in os.walk(directory):
        directories[:] = sorted(name for name in directories if name not in {"__pycache__", "tests"})
        if len(Path(parent).relative_to(directory).parts) > DEEPEST:
            fault = f"folders are in each other more than {DEEPEST} levels deep"
            yield Finding(Severity.ERROR, "file", fault, Path(parent))
            directories.clear()
            continue
        for name in sorted([*directories, *files]):
            if fault := _fault(Path(parent, name)):
                yield Finding(Severity.ERROR, "file", fault, Path(parent, name))


def _fault(path: Path) -> str:
    """Return why a file or directory could not be packaged; "" if it could."""
    if ".." in path.name:
        return 'the name holds "..": pack refuses packages with such names'
    try:
        path.name.encode()
    except UnicodeEncodeError:
        return "the name is not UTF-8"
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return "neither a file nor a folder"
    needed = os.R_OK | os.X_OK if stat.S_ISDIR(mode) else os.R_OK
    return "" if os.access(path, needed) else "cannot be read: no permission"
