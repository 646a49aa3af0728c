"""Byte code that stays valid in an image and is the same on every machine (PEP 552).

Unchecked hash-based pycs: restored files get new times at every build, and nobody edits files in an image.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.interpreter import isolated_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

# Before 3.11 two things leak into the bytes. The hash seed (frozensets): hence a fixed one; -I would ignore
# it, so _environment isolates instead. And whether an object happens to be used elsewhere in the process:
# marshal marks only those as shared. So all parts of a code object are held while it is written, and all are
# marked.
# From 3.13 on the bytes depend on what the compiling process has imported (it interns strings): those of
# `compileall -j1` and `-j2` differ in argparse, for instance, since only the latter loads a process pool. So
# the pool is always imported, whether it is used, cannot be had, or there is but one core.
_PROGRAM = """
import compileall, sys
from concurrent.futures.process import BrokenProcessPool

def parts(value, held):
    held.append(value)
    if hasattr(value, "co_code"):
        names = "code consts names varnames freevars cellvars filename name linetable".split()
        for part in [getattr(value, "co_" + name) for name in names]:
            parts(part, held)
    elif isinstance(value, (tuple, frozenset)):
        for part in value:
            parts(part, held)
    return held

if sys.version_info < (3, 11):
    from importlib import _bootstrap_external
    write = _bootstrap_external._code_to_hash_pyc

    def write_all_shared(code, *rest):
        held = parts(code, [])
        return write(code, *rest)

    _bootstrap_external._code_to_hash_pyc = write_all_shared

def compile_all(workers):
    mode = compileall.py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(sys.argv[1], force=True, quiet=1, workers=workers, invalidation_mode=mode)

try:
    compile_all(0)
except (OSError, BrokenProcessPool):  # no shared memory in this sandbox, or too little memory for all cores
    compile_all(1)
"""
_OS_ERROR = re.compile(r"^\w+: \[Errno (\d+)\] ([^\n:]*)", re.MULTILINE)


def compile_tree(interpreter: Path, tree: Path, *, env: Mapping[str, str]) -> None:
    """Compile ``tree`` for ``interpreter``, on all cores; equal trees at equal paths give equal bytes.

    Files that are no valid Python (templates, Python 2) are passed over. Raises CommandFailed if the
    interpreter fails, OSError if a file cannot be read or written.
    """
    command: list[str | Path] = [interpreter, "-s", "-S", "-W", "ignore", "-c", _PROGRAM, tree.absolute()]
    listing = commands.capture(command, env=_environment(env), cwd=Path("/"))
    failure = _OS_ERROR.search(listing)
    if failure:
        raise OSError(int(failure[1]), failure[2], str(tree))


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    return {**isolated_environment(env), "PYTHONHASHSEED": "0", "PYTHONSAFEPATH": "1"}
