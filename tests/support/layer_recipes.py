"""What makes a layer, as a digest beside the buildpack's RECIPE: while the number stays, layers are reused.

    python tests/support/layer_recipes.py          # any Python 3.10 or newer: write layer_recipes.json anew
    python tests/support/layer_recipes.py --list   # only show what each digest covers

The digest covers the functions, classes and constants of this repository that the roots below use, directly
or not. They are followed by name from definition to definition, not from module to module, so what only
explains a failure or decides what is wanted does not count. Nor do

- comments, docstrings, annotations, imports, and in which module something is: a mere move changes nothing;
- what is said: calls of methods of an `output`, what follows `raise`, and branches that hold nothing else;
- the modules in BOUNDARY, each for the reason that stands there.

Annotations are followed, though, to classes of the buildpack itself: how else to find an object's methods?
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PINS = Path(__file__).with_suffix(".json")
COMMAND = f"python {Path(__file__).relative_to(ROOT)}"
BOUNDARY = frozenset(
    {
        # They run programs as they are told, or only talk.
        "buildpack_api.commands",
        "buildpack_api.errors",
        "buildpack_api.output",
        "buildpack_common.redaction",
        "app_venv.failures.building",
        "app_venv.failures.pip",
        "app_venv.failures.poetry",
        "app_venv.failures.uv",
        "app_venv.installers.pip.index_answers",
        # They decide what is wanted, which the layer's key tells.
        "app_venv.job",
        "app_venv.evidence.key",
        # What they return has the SHA-256 that the key names, wherever it is from.
        "python_runtime.fetch",
        "python_runtime.locations",
        # A layer of its own.
        "app_venv.installers.pip.cache",
        "app_venv.installers.poetry.cache",
        "app_venv.installers.tool_cache",
        "app_venv.installers.uv.cache",
        # What they find is taken out, whatever it is, or ends the build.
        "buildpack_api.secret_search",
        "buildpack_common.known_secrets",
    }
)
"""Modules that are not looked into."""
_SAYING = frozenset({"detail", "heading", "progress", "step", "summary", "warning"})
_LEFT_OUT = frozenset({"annotation", "ctx", "kind", "returns", "type_comment", "type_params"})

Definition = tuple[str, str]
"""A module and a name in it."""


@dataclass(frozen=True)
class Recipe:
    """A buildpack's RECIPE, where it stands, and what fills the layer."""

    package: str
    place: Definition
    roots: tuple[Definition, ...]


RECIPES = {
    "strata/python-runtime": Recipe(
        "python_runtime",
        ("python_runtime.python_layer", "RECIPE"),
        (("python_runtime.installation", "install"), ("python_runtime.compiling", "finish")),
    ),
    "strata/pip-tool": Recipe("pip_tool", ("pip_tool.key", "RECIPE"), (("pip_tool.install", "install_pip"),)),
    "strata/uv-tool": Recipe("uv_tool", ("uv_tool.key", "RECIPE"), (("uv_tool.install", "install_uv"),)),
    "strata/poetry-tool": Recipe(
        "poetry_tool", ("poetry_tool.key", "RECIPE"), (("poetry_tool.install", "install_poetry"),)
    ),
    "strata/app-venv": Recipe(
        "app_venv",
        ("app_venv.evidence.key", "RECIPE"),
        (
            ("app_venv.environment.venv", "create_venv"),
            ("app_venv.installers.pip.install", "Installer"),
            ("app_venv.installers.pip.hint", "offer_pip"),
            ("app_venv.installers.uv.install", "UvInstaller"),
            ("app_venv.installers.uv.hint", "offer_uv"),
            ("app_venv.installers.poetry.install", "PoetryInstaller"),
            ("app_venv.installers.poetry.strategy", "PoetryStrategy"),
            ("app_venv.after.launchable", "make_scripts_start"),
            ("app_venv.after.leaks", "mend_addresses"),
            ("app_venv.heavy.heavy_files", "heavy_wheels"),
            ("app_venv.heavy.heavy_layers", "fill_layers"),
        ),
    ),
    "strata/app-start": Recipe("app_start", ("app_start.layer", "RECIPE"), (("app_start.layer", "fill"),)),
}


def current(sources: Sources) -> dict[str, dict[str, str]]:
    """Return number and digest of each buildpack's layer."""
    return {
        name: {"recipe": sources.constant(recipe.place), "digest": digest(sources, recipe)}
        for name, recipe in RECIPES.items()
    }


