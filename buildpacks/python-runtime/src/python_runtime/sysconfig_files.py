"""Makes the build-time facts of a relocated CPython true again: its prefix, and the compiler of the image.

`sysconfig.get_config_var("prefix")` and its like return what was true where CPython was built. Who builds C
extensions reads these, and would look for headers in a directory that does not exist and for a compiler that
is not there.
"""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from buildpack_api.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Variables whose first word is a program of the tool chain.
_PROGRAMS = frozenset(
    {"AR", "CC", "CXX", "CPP", "BLDSHARED", "LDSHARED", "LDCXXSHARED", "LINKCC", "MAINCC", "RANLIB"}
)
# Programs of whatever tool chain CPython was built with, and the names every build image has.
_REPLACEMENTS = (
    (re.compile(r"(.*-)?(clang\+\+|g\+\+|c\+\+)(-\d+(\.\d+)*)?"), "c++"),
    (re.compile(r"(.*-)?(clang|gcc|cc)(-\d+(\.\d+)*)?"), "cc"),
    (re.compile(r"(.*-)?ar(-\d+(\.\d+)*)?"), "ar"),
    (re.compile(r"(.*-)?ranlib(-\d+(\.\d+)*)?"), "ranlib"),
)
_ASSIGNMENT = re.compile(rf"^({'|'.join(sorted(_PROGRAMS))})(\s*=\s*)(\S.*)$", re.MULTILINE)
# Variables that setuptools and others take the options of the C compiler from.
_OPTIONS = re.compile(r"OPT|\w*C(XX)?FLAGS\w*")
_OPTIONS_ASSIGNMENT = re.compile(rf"^({_OPTIONS.pattern})(\s*=\s*)(\S.*)$", re.MULTILINE)
# Debugging information names the directory that pip has compiled in, which is another one each time: equal
# requirements would give layers that differ. And it is larger than the code.
_DEBUG = re.compile(r"(?<!\S)-g[1-3]?(\s+|$)")
_STANDALONE_PREFIX = "/install"
_VARIABLE = "build_time_vars"


def adapt(tree: Path, line: str) -> None:
    """Rewrite sysconfig's data, the Makefile and the pkg-config files of the CPython in ``tree``.

    The result depends on nothing but these files and the path of ``tree``. Raises OSError.
    """
    lib = tree / "lib" / f"python{line}"
    for data in sorted(lib.glob("_sysconfigdata_*.py")):
        variables = _variables(data.read_text("utf-8"))
        prefix = str((variables or {}).get("prefix") or "")
        if variables is None or not _is_replaceable(prefix):
            continue
        _write(data, _module(_adapted(variables, prefix, str(tree))))
        for text in _text_files(tree, lib):
            _write(text, _adapted_text(text.read_text("utf-8"), prefix, str(tree)))


def _text_files(tree: Path, lib: Path) -> Iterator[Path]:
    patterns = (
        (lib, "config-*/Makefile"),
        (lib, "build-details.json"),
        (lib, "_sysconfig_vars_*.json"),
        (tree, "lib/pkgconfig/*.pc"),
    )
    for directory, pattern in patterns:
        yield from sorted(path for path in directory.glob(pattern) if not path.is_symlink())


def _is_replaceable(prefix: str) -> bool:
    """A prefix such as /usr is part of too many paths that do not belong to Python."""
    return prefix.startswith("/") and prefix not in {"/", "/usr"}


def _variables(source: str) -> dict[str, object] | None:
    """Return the dictionary that is all there is in the module; None if it looks different."""
    try:
        statements = ast.parse(source).body
        values = [
            ast.literal_eval(statement.value)
            for statement in statements
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == _VARIABLE
        ]
    except (SyntaxError, ValueError):
        return None
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else None


def _adapted(variables: Mapping[str, object], prefix: str, tree: str) -> dict[str, object]:
    adapted = {
        name: _adapted_value(name, value, prefix, tree) if isinstance(value, str) else value
        for name, value in variables.items()
    }
    # The mark by which tools know python-build-standalone; its prefix tells here.
    return {**adapted, "PYTHON_BUILD_STANDALONE": 1} if prefix == _STANDALONE_PREFIX else adapted


def _adapted_value(name: str, value: str, prefix: str, tree: str) -> str:
    value = _moved(value, prefix, tree)
    if _OPTIONS.fullmatch(name):
        return _DEBUG.sub("", value)
    return _with_program(value) if name in _PROGRAMS else value


def _adapted_text(text: str, prefix: str, tree: str) -> str:
    moved = _moved(text, prefix, tree)
    lean = _OPTIONS_ASSIGNMENT.sub(lambda found: found[1] + found[3] + _DEBUG.sub("", found[4]), moved)
    return _ASSIGNMENT.sub(lambda found: found[1] + found[2] + _with_program(found[3]), lean)


def _moved(text: str, prefix: str, tree: str) -> str:
    """Replace ``prefix`` where a path begins: at the start of a word or after -I, -L, -Wl,-rpath, ..."""
    before = r"(?<![^\s'\"=:;,])(-[ILR]|-Wl,[^/\s]*)?"
    pattern = re.compile(before + re.escape(prefix) + r"(?=[/\s'\":;,]|$)")
    return pattern.sub(lambda found: (found[1] or "") + tree, text)


def _with_program(command: str) -> str:
    program, blank, arguments = command.partition(" ")
    name = PurePosixPath(program).name
    for pattern, replacement in _REPLACEMENTS:
        if pattern.fullmatch(name):
            return f"{replacement}{blank}{arguments}"
    return command


def _module(variables: Mapping[str, object]) -> str:
    """Return the module's source, the same from every version of Python that runs this."""
    rows = "".join(f"    {name!r}: {variables[name]!r},\n" for name in sorted(variables))
    return f"# system configuration generated and used by the sysconfig module\n{_VARIABLE} = {{\n{rows}}}\n"


def _write(path: Path, text: str) -> None:
    mode = path.stat().st_mode & 0o777
    write_atomically(path, text.encode("utf-8"))
    path.chmod(mode)
