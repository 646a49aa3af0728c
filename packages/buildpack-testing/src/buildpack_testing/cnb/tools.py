"""The lifecycle and pack on this machine: found, or built once into the cache.

Ways, in this order:
1. named by `STRATA_LIFECYCLE_DIR` (a directory with `lifecycle` and `launcher`) or `STRATA_PACK`; an unfit
   one is a fault;
2. in the cache from an earlier run;
3. on PATH, if the release is the wanted one or newer;
4. built with the Go toolchain from the Go module proxy.
Official release archives are no way of ours: their checksums are published beside them only, so nothing here
could vouch for a download. Fetch them yourself and use the first way.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.environment_variables import Variable
from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_release.files.cache import cache_directory
from buildpack_release.model.targets import own_arch
from buildpack_testing.cnb import go_build, lifecycle_archive
from buildpack_testing.cnb.tool_versions import LIFECYCLE, PACK, fits, version_numbers
from buildpack_testing.file_locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from buildpack_testing.cnb.tool_versions import GoTool

_ORIGIN = "origin.txt"
_LIFECYCLE_DIR = Variable(
    "STRATA_LIFECYCLE_DIR",
    "the lifecycle for tests: its `lifecycle` and `launcher`",
    form="a directory",
)
_PACK = Variable("STRATA_PACK", "pack for tests", form="a program")
VARIABLES = (_LIFECYCLE_DIR, _PACK)
"""All of them, in the order of the documentation."""


@dataclass(frozen=True)
class BuiltLifecycle:
    """The lifecycle: directory has all phases and the launcher, archive is what builder.toml takes."""

    version: str
    directory: Path
    archive: Path
    origin: str


@dataclass(frozen=True)
class Pack:
    """The pack command; origin says in one sentence where it is from."""

    version: str
    executable: Path
    origin: str


def tools_directory(cache: Path | None = None) -> Path:
    """Return where the tools are kept below the project's cache directory."""
    return (cache or cache_directory()) / "cnb-tools"


def ensure_lifecycle(
    cache: Path | None = None, environ: Mapping[str, str] | None = None, *, arch: str = ""
) -> BuiltLifecycle:
    """Return the lifecycle, installing it first if need be. Raises ReleaseError, MissingToolError.

    One for another processor than this machine's (arch, in Go's words) is always one that was built here.
    """
    environ = os.environ if environ is None else environ
    foreign = "" if arch == own_arch() else arch
    found = None if foreign else find_lifecycle(cache, environ)
    if found is not None:
        return found
    target = _place(LIFECYCLE, cache, foreign)

    def make(work: Path, new: Path) -> str:
        origin = go_build.build(LIFECYCLE, work / "bin", work=work, environ=environ, arch=foreign)
        lifecycle_archive.assemble(work / "bin", new, version=LIFECYCLE.version)
        return origin

    _install(target, make)
    return _read_lifecycle(target)


def find_lifecycle(
    cache: Path | None = None, environ: Mapping[str, str] | None = None
) -> BuiltLifecycle | None:
    """Return the lifecycle if that needs no building. Raises ReleaseError for an unfit override."""
    environ = os.environ if environ is None else environ
    if environ.get(_LIFECYCLE_DIR.name):
        return _copied_lifecycle(Path(environ[_LIFECYCLE_DIR.name]), cache, f"named by {_LIFECYCLE_DIR.name}")
    cached = _place(LIFECYCLE, cache)
    if (cached / _ORIGIN).is_file():
        return _read_lifecycle(cached)
    on_path = shutil.which("lifecycle", path=environ.get("PATH"))
    if on_path and fits(LIFECYCLE, _version_of(Path(on_path), "-version")):
        directory = Path(on_path).resolve().parent
        if (directory / "launcher").is_file():
            return _copied_lifecycle(directory, cache, f"on PATH ({directory})")
    return None


def ensure_pack(cache: Path | None = None, environ: Mapping[str, str] | None = None) -> Pack:
    """Return pack, installing it first if need be. Raises ReleaseError, MissingToolError."""
    environ = os.environ if environ is None else environ
    found = find_pack(cache, environ)
    if found is not None:
        return found
    target = _built(PACK, cache, environ)
    return Pack(PACK.version, target / "pack", (target / _ORIGIN).read_text(encoding="utf-8"))


