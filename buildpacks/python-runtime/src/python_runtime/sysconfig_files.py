"""Makes the build-time facts of a relocated CPython true again: its prefix, and the compiler of the image.

`sysconfig.get_config_var("prefix")` and its like return what was true where CPython was built. Who builds C
extensions reads these, and would look for headers in a directory that does not exist and for a compiler that
is not there.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from buildpack_common.files import write_atomically
from buildpack_common.parsing import parse_json

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
_DEBUG = re.compile(
    r"(?<![^\s\"'=])-g([0-3]|gdb[0-3]?|dwarf(-\d)?|split-dwarf|line-tables-only|mlt)?(?=[\s\"']|$)[ \t]*"
)
_STANDALONE_PREFIX = "/install"
# Where a path begins: at the start of a word or after -I, -L, -Wl,-rpath, ...
_BEFORE = r"(?<![^\s'\"=:;,])(-[ILR]|-Wl,[^/\s]*)?"
# Where python-build-standalone's builders have the tool chain, a Python, and the libraries to be linked in.
_TOOLS = re.compile(_BEFORE + r"/tools/[\w.-]+(?=[/\s'\":;,]|$)")
_TOOL = re.compile(r"(?<![^\s'\"=:;,])/tools/[\w.-]+/bin/(?=[\w.+-]+)")
# A word in quotes, as in CONFIG_ARGS, or one without; with the blanks after it.
_WORD = re.compile(r"'[^'\n]*'[ \t]*|[^\s'\"]+[ \t]*")
_NAME = re.compile(r"[\w.]+[ \t]*[?:+]?=[ \t]*")
_VARIABLE = "build_time_vars"


def adapt(tree: Path, line: str) -> None:
    """Rewrite sysconfig's data and whatever else of the CPython in ``tree`` tells how to compile for it.

    That is the module ``_sysconfigdata_*``, its copy in JSON (3.14 and newer), the Makefile with its Setup
    files, ``python3-config`` and the pkg-config files. The result depends on nothing but these files and the
    path of ``tree``. Raises OSError.
    """
    lib = tree / "lib" / f"python{line}"
    for data in sorted(lib.glob("_sysconfigdata_*.py")):
        variables = _variables(data.read_text("utf-8"))
        prefix = str((variables or {}).get("prefix") or "")
        if variables is None or not _is_replaceable(prefix):
            continue
        adapted = _adapted(variables, prefix, str(tree))
        rewrite(data, _module(adapted))
        copy = data.with_name(data.name.replace("_sysconfigdata", "_sysconfig_vars", 1)).with_suffix(".json")
        _adapt_copy(copy, adapted, prefix, str(tree))
        for text in _text_files(tree, lib):
            rewrite(text, _adapted_text(text.read_text("utf-8"), prefix, str(tree)))


def _adapt_copy(file: Path, adapted: Mapping[str, object], prefix: str, tree: str) -> None:
    """Bring the JSON copy in line with the module, and adapt in the same way what only the copy has.

    python-build-standalone adapts its module when it makes an archive, and the copy has what was before that.
    """
    try:
        copy = parse_json(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return
    if isinstance(copy, dict):
        rewrite(file, json.dumps({**_adapted(copy, prefix, tree), **adapted}, indent=2) + "\n")


def _text_files(tree: Path, lib: Path) -> Iterator[Path]:
    patterns = (
        (lib, "config-*/Makefile"),
        (lib, "config-*/Setup*"),
        (lib, "build-details.json"),
        (tree, "bin/python*-config"),
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
    except (SyntaxError, ValueError, RecursionError, MemoryError):
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
    if prefix == _STANDALONE_PREFIX:
        value = _without_tools(value)
    if _OPTIONS.fullmatch(name):
        return _DEBUG.sub("", value)
    return _with_program(value) if name in _PROGRAMS else value


def _adapted_text(text: str, prefix: str, tree: str) -> str:
    moved = _moved(text, prefix, tree)
    if prefix == _STANDALONE_PREFIX:
        moved = "".join(map(_line_without_tools, moved.splitlines(keepends=True)))
    lean = _OPTIONS_ASSIGNMENT.sub(lambda found: found[1] + found[3] + _DEBUG.sub("", found[4]), moved)
    return _ASSIGNMENT.sub(lambda found: found[1] + found[2] + _with_program(found[3]), lean)


def _line_without_tools(line: str) -> str:
    name = _NAME.match(line)
    start = name.end() if name else 0
    return line[:start] + _without_tools(line[start:])


def _without_tools(text: str) -> str:
    """Name the programs of the tool chain as they are found on PATH, and drop words with its other paths."""
    if not _TOOLS.search(text):
        return text
    named = _TOOL.sub("", text)
    return _WORD.sub(lambda found: "" if _TOOLS.search(found[0]) else found[0], named)


def _moved(text: str, prefix: str, tree: str) -> str:
    """Replace ``prefix`` where a path begins."""
    pattern = re.compile(_BEFORE + re.escape(prefix) + r"(?=[/\s'\":;,]|$)")
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


def rewrite(path: Path, text: str) -> None:
    """Replace a file's text and keep its mode. Raises OSError."""
    mode = path.stat().st_mode & 0o777
    write_atomically(path, text.encode("utf-8"))
    path.chmod(mode)
