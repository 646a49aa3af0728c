"""A Python file, read but never run: what its names stand for (Python reference, 'Execution model')."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LARGEST = 2_000_000  # bytes; nobody writes so much by hand
_DEEPEST = 300


@dataclass(frozen=True, eq=False)
class Module:
    """A file that Python can read. ``package`` is its own package's dotted name, for relative imports."""

    path: Path
    tree: ast.Module
    text: str

    @cached_property
    def imports(self) -> dict[str, tuple[str, int]]:
        """What imported names stand for, as dotted names, wherever they are imported; with the level.

        The level is that of a relative import: 0 is absolute, 1 the package of this file, and so on.
        """
        found: dict[str, tuple[str, int]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    found[alias.asname or first] = (alias.name if alias.asname else first, 0)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    name = f"{node.module}.{alias.name}" if node.module else alias.name
                    found[alias.asname or alias.name] = (name, node.level)
        return found

    @cached_property
    def imported_modules(self) -> dict[str, int]:
        """The modules that are imported, as they are written (absolute ones), and the line of each."""
        found: dict[str, int] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found.setdefault(alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.setdefault(node.module, node.lineno)
        return found

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions of the module's top level."""
        nodes = self.statements
        return {one.name: one for one in nodes if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The classes of the module's top level."""
        return {one.name: one for one in self.statements if isinstance(one, ast.ClassDef)}

    @cached_property
    def statements(self) -> list[ast.stmt]:
        """What is executed when the module is imported, bodies of ``if``, ``try`` and ``with`` included."""
        return list(flat(self.tree.body))

    @cached_property
    def main_guard(self) -> ast.If | None:
        """The ``if __name__ == "__main__":`` of the module."""
        return next((one for one in self.tree.body if isinstance(one, ast.If) and is_main_guard(one)), None)

    def imports_any(self, *names: str) -> int:
        """Return the line where one of these packages or modules is imported first; 0 if none is."""
        found = self.imported_modules.items()
        lines = [line for name, line in found if any(f"{name}.".startswith(f"{one}.") for one in names)]
        return min(lines, default=0)

    def dotted(self, node: ast.expr) -> str:
        """Return what a name, or an attribute of it, stands for: ``flask.Flask``; '' if that is not known.

        A name that the module does not have itself is taken for one of ``from package import *``.
        """
        if isinstance(node, ast.Name):
            name, level = self.imports.get(node.id) or self._starred(node.id)
            return "" if level else name
        if isinstance(node, ast.Attribute):
            before = self.dotted(node.value)
            return f"{before}.{node.attr}" if before else ""
        return ""

    def _starred(self, name: str) -> tuple[str, int]:
        everything, level = self.imports.get("*", ("", 0))
        known = name in self.functions or name in self.classes
        return (f"{everything.removesuffix('*')}{name}", level) if everything and not known else ("", 0)


def read_module(path: Path) -> Module | None:
    """Read a file; None if it is no Python that this Python understands."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        content = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the app's own spelling: "\d"
            tree = ast.parse(content, str(path))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Module(path, tree, content.decode("utf-8", "replace")) if _is_shallow(tree) else None


def _is_shallow(tree: ast.Module) -> bool:
    """Whether a walk that calls itself comes to an end: of a thousand `elif` each is in the one before."""
    nodes: list[ast.AST] = [tree]
    for _ in range(_DEEPEST):
        nodes = [child for node in nodes for child in ast.iter_child_nodes(node)]
    return not nodes


def is_main_guard(node: ast.stmt) -> bool:
    """Whether it is ``if __name__ == "__main__":``, either way round, or ``in`` several such names."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = [one for side in (node.test.left, *node.test.comparators) for one in ast.walk(side)]
    names = [one.id for one in sides if isinstance(one, ast.Name)]
    texts = [one.value for one in sides if isinstance(one, ast.Constant)]
    return names == ["__name__"] and "__main__" in texts and isinstance(node.test.ops[0], (ast.Eq, ast.In))


def flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements and those in their blocks, as far as they are executed; no main guard.

    An assignment to several names is one to each.
    """
    for node in body:
        if is_main_guard(node):
            continue
        yield from _single(node)
        if isinstance(node, (ast.If, ast.For, ast.While)):
            yield from flat([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            handlers = [one for handler in node.handlers for one in handler.body]
            yield from flat([*node.body, *node.orelse, *handlers, *node.finalbody])
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            yield from flat(node.body)


def _single(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield ``a = b = x`` as ``a = x`` and ``b = a``; of ``a, b = f()`` what comes first."""
    if not isinstance(node, ast.Assign):
        yield node
        return
    value = node.value
    for target in node.targets:
        first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
        yield ast.copy_location(ast.Assign([first], value), node)
        value = ast.copy_location(ast.Name(first.id), node) if isinstance(first, ast.Name) else value


def assigned(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """Return the name and the value of ``name = value``; None for everything else."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return node.target.id, node.value
    return None


def constant(node: ast.expr | None) -> str:
    """Return a text that stands in the source; '' for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
