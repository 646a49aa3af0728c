from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from buildpack_release.bytecode.interpreters import HostInterpreter, installed_interpreters
from buildpack_release.bytecode.toolchain import Toolchain
from buildpack_release.embedded.embedded_interpreter import (
    BundledInterpreter,
    compile_bundled,
    unpack_interpreter,
)
from buildpack_release.errors import CheckFailed, MissingToolError, ReleaseError
from buildpack_release.model.targets import DeclaredTarget, own_arch
from support.elf_files import AARCH64, X86_64, elf_file
from support.python_archives import TRIM, pack, pack_python

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PYTHON = list(installed_interpreters().values())[-1]
OWN = DeclaredTarget("linux", own_arch())
FOREIGN = DeclaredTarget("linux", "arm64" if own_arch() == "amd64" else "amd64")


def run_as(python: HostInterpreter) -> str:
    """The text of a script that is as good as that Python."""
    return f'exec "{python.executable}" "$@"'


def bundle(
    archive: Path, into: Path, target: DeclaredTarget = OWN, compilers: Sequence[HostInterpreter] = ()
) -> tuple[BundledInterpreter, list[str]]:
    """Unpack and compile an interpreter, into a buildpack with one module; also what is said meanwhile."""
    (into / "lib").mkdir(parents=True, exist_ok=True)
    (into / "lib/own.py").write_text("x = 1\n")
    bundled = unpack_interpreter(archive, target, into, trim=TRIM)
    said: list[str] = []
    toolchain = Toolchain((), (), into.parent / "cache", tuple(compilers))
    compile_bundled([bundled], toolchain, report=said.append)
    return bundled, said


def bytecode(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.pyc")}


def test_an_interpreter_that_runs_here_compiles_for_itself(tmp_path: Path) -> None:
    """Its library, and the buildpack that it will run; no Python of the minor needs to be installed."""
    archive = pack_python(tmp_path / "a.tar.gz", PYTHON.version, run_as(PYTHON))
    bundled, said = bundle(archive, tmp_path / "a buildpack")
    tag = f"cpython-{PYTHON.minor.replace('.', '')}"
    assert set(bytecode(tmp_path / "a buildpack")) == {
        f"interpreter/lib/python{PYTHON.minor}/__pycache__/os.{tag}.pyc",
        f"lib/__pycache__/own.{tag}.pyc",
    }
    assert not said
    assert subprocess.run([bundled.program, "-V"], check=False).returncode == 0


def test_what_the_toolchain_has_compiled_stays(tmp_path: Path) -> None:
    """A patch release of its own would make the buildpack's byte code depend on the archive."""
    archive = pack_python(tmp_path / "a.tar.gz", PYTHON.version, run_as(PYTHON))
    (tmp_path / "bp/lib").mkdir(parents=True)
    (tmp_path / "bp/lib/own.py").touch()
    bundled = unpack_interpreter(archive, OWN, tmp_path / "bp", trim=TRIM)
    compile_bundled([bundled], Toolchain((PYTHON,), (), tmp_path / "cache"), report=print)
    assert not bytecode(tmp_path / "bp/lib")
    assert bytecode(bundled.library)


def test_the_same_version_compiles_for_another_processor(tmp_path: Path) -> None:
    """Whoever does, the bytes are equal: the one in the package, one of this machine, or emulation."""
    archive = pack_python(tmp_path / "foreign.tar.gz", PYTHON.version)
    by_installed, said = bundle(archive, tmp_path / "1/bp", FOREIGN, [PYTHON])
    assert not said

    emulated = pack_python(tmp_path / "emulated.tar.gz", PYTHON.version, run_as(PYTHON))
    by_itself, said = bundle(emulated, tmp_path / "2/bp", FOREIGN)
    assert said == [f"Compiling for {FOREIGN} under emulation, which takes some minutes"]

    own = pack_python(tmp_path / "own.tar.gz", PYTHON.version, run_as(PYTHON))
    both = [
        unpack_interpreter(one, target, tmp_path / "3" / target.arch, trim=TRIM)
        for one, target in ((archive, FOREIGN), (own, OWN))
    ]
    compile_bundled(both, Toolchain((), (), tmp_path / "3/cache"), report=print)
    assert bytecode(by_installed.library) == bytecode(by_itself.library) == bytecode(both[0].library) != {}


def test_another_patch_release_does_not_compile(tmp_path: Path) -> None:
    """The package would depend on what is installed. What to do is said, and what the program has said."""
    version = f"{PYTHON.minor}.{PYTHON.patch + 1}"
    archive = pack_python(tmp_path / "a.tar.gz", version, "echo 'no such processor' >&2; exit 1")
    with pytest.raises(MissingToolError, match=f"Python {version} for {FOREIGN.arch} does not run") as caught:
        bundle(archive, tmp_path / "bp", FOREIGN, [PYTHON])
    assert caught.value.detail == "no such processor"
    assert f"--bytecode-from {version} to fetch it" in caught.value.advice
    assert f"--interpreter {OWN}=ARCHIVE" in caught.value.advice


def test_what_an_interpreter_of_this_machine_says_is_told(tmp_path: Path) -> None:
    """The loader's line is the only one that helps."""
    script = "echo './python3.13: error while loading shared libraries: libx.so.1' >&2; exit 127"
    with pytest.raises(MissingToolError) as caught:
        bundle(pack_python(tmp_path / "a.tar.gz", "3.13.99", script), tmp_path / "bp")
    assert caught.value.detail == "./python3.13: error while loading shared libraries: libx.so.1"


@pytest.mark.parametrize(("machine", "arch"), [(AARCH64, "arm64"), (X86_64, "amd64")])
def test_an_interpreter_for_another_processor_than_the_package(
    tmp_path: Path, machine: int, arch: str
) -> None:
    """Nobody would notice before a build on that machine."""
    files = {"bin/python3.13": elf_file(machine=machine), "lib/python3.13/os.py": b""}
    archive = pack(tmp_path / "a.tar.gz", files)
    (tmp_path / "bp").mkdir()
    target = DeclaredTarget("linux", "arm64" if arch == "amd64" else "amd64")
    with pytest.raises(CheckFailed, match=f"is for {arch}, and the package for {target}"):
        unpack_interpreter(archive, target, tmp_path / "bp", trim=TRIM)


def test_an_archive_that_cannot_be_used(tmp_path: Path) -> None:
    """One error with the file and the reason, and nothing left behind."""
    (tmp_path / "bp").mkdir()
    (tmp_path / "text.tar.gz").write_text("text")
    with pytest.raises(ReleaseError, match="this archive of Python cannot be used") as caught:
        unpack_interpreter(tmp_path / "text.tar.gz", OWN, tmp_path / "bp", trim=TRIM)
    assert caught.value.file == tmp_path / "text.tar.gz"
    assert caught.value.detail == "It is damaged: not a gzip file."
    assert not list((tmp_path / "bp").iterdir())