def digest(sources: Sources, recipe: Recipe) -> str:
    """Return the digest of what makes a layer."""
    texts = sorted({text for _, text in closure(sources, recipe)})
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def closure(sources: Sources, recipe: Recipe) -> list[tuple[Definition, str]]:
    """Return each definition that the roots use, with its normal form. Raises LookupError for a lost root."""
    found: dict[Definition, str] = {}
    waiting = list(recipe.roots)
    for one in recipe.roots:
        if sources.find(one) is None:
            raise LookupError(f"{'.'.join(one)} is gone: name in layer_recipes.py what fills the layer now")
    while waiting:
        definition = sources.find(waiting.pop())
        if definition is None or definition in found or definition[0] in BOUNDARY:
            continue
        module = sources.modules[definition[0]]
        writer = _NormalForm(module, recipe.package)
        found[definition] = writer.of(module.definitions[definition[1]])
        waiting += writer.used
    return sorted(found.items())


class Sources:
    """The modules of our libraries and buildpacks, parsed when they are needed."""

    def __init__(self, root: Path) -> None:
        places = [*root.glob("packages/*/src"), *root.glob("buildpacks/*/src")]
        modules = [Module(path, place, self) for place in places for path in place.rglob("*.py")]
        self.modules = {module.name: module for module in modules}

    def find(self, definition: Definition) -> Definition | None:
        """Return where something is really defined, or None if that is not in this repository."""
        name, attribute = definition
        while name in self.modules:
            module = self.modules[name]
            if attribute in module.definitions:
                return name, attribute
            if attribute not in module.names:
                return None
            name, attribute = module.names[attribute]
        return None

    def constant(self, definition: Definition) -> str:
        """Return the value of a constant."""
        statement = self.modules[definition[0]].definitions[definition[1]]
        assert isinstance(statement, ast.Assign)
        return str(ast.literal_eval(statement.value))


@dataclass
class Module:
    """A source file: what it defines, and what its imports, wherever they stand, bind."""

    path: Path
    place: Path
    sources: Sources = field(repr=False)

    @property
    def name(self) -> str:
        return ".".join(self.path.relative_to(self.place).with_suffix("").parts).removesuffix(".__init__")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_bytes())

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        return {name: statement for statement in self.tree.body for name in _bound(statement)}

    @cached_property
    def names(self) -> dict[str, Definition]:
        """Imported names; for a module the attribute is ''."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    is_module = f"{node.module}.{alias.name}" in self.sources.modules
                    target = (f"{node.module}.{alias.name}", "") if is_module else (node.module, alias.name)
                    found[alias.asname or alias.name] = target
        return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


class _NormalForm:
    """Writes a definition without what does not count, and notes what it uses."""

    def __init__(self, module: Module, package: str) -> None:
        self.used: list[Definition] = []
        self._module = module
        self._package = package

    def of(self, node: ast.AST) -> str:
        """Return a text that is equal for equal code, whichever Python parses it."""
        if isinstance(node, ast.Name):
            self._use(node.id)
            return f"Name({node.id})"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            target = self._module.names.get(node.value.id)
            if target is not None and target[1] == "":
                self.used.append((target[0], node.attr))
                return f"Name({node.attr})"  # as if it were imported by its own name
        if isinstance(node, ast.Raise):
            return "Raise"
        self._follow_annotations(node)
        parts = (
            f"{name}={self._value(value)}" for name, value in ast.iter_fields(node) if name not in _LEFT_OUT
        )
        return f"{type(node).__name__}({','.join(one for one in parts if not one.endswith('='))})"

    def _value(self, value: object) -> str:
        if isinstance(value, list):
            kept = [self.of(one) if isinstance(one, ast.AST) else repr(one) for one in value if _counts(one)]
            return f"[{','.join(kept)}]" if kept else ""
        if isinstance(value, ast.AST):
            return self.of(value)
        return "" if value is None else repr(value)

    def _use(self, name: str) -> None:
        target = self._module.names.get(name)
        if target is not None and target[1]:
            self.used.append(target)
        elif name in self._module.definitions:
            self.used.append((self._module.name, name))

    def _follow_annotations(self, node: ast.AST) -> None:
        annotations = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for annotation in filter(None, annotations):
            for one in ast.walk(annotation):
                if isinstance(one, ast.Name):
                    target = self._module.names.get(one.id, (self._module.name, one.id))
                    if target[0].partition(".")[0] == self._package:
                        self.used.append(target)


def _counts(node: object) -> bool:
    """Whether a statement is more than a docstring, an import or something that is said."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return False
    if isinstance(node, ast.Expr):
        return not (isinstance(node.value, ast.Constant) or _is_said(node.value))
    if isinstance(node, ast.If | ast.For):
        return any(map(_counts, (*node.body, *node.orelse)))
    return True


def _is_said(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    if not isinstance(function, ast.Attribute) or function.attr not in _SAYING:
        return False
    owner = function.value
    return (owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")) == "output"


def main() -> None:
    """Write the numbers and digests of now, or list what they cover."""
    sources = Sources(ROOT)
    if sys.argv[1:] == ["--list"]:
        for name, recipe in RECIPES.items():
            sys.stdout.write(f"{name}\n")
            sys.stdout.writelines(f"  {'.'.join(one)}\n" for one, _ in closure(sources, recipe))
        return
    PINS.write_text(json.dumps(current(sources), indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
