"""The standard library's byte code: made by the new interpreter or, where it cannot run, by one that can.

Byte code does not depend on the architecture: interpreters of the same version make the same bits of the same
sources at the same paths. So a layer for another machine is compiled by a Python of its version for this one.
(In 3.10 the order within constant sets differs where interpreters hash strings in different ways, as those of
python-build-standalone do.)
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.bytecode import compile_tree
from buildpack_api.errors import BuildpackError, CommandFailed, from_os_error
from buildpack_common.files import remove
from python_runtime import libraries, starting
from python_runtime.carried import carried_archives
from python_runtime.fetch import fetched
from python_runtime.installation import install, interpreter, library
from python_runtime.libraries import Witness
from python_runtime.locations import is_mapped
from python_runtime.targets import host_arch, running_python, runs_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from buildpack_api.context import BuildContext
    from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue


@dataclass(frozen=True)
class CompileOutcome:
    """Whether there is byte code, and the libraries whose versions nobody here could tell."""

    bytecode: bool
    untold: tuple[str, ...] = ()


def finish(
    tree: Path, runtime: Runtime, catalogue: RuntimesCatalogue, context: BuildContext, env: Mapping[str, str]
) -> CompileOutcome:
    """Compile the standard library of a tree, and record the libraries in it.

    Raises BuildpackError if the interpreter is for this machine and does not run, OSError if a file cannot be
    written. Without any interpreter that can do it for another machine, that is the outcome.
    """
    python = interpreter(tree, runtime)
    if runs_here(context.target):
        starting.check(python, runtime, env)
        untold = libraries.record(tree, runtime.line, Witness(python), env)
        compile_tree(python, library(tree, runtime), env=env)
        return CompileOutcome(bytecode=True, untold=untold)
    is_emulated = starting.runs(python, env)
    with _of_the_same_version(runtime, catalogue, context, env) as other:
        witness = Witness(python) if is_emulated else Witness(other, is_other=True) if other else None
        untold = libraries.record(tree, runtime.line, witness, env)
        for compiler in filter(None, (other, python if is_emulated else None)):
            context.output.step(f"Compiling with {_described(compiler, python, runtime)}")
            if _compiled(compiler, library(tree, runtime), context, env):
                return CompileOutcome(bytecode=True, untold=untold)
    return CompileOutcome(bytecode=False, untold=untold)


def _described(compiler: Path, python: Path, runtime: Runtime) -> str:
    if compiler == python:
        return f"the new Python, under emulation of {runtime.arch}"
    return f"a Python {runtime.version} for this machine: its bytecode is the same"


def _compiled(compiler: Path, stdlib: Path, context: BuildContext, env: Mapping[str, str]) -> bool:
    try:
        compile_tree(compiler, stdlib, env=env)
    except CommandFailed as error:
        context.output.detail(f"That failed: {error.title}")
        for folder in sorted(stdlib.rglob("__pycache__")):
            remove(folder)
        return False
    return True


@contextmanager
def _of_the_same_version(
    runtime: Runtime, catalogue: RuntimesCatalogue, context: BuildContext, env: Mapping[str, str]
) -> Iterator[Path | None]:
    """Return an interpreter for this machine: the catalogue's, else the one that runs this, or None.

    The catalogue's is in the state in which an interpreter compiles its own layer: it has no byte code yet.
    Modules that come from byte code leave other strings interned, which shows in a few files (functools).
    """
    running = running_python(runtime.version)
    host = _obtainable(runtime, catalogue, context)
    if host is None:
        yield running
        return
    # In the layers directory, since programs can be run from there; without metadata it is no layer.
    with tempfile.TemporaryDirectory(prefix=".host-python-", dir=context.layers.root) as scratch:
        yield _unpacked(host, Path(scratch) / "cpython", catalogue, context, env) or running


def _obtainable(runtime: Runtime, catalogue: RuntimesCatalogue, context: BuildContext) -> Runtime | None:
    """Return the row of this version for this machine, if it can be expected where the layer's came from."""
    rows = catalogue.for_target(runtime.os, host_arch())
    host = next((row for row in rows if row.version == runtime.version), None)
    if host is None:
        return None
    carried = carried_archives(context.buildpack_dir)
    if host.sha256 in carried:
        return host
    environment, bindings = context.environment, context.bindings
    is_special = runtime.sha256 in carried or is_mapped(runtime, catalogue, environment, bindings)
    return None if is_special and not is_mapped(host, catalogue, environment, bindings) else host


def _unpacked(
    host: Runtime, tree: Path, catalogue: RuntimesCatalogue, context: BuildContext, env: Mapping[str, str]
) -> Path | None:
    """Return the interpreter of a row, unpacked into ``tree`` and tried; None, and why in the log, if not."""
    context.output.step(f"Getting Python {host.version} for {host.os}/{host.arch}, which can compile it here")
    try:
        with fetched(host, catalogue, context) as archive:
            install(archive, tree, host, ())
        python = interpreter(tree, host)
        starting.check(python, host, env)
    except BuildpackError as error:
        context.output.detail(f"It cannot be had: {error.title}")
    except OSError as error:
        known = from_os_error(error)
        context.output.detail(f"It cannot be had: {known.title if known else error}")
    else:
        return python
    remove(tree)
    return None
