"""Bytecode of an assembled buildpack: equal bytes for equal sources, on any path, in any environment.

Buildpacks end up with all file times set to 1980 and on read-only file systems, so the pyc files are
`unchecked-hash` (PEP 552): valid without looking at the source, and written once, here.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import write_atomically
from buildpack_release.errors import ReleaseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from buildpack_release.bytecode.interpreters import Compiler

# Bytes depend on more than the source: the marshal format notes which objects were shared *in the compiling
# process*, and which strings were interned. So each file is compiled in a child that is forked from the same
# state, and that state must be the same wherever this version of Python runs: the program imports nothing but
# what is built in or frozen (py_compile would bring forty modules along, and whether they come from byte code
# or from source shows in the bytes of some); what an interpreter has loaded by then comes from source (see
# _fixed_environment), and hash seed and encoding are fixed. Under 3.10 and 3.11 even names in here count.
#
# What would cost each child time and memory of its own is done before it is forked: compile() refuses None,
# but makes the classes of syntax trees first. From 3.12 on, the garbage collector would touch, and so copy,
# everything that is shared with the parent.
_COMPILE = """
import sys
del sys.path[0]
import _imp, marshal, posix
from _frozen_importlib_external import MAGIC_NUMBER
if sys.version_info >= (3, 12):
    exec("import gc; gc.disable()")
try:
    compile(None, "", "exec")
except TypeError:
    pass
with open(sys.argv[1], encoding="utf-8", errors="surrogateescape", newline="") as jobs:
    fields = jobs.read().split("\\0")

def pyc(source, name):  # PEP 552
    with open(source, "rb") as file:
        text = file.read()
    key = _imp.source_hash(int.from_bytes(MAGIC_NUMBER, "little"), text)
    held = [compile(text, name, "exec", dont_inherit=True, optimize=0)]
    return MAGIC_NUMBER + b"\\1\\0\\0\\0" + key + marshal.dumps(held[0])

running = failed = 0
for source, target, name in zip(fields[0::3], fields[1::3], fields[2::3]):
    if running == (posix.cpu_count() or 1):
        failed |= posix.wait()[1]
        running -= 1
    if failed:
        break
    running += 1
    if posix.fork() == 0:
        try:
            data = pyc(source, name)
            with open(target, "xb") as file:
                file.write(data)
        except BaseException as error:
            import traceback
            sys.stderr.write("".join(traceback.format_exception_only(type(error), error)))
            sys.stderr.flush()
            posix._exit(1)
        posix._exit(0)
for _ in range(running):
    failed |= posix.wait()[1]
