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
# From 3.11 on it shows which strings are interned already, by what the process has imported or compiled
# before: in whether equal sets of strings are one object (a set whose strings had to be replaced by interned
# ones is a copy), and whether the name of an inner class among the constants is the name of its code object.
# So a file with either is compiled twice: the second time all of its own strings are interned, whatever went
# before. Then a file's bytes do not depend on which others were compiled in the same process, and what is
# taken from another tree is what would be made. (code.replace() would change more than it is told to.)
# From 3.13 on imported modules show all the same in some files. So whoever compiles has imported the same:
# this process or a copy of it (fork), one for each core; a pool of processes would take half as much time
# again, most of it to start.
_PROGRAM = """
import compileall, os, sys

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
else:
    from importlib import _bootstrap_external
    CODE = type(parts.__code__)
    once = _bootstrap_external.SourceLoader.source_to_code

    def is_sensitive(code, sets):
        # Names of code are interned from 3.13 on.
        if sys.version_info >= (3, 13) and "." in code.co_qualname and code.co_qualname in code.co_consts:
            return True
        for one in code.co_consts:
            if type(one) is frozenset:
                sets.append(one)
            elif type(one) is CODE and is_sensitive(one, sets):
                return True
        return len(sets) > len(set(sets))

    def source_to_code(*arguments, **options):
        first = once(*arguments, **options)
        return once(*arguments, **options) if is_sensitive(first, []) else first

    _bootstrap_external.SourceLoader.source_to_code = source_to_code

def compile_all(files):
    mode = compileall.py_compile.PycInvalidationMode.UNCHECKED_HASH
    for file in files:
        compileall.compile_file(file, force=True, quiet=1, invalidation_mode=mode)
    sys.stdout.flush()

def start(files):  # another process, or None where there cannot be one more
    try:
        process = os.fork()
    except OSError:
        return None
    if process == 0:
        try:
            compile_all(files)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return process

files = [os.path.join(place, name) for place, _, names in os.walk(sys.argv[1]) for name in names]
files = [file for file in files if file.endswith(".py") and os.path.isfile(file)]
files.sort(key=lambda file: (-os.path.getsize(file), file))
cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
count = max(1, min(cores, len(files) // 8))
shares = [files[number::count] for number in range(count)]
started = [(start(share), share) for share in shares[1:]]
compile_all(shares[0])
for process, share in started:
    if process is None or os.waitpid(process, 0)[1]:  # or it was ended, as when memory is too small for all
        compile_all(share)
"""
_OS_ERROR = re.compile(r"^\w+: \[Errno (\d+)\] ([^\n:]*)", re.MULTILINE)


def compile_tree(interpreter: Path, tree: Path, *, env: Mapping[str, str]) -> None:
    """Compile ``tree`` for ``interpreter``, on all cores; equal files at equal paths give equal bytes.

    From 3.11 on that holds for each file; before, for whole trees.

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
