"""The interpreter in a self-contained package: a CPython archive, trimmed to what our code uses."""

from __future__ import annotations

import gzip
import posixpath
import re
import shutil
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from buildpack_release.errors import MissingToolError, ReleaseError
from buildpack_release.packaging.bytecode import compile_tree
from buildpack_release.packaging.interpreters import Interpreter, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "interpreter"
_TOP = "python"
_MINOR = re.compile(r"bin/python(3\.\d+)")
# Below lib/python3.X. What is left runs and downloads; nothing is installed with it, built for it or
# shown by it.
_LEFT_OUT = frozenset((
    "__pycache__", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages", "test", "tests",
    "tkinter", "turtledemo",
))  # fmt: skip
_LEFT_OUT_PREFIXES = ("config-", "_tkinter", "_test", "xxlimited", "turtle.py")
_LEFT_OUT_LIBRARIES = ("itcl", "pkgconfig", "tcl", "thread", "tdbc", "tk", "libtcl", "libtk")


@dataclass(frozen=True)
class _Member:
    info: tarfile.TarInfo
    path: PurePosixPath


def unpack_interpreter(
    archive: Path, buildpack: Path, *, installed: tuple[Interpreter, ...], cache: Path
) -> None:
    """Unpack a CPython archive, trimmed and with bytecode, into the folder of an assembled buildpack.

    Args:
        archive: a tar.gz file with the top folder `python/`.
        buildpack: the assembled buildpack.
        installed: Pythons of this machine, one of which compiles when the archive is for another processor.
        cache: where bytecode is kept.

    Raises:
        ReleaseError: the archive is not of that shape, or unsafe to unpack.
        MissingToolError: no Python of the archive's minor version can run here.
    """
    folder = buildpack / FOLDER
    try:
        with tarfile.open(archive, "r:gz") as content:
            minor = _unpack(content, folder, archive)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ReleaseError("this is not a whole .tar.gz archive", detail=str(error), file=archive) from error
    _drop_unused_library(folder, minor)
    compiler = _compiler(folder, minor, installed)
    compile_tree(buildpack, folder / "lib", interpreters=[compiler], cache=cache)


def _unpack(content: tarfile.TarFile, folder: Path, archive: Path) -> str:
    """Unpack what is kept, and return the minor version."""
    minor = ""
    for member in _members(content, archive):
        found = _MINOR.fullmatch(str(member.path))
        minor = found[1] if found else minor
        target = folder / member.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if member.info.issym():
            target.symlink_to(member.info.linkname)
        else:
            _write(content, member.info, target, archive)
    if not minor:
        raise ReleaseError(
            "this archive holds no Python",
            detail=f"{_TOP}/bin/python3.X is missing.",
            advice="Use python-build-standalone's install_only_stripped archive, or one of its shape.",
            file=archive,
        )
    return minor


def _members(content: tarfile.TarFile, archive: Path) -> Iterator[_Member]:
    for info in content:
        path = PurePosixPath(posixpath.normpath(info.name))
        if path.is_absolute() or path.parts[0] != _TOP or ".." in path.parts:
            raise ReleaseError(f"this archive has a member outside {_TOP}/: {info.name!r}", file=archive)
        relative = path.relative_to(_TOP)
        if info.isdir() or not _is_kept(relative):
            continue
        if not (info.isreg() or info.issym() or info.islnk()):
            raise ReleaseError(f"a member of this archive is no file: {info.name!r}", file=archive)
        if info.issym():
            _check_link(relative, info.linkname, archive)
        yield _Member(info, relative)


def _is_kept(path: PurePosixPath) -> bool:
    top, *rest = path.parts or ("",)
    if top == "bin":
        return bool(re.fullmatch(r"python(3(\.\d+)?)?", path.name))
    if top != "lib" or not rest or rest[0].startswith(_LEFT_OUT_LIBRARIES):
        return False
    return not any(part in _LEFT_OUT or part.startswith(_LEFT_OUT_PREFIXES) for part in rest[1:])


def _check_link(path: PurePosixPath, text: str, archive: Path) -> None:
    target = posixpath.normpath(posixpath.join(str(path.parent), text))
    if posixpath.isabs(text) or target.startswith(".."):
        raise ReleaseError(f"a link in this archive leaves it: {path} -> {text}", file=archive)


def _write(content: tarfile.TarFile, info: tarfile.TarInfo, target: Path, archive: Path) -> None:
    try:
        source = content.extractfile(info)
    except KeyError:
        source = None
    if source is None:
        raise ReleaseError(f"a link in this archive leads nowhere: {info.name!r}", file=archive)
    with source, target.open("xb") as sink:
        shutil.copyfileobj(source, sink)
    target.chmod(0o755 if info.mode & 0o111 else 0o644)


def _drop_unused_library(folder: Path, minor: str) -> None:
    """Delete libpython where the program has it built in: python-build-standalone ships both, 25 MB each."""
    if f"libpython{minor}.so".encode() not in (folder / f"bin/python{minor}").read_bytes():
        for library in (folder / "lib").glob("libpython3*.so*"):
            library.unlink()


def _compiler(folder: Path, minor: str, installed: tuple[Interpreter, ...]) -> Interpreter:
    """Choose the unpacked interpreter if it runs here, else one of its minor: bytecode is portable."""
    found = probe([folder / f"bin/python{minor}"]).get(minor)
    found = found or next((one for one in installed if one.minor == minor), None)
    if found is None:
        raise MissingToolError(
            f"Python {minor} is needed to compile the library of this interpreter, and is not installed",
            advice=f"Install Python {minor}, or take an archive of another version.",
        )
    return found
