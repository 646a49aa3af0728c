"""The interpreter in a self-contained package: a CPython archive, trimmed to what our code uses."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.bytecode.compile import compile_tree
from buildpack_release.bytecode.interpreters import HostInterpreter, ask
from buildpack_release.errors import CheckFailed, MissingToolError
from buildpack_release.model.targets import own_arch
from buildpack_release.runtimes.archive_version import read_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from buildpack_release.bytecode.interpreters import Compiler
    from buildpack_release.bytecode.toolchain import Toolchain
    from buildpack_release.model.targets import DeclaredTarget
    from buildpack_release.runtimes.buildpack_program import BuildpackProgram

FOLDER = "interpreter"


@dataclass(frozen=True)
class BundledInterpreter:
    """An interpreter in the folder of an assembled buildpack: the archive, whom it is for, its program."""

    archive: Path
    target: DeclaredTarget
    buildpack: Path
    program: Path

    @property
    def library(self) -> Path:
        """The folder with its standard library."""
        return self.buildpack / FOLDER / "lib"


def unpack_interpreter(
    archive: Path, target: DeclaredTarget, buildpack: Path, *, trim: BuildpackProgram
) -> BundledInterpreter:
    """Unpack a CPython archive, trimmed, into the folder of an assembled buildpack.

    Args:
        archive: a tar.gz file with the top folder `python/`.
        target: what the package is for.
        buildpack: the assembled buildpack.
        trim: the program of the buildpack that unpacks it.

    Raises:
        CheckFailed: the interpreter is for another processor than the target.
        ReleaseError: the archive is not of that shape, or unsafe to unpack.
    """
    tree = buildpack / FOLDER
    answer = trim.run({"archive": os.fspath(archive), "tree": os.fspath(tree)}, file=archive)
    if answer["arch"] not in {"", target.arch}:
        raise CheckFailed(
            f"the interpreter in this archive is for {answer['arch']}, and the package for {target}",
            file=archive,
        )
    return BundledInterpreter(archive, target, buildpack, tree / f"bin/python{answer['line']}")


def compile_bundled(
    bundled: Sequence[BundledInterpreter], toolchain: Toolchain, *, report: Callable[[str], None]
) -> None:
    """Write the bytecode of interpreters in packages: of their libraries, and of the buildpack that they run.

    (The buildpack's is there already where the toolchain has made some for that minor version.)

    Each is compiled by itself if it is for this machine, else by a Python of the very same version, else by
    itself under emulation: equal versions write equal bytes on all processors. Another patch release would
    write other bytes, so the package would depend on what happens to be installed.

    Args:
        bundled: the interpreters; one compiles for another, too.
        toolchain: the Pythons of this machine, or at hand in archives, and the cache.
        report: takes a line of progress where it takes long.

    Raises:
        MissingToolError: no Python of the very version of one of them can run here.
    """
    compilers = list(toolchain.compilers)
    for one in sorted(bundled, key=_is_foreign):
        compiler = _compiler(one, compilers)
        is_itself = isinstance(compiler, HostInterpreter) and compiler.executable == one.program
        if is_itself and _is_foreign(one):
            report(f"Compiling for {one.target} under emulation, which takes some minutes")
        trees = [one.library]
        if compiler.minor not in toolchain.versions:
            trees.append(one.buildpack / "lib")
        for tree in trees:
            compile_tree(one.buildpack, tree, interpreters=[compiler], cache=toolchain.cache)
        compilers.insert(0, compiler)


def _is_foreign(one: BundledInterpreter) -> bool:
    return one.target.arch != own_arch()


def _compiler(one: BundledInterpreter, compilers: Iterable[Compiler]) -> Compiler:
    itself = None if _is_foreign(one) else ask(one.program)
    if isinstance(itself, HostInterpreter):
        return itself
    found = read_version(one.archive)
    version = found.text if found else ""
    # Also for another processor: under emulation it would take ten times as long.
    if same := next((compiler for compiler in compilers if compiler.version == version), None):
        return same
    itself = ask(one.program) if itself is None else itself
    if isinstance(itself, HostInterpreter):
        return itself
    name = f"Python {version}".rstrip()
    raise MissingToolError(
        f"nothing here can compile the library of this interpreter: {name} for {one.target.arch} does not run"
        " on this machine",
        detail=itself,
        advice=f"Its very version for this machine can: install Python {version}, or add"
        f" --bytecode-from {version} to fetch it, --bytecode-from ARCHIVE, or --interpreter"
        f" linux/{own_arch()}=ARCHIVE. Or let this machine run programs for other processors"
        " (qemu-user-static).",
        file=one.archive,
    )
