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

# Before 3.11 the bytes depend on the hash seed (frozensets) and on what a process compiled before (shared
# strings): hence a fixed seed and a single worker. -I would ignore the seed: _environment isolates instead.
_PROGRAM = """
import compileall, sys
from concurrent.futures.process import BrokenProcessPool

def compile_all(workers):
    mode = compileall.py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(sys.argv[1], force=True, quiet=1, workers=workers, invalidation_mode=mode)

try:
    compile_all(0 if sys.version_info >= (3, 11) else 1)
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