sys.exit(failed != 0)
"""


@dataclass(frozen=True)
class _Module:
    """A source file of the buildpack and its path in it, the one that goes into the bytecode."""

    path: Path
    name: str
    source: bytes

    def pyc(self, minor: str) -> Path:
        tag = "cpython-" + minor.replace(".", "")
        return self.path.parent / "__pycache__" / f"{self.path.stem}.{tag}.pyc"

    def cache_name(self) -> str:
        text = f"{_COMPILE}\0{self.name}\0".encode("utf-8", "surrogateescape")
        return hashlib.sha256(text + self.source).hexdigest()


def compile_tree(buildpack: Path, tree: Path, *, interpreters: Iterable[Compiler], cache: Path) -> None:
    """Write the `__pycache__` files of all modules in `tree`, a folder inside the assembled `buildpack`.

    Args:
        buildpack: the root that module names in tracebacks are relative to.
        tree: the folder with the modules.
        interpreters: the Pythons to compile with, one for each minor version.
        cache: a folder for results, shared by all buildpacks; safe to delete at any time.

    Raises:
        ReleaseError: a module does not compile with one of the Pythons.
        MissingToolError: a Python in an archive does not run on this machine.
    """
    modules = [_read(path, buildpack) for path in sorted(tree.rglob("*.py")) if path.is_file()]
    for folder in {module.path.parent / "__pycache__" for module in modules}:
        folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bytecode-", ignore_cleanup_errors=True) as scratch:
        runs = [_Run.start(interpreter, modules, cache, Path(scratch)) for interpreter in interpreters]
        errors = [run.wait() for run in runs]
        for run, error in zip(runs, errors, strict=True):
            run.finish(error)


def _read(path: Path, root: Path) -> _Module:
    return _Module(path, path.relative_to(root).as_posix(), path.read_bytes())


@dataclass(frozen=True)
class _Run:
    """The work of one interpreter: what the cache has is written at once, the rest by one process."""

    interpreter: Compiler
    cache: Path
    jobs: Mapping[Path, _Module]
    process: subprocess.Popen[str] | None

    @classmethod
    def start(cls, interpreter: Compiler, modules: Sequence[_Module], cache: Path, scratch: Path) -> _Run:
        cache = cache / "bytecode" / interpreter.version
        missing = [module for module in modules if not _restore(module, interpreter.minor, cache)]
        if not missing:
            return cls(interpreter, cache, {}, None)
        folder = scratch / interpreter.minor
        folder.mkdir()
        jobs = {folder / f"{number}.pyc": module for number, module in enumerate(missing)}
        return cls(interpreter, cache, jobs, _compile(interpreter.executable, jobs, folder / "jobs"))

    def wait(self) -> str | None:
        """Return what the compiler complains about; None if it does not."""
        if self.process is None:
            return None
        _, errors = self.process.communicate()
        return errors if self.process.returncode else None

    def finish(self, error: str | None) -> None:
        """Put the results into the tree and the cache."""
        if error is not None:
            raise self._failure(error)
        if not self.jobs:
            return
        self.cache.mkdir(parents=True, exist_ok=True)
        for compiled, module in self.jobs.items():
            data = compiled.read_bytes()
            _write_pyc(module, self.interpreter.minor, data)
            write_atomically(self.cache / module.cache_name(), hashlib.sha256(data).digest() + data)

    def _failure(self, errors: str) -> ReleaseError:
        return ReleaseError(
            f"a module does not compile with Python {self.interpreter.version}",
            detail=errors.strip(),
            advice="Code in a buildpack runs on every Python from 3.10 on. Correct it, or take that minor"
            " out of `bytecode` in the [tool.buildpack-release] table of pyproject.toml.",
        )


def _compile(program: Path, jobs: Mapping[Path, _Module], listing: Path) -> subprocess.Popen[str]:
    fields = "\0".join(
        field for target, module in jobs.items() for field in (str(module.path), str(target), module.name)
    )
    listing.write_bytes(os.fsencode(fields))
    return subprocess.Popen(
        [program, "-S", "-s", "-B", "-W", "ignore", "-c", _COMPILE, listing],
        env=dict(_fixed_environment()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _fixed_environment() -> Iterator[tuple[str, str]]:
    """Yield what an interpreter may need to start, and fixed values for what shows in its output."""
    for name, value in os.environ.items():
        if name in {"PATH", "LD_LIBRARY_PATH"} or name.startswith("QEMU_"):
            yield name, value
    yield "LC_ALL", "C.UTF-8"
    yield "PYTHONHASHSEED", "0"
    yield "PYTHONPYCACHEPREFIX", os.devnull  # its own library is not loaded from byte code
    yield "PYTHONUTF8", "1"


def _restore(module: _Module, minor: str, cache: Path) -> bool:
    """Write the pyc from the cache, if it is there and whole."""
    try:
        entry = (cache / module.cache_name()).read_bytes()
    except OSError:
        return False
    checksum, data = entry[:32], entry[32:]
    if hashlib.sha256(data).digest() != checksum:
        return False
    _write_pyc(module, minor, data)
    return True


def _write_pyc(module: _Module, minor: str, data: bytes) -> None:
    module.pyc(minor).write_bytes(data)