def find_pack(cache: Path | None = None, environ: Mapping[str, str] | None = None) -> Pack | None:
    """Return pack if that needs no building. Raises ReleaseError for an unfit override."""
    environ = os.environ if environ is None else environ
    if environ.get(_PACK.name):
        named = Path(environ[_PACK.name]).absolute()
        return Pack(_fitting(PACK, named, "version", _PACK.name), named, f"named by {_PACK.name}")
    cached = _place(PACK, cache)
    if (cached / _ORIGIN).is_file():
        return Pack(PACK.version, cached / "pack", (cached / _ORIGIN).read_text(encoding="utf-8"))
    on_path = shutil.which("pack", path=environ.get("PATH"))
    output = _version_of(Path(on_path), "version") if on_path else ""
    if on_path and fits(PACK, output):
        return Pack(_dotted(output), Path(on_path), f"on PATH ({on_path})")
    return None


def ensure_tool(tool: GoTool, cache: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """Return the program of this very release, building it first (some minutes) if need be.

    Raises ReleaseError, MissingToolError.
    """
    environ = os.environ if environ is None else environ
    return find_tool(tool, cache) or _built(tool, cache, environ) / tool.name


def find_tool(tool: GoTool, cache: Path | None = None) -> Path | None:
    """Return the program of this very release if that needs no building."""
    cached = _place(tool, cache)
    return cached / tool.name if (cached / _ORIGIN).is_file() else None


def _place(tool: GoTool, cache: Path | None, foreign: str = "") -> Path:
    """Return the directory in the cache where a tool is when it is built (for a foreign processor)."""
    return tools_directory(cache) / "-".join(filter(None, (tool.name, tool.version, foreign)))


def _built(tool: GoTool, cache: Path | None, environ: Mapping[str, str]) -> Path:
    """Build a tool into the cache, and return its directory. Raises ReleaseError, MissingToolError."""
    target = _place(tool, cache)

    def make(work: Path, new: Path) -> str:
        return go_build.build(tool, new, work=work, environ=environ)

    _install(target, make)
    return target


def _copied_lifecycle(binaries: Path, cache: Path | None, origin: str) -> BuiltLifecycle:
    """Complete foreign binaries with phases, descriptor and archive, in a place keyed by their content."""
    for name in lifecycle_archive.BINARIES:
        if not (binaries / name).is_file():
            raise MissingToolError(
                f"There is no {name} in {binaries}",
                detail=f"It was {origin}.",
                advice="It must hold the binaries lifecycle and launcher, as the release archive does.",
            )
    version = _fitting(LIFECYCLE, (binaries / "lifecycle").absolute(), "-version", _LIFECYCLE_DIR.name)
    content = hashlib.sha256(b"".join((binaries / name).read_bytes() for name in lifecycle_archive.BINARIES))
    target = tools_directory(cache) / f"lifecycle-{version}-{content.hexdigest()[:12]}"

    def make(_work: Path, new: Path) -> str:
        lifecycle_archive.assemble(binaries, new, version=version)
        return origin

    _install(target, make)
    return _read_lifecycle(target)


def _read_lifecycle(target: Path) -> BuiltLifecycle:
    return BuiltLifecycle(
        version=target.name.split("-")[1],
        directory=target / "lifecycle",
        archive=target / lifecycle_archive.ARCHIVE,
        origin=(target / _ORIGIN).read_text(encoding="utf-8"),
    )


def _install(target: Path, make: Callable[[Path, Path], str]) -> None:
    """Let make fill a new directory beside target, then rename it: target is whole or absent."""
    with exclusive(target.parent / ".lock"):
        if (target / _ORIGIN).is_file():
            return
        with _work_directory(target.parent) as work:
            new = work / "new"
            origin = make(work, new)
            (new / _ORIGIN).write_text(origin, encoding="utf-8")
            new.rename(target)


@contextmanager
def _work_directory(parent: Path) -> Iterator[Path]:
    for left in parent.glob(".work-*"):  # of a killed run: we hold the lock, so nobody is using it
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=".work-", dir=parent))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fitting(tool: GoTool, executable: Path, argument: str, variable: str) -> str:
    output = _version_of(executable, argument)
    if not fits(tool, output):
        raise ReleaseError(
            f"{executable} does not fit: {tool.name} {tool.version} or newer is needed",
            detail=f"It says: {output.strip()[:200] or 'nothing'}",
            advice=f"Unset {variable}, or name another one.",
        )
    return _dotted(output)


def _version_of(executable: Path, argument: str) -> str:
    try:
        result = subprocess.run(
            [executable, argument], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return result.stdout + result.stderr


def _dotted(output: str) -> str:
    return ".".join(str(number) for number in version_numbers(output) or ())
