"""Web apps in modules: objects, what they are made of, and functions that make one."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app_start.inference.frameworks import (
    BARE_ASGI,
    BARE_WSGI,
    DASH,
    DASH_SERVER,
    FACTORIES,
    FRAMEWORKS,
    MADE_BY_METHOD,
    TO_ASGI,
    USUAL_NAMES,
    Framework,
    Interface,
)
from app_start.inference.module import assigned, flat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app_start.inference.module import Module
    from app_start.inference.project import Project

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_BARE = {
    (False, "environ", "start_response"): BARE_WSGI,
    (False, "env", "start_response"): BARE_WSGI,
    (True, "scope", "receive", "send"): BARE_ASGI,
}
_DEEPEST = 5  # classes, each derived from the one before or imported from another file
_MOUNTS = frozenset({"mount", "add_mount", "mount_app", "add_subapp"})


@dataclass(frozen=True)
class WebObject:
    """An app under a name of a module. ``root`` is where it is made: the same app has the same.

    ``factory``: the name is a function that returns it. ``text`` is what stands on ``line``.
    """

    path: Path
    name: str
    line: int
    text: str
    framework: Framework
    root: tuple[Path, str]
    factory: bool = False
    is_async: bool = False


class WebObjects:
    """All web apps of a project, found when they are asked for."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._found: dict[Path, dict[str, WebObject]] = {}
        self._open: set[tuple[Path, str]] = set()  # being looked into: modules import each other

    def of(self, path: Path) -> Mapping[str, WebObject]:
        """Return the apps that a module has at its top level, by name; functions that make one, too."""
        if path in self._found:
            return self._found[path]
        self._found[path] = {}
        module = self.project.module(path)
        if module is not None:
            for node in module.statements:
                self._bind(module, node, self._found[path])
            self._add_factories(module, self._found[path])
            self._add_callables(module, self._found[path])
        return self._found[path]

    def named(self, path: Path, name: str) -> WebObject | None:
        """Return the app that a module has by this name, or that its function of this name makes."""
        found = self.of(path).get(name)
        module = self.project.module(path)
        return found or (self._factory(module, name, {**self.of(path)}) if module else None)

    def within(self, module: Module, body: list[ast.stmt]) -> Mapping[str, WebObject]:
        """Return the apps that statements make which only run if the module is the program."""
        names: dict[str, WebObject] = {}
        for node in flat(body):
            self._bind(module, node, names)
        return names

    def main_of(self, path: Path) -> WebObject | None:
        """Return the app of a module that a server would be given; None if there is none, or several."""
        found, mounted = self._servable(path), self.mounted(path)
        objects = [one for one in found if not one.factory and one.root not in mounted]
        for candidates in (objects, [one for one in found if one.factory]):
            usual = [one for name in USUAL_NAMES for one in candidates if one.name == name]
            if len({one.root for one in candidates}) == 1:
                return (usual or candidates)[0]
            if usual:
                return usual[0] if usual[0].name == "app" or len({one.root for one in usual}) == 1 else None
            if candidates:
                return candidates[0] if candidates[0].factory else None
        return None

    def several_of(self, path: Path) -> tuple[WebObject, ...]:
        """Return the apps of a module that has several, and none that is the usual one."""
        if self.main_of(path) is not None:
            return ()
        mounted = self.mounted(path)
        return tuple(one for one in self._servable(path) if one.root not in mounted)

    def _servable(self, path: Path) -> list[WebObject]:
        """Return what servers could be given; where there is nothing else, what they perhaps could be."""
        found = list(self.of(path).values())
        return [one for one in found if one.framework.interface is not Interface.NONE] or found

    def mounted(self, path: Path) -> frozenset[tuple[Path, str]]:
        """Return the roots of the apps that a module makes parts of another one."""
        module, found = self.project.module(path), self.of(path)
        roots = set()
        for node in ast.walk(module.tree) if module and found else ():
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _MOUNTS
            ):
                names = [
                    one.id
                    for argument in _arguments(node)
                    for one in ast.walk(argument)
                    if isinstance(one, ast.Name)
                ]
                roots |= {found[name].root for name in names if name in found}
        return frozenset(roots)

    def _bind(self, module: Module, node: ast.stmt, names: dict[str, WebObject]) -> None:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found = self._imported(module, alias.asname or alias.name)
                if found is not None and not found.factory:
                    name = alias.asname or alias.name
                    names[name] = replace(
                        found, path=module.path, name=name, line=node.lineno, text=_text(module, node)
                    )
            return
        pair = assigned(node)
        if pair is not None:
            found = self._value(module, pair[1], names)
            if found is not None:
                name, text = pair[0], _text(module, node)
                root = found.root if found.root[1] else (module.path, name)
                names[name] = replace(
                    found, path=module.path, name=name, line=node.lineno, text=text, root=root, factory=False
                )
            else:
                names.pop(pair[0], None)

    def _imported(self, module: Module, name: str) -> WebObject | None:
        """Return the app, or the function that makes one, that a name imported by a module stands for."""
        if name[:1].isupper():  # a class, or a constant: most of what is imported
            return None
        dotted, level = module.imports.get(name, ("", 0))
        holder, _, attribute = dotted.rpartition(".")
        path = self.project.resolve(module, holder, level) if holder else self._package(module, level)
        if path is None or path == module.path:
            return None
        return self.of(path).get(attribute)

    def _package(self, module: Module, level: int) -> Path | None:
        """Return the file of the package that ``from . import name`` is about."""
        if not level:
            return None
        folder = module.path.parent
        for _ in range(level - 1):
            folder = folder.parent
        path = folder / "__init__.py"
        return path if path.is_file() and path.is_relative_to(self.project.top) else None

    def _value(self, module: Module, node: ast.expr, names: Mapping[str, WebObject]) -> WebObject | None:
        """Return the app that an expression gives; one whose root has no name yet is made here."""
        if isinstance(node, ast.Name):
            return names.get(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(module, node, names)
        if isinstance(node, ast.Await):
            return self._value(module, node.value, names)
        return self._call(module, node, names) if isinstance(node, ast.Call) else None

    def _attribute(
        self, module: Module, node: ast.Attribute, names: Mapping[str, WebObject]
    ) -> WebObject | None:
        if isinstance(node.value, ast.Name):
            dotted, level = module.imports.get(node.value.id, ("", 0))
            path = (
                self.project.resolve(module, dotted, level) if dotted and node.value.id not in names else None
            )
            if path is not None and path != module.path:
                return self.of(path).get(node.attr)
        owner = self._value(module, node.value, names)
        if owner is not None and owner.framework is DASH and node.attr == "server":
            return replace(owner, framework=DASH_SERVER)
        return None

    def _call(self, module: Module, node: ast.Call, names: Mapping[str, WebObject]) -> WebObject | None:
        dotted = module.dotted(node.func)
        parts = [found for one in _arguments(node) if (found := self._value(module, one, names)) is not None]
        framework = FRAMEWORKS.get(dotted) or self._own_class(module, node.func)
        if framework is DASH:
            return parts[0] if parts else self._made(module, DASH)  # Dash(server=app)
        if framework is not None:
            return self._made(module, framework)
        if isinstance(node.func, ast.Attribute) and node.func.attr in MADE_BY_METHOD:
            return self._made(module, MADE_BY_METHOD[node.func.attr])
        made = self._made_by(module, node.func, names)
        if made is not None:
            return made
        if parts and not parts[0].factory:  # a wrapper: middleware
            asgi = dotted in TO_ASGI
            return (
                replace(parts[0], framework=replace(parts[0].framework, interface=Interface.ASGI))
                if asgi
                else parts[0]
            )
        return None

    def _made(self, module: Module, framework: Framework) -> WebObject:
        return WebObject(module.path, "", 0, "", framework, (module.path, ""))

    def _own_class(self, module: Module, node: ast.expr, depth: int = 0) -> Framework | None:
        """Return the framework of a class of the app that is derived from one."""
        if not isinstance(node, ast.Name) or depth > _DEEPEST:
            return None
        own = module.classes.get(node.id)
        if own is None:
            dotted, level = module.imports.get(node.id, ("", 0))
            holder, _, name = dotted.rpartition(".")
            path = self.project.resolve(module, holder, level) if holder else None
            other = self.project.module(path) if path else None
            return self._own_class(other, ast.Name(name), depth + 1) if other else None
        found = (
            FRAMEWORKS.get(module.dotted(one)) or self._own_class(module, one, depth + 1) for one in own.bases
        )
        return next((one for one in found if one is not None), None)

    def _made_by(self, module: Module, node: ast.expr, names: Mapping[str, WebObject]) -> WebObject | None:
        """Return what a function of the app returns."""
        if isinstance(node, ast.Name):
            function = module.functions.get(node.id)
            if function is not None:
                return self._returned(module, function, names)
            return self._of_imported_function(module, node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            dotted, level = module.imports.get(node.value.id, ("", 0))
            path = self.project.resolve(module, dotted, level)
            other = self.project.module(path) if path else None
            function = other.functions.get(node.attr) if other else None
            if other is not None and function is not None:
                return self._returned(other, function, self.of(other.path))
        return None

    def _of_imported_function(self, module: Module, name: str) -> WebObject | None:
        dotted, level = module.imports.get(name, ("", 0))
        holder, _, attribute = dotted.rpartition(".")
        path = self.project.resolve(module, holder, level) if holder else self._package(module, level)
        other = self.project.module(path) if path and path != module.path else None
        if other is None:
            return None
        function = other.functions.get(attribute)
        if function is not None:
            return self._returned(other, function, self.of(other.path))
        return self._of_imported_function(other, attribute)  # a package passes it on

    def _returned(
        self, module: Module, function: _Function, names: Mapping[str, WebObject]
    ) -> WebObject | None:
        key = (module.path, function.name)
        if key in self._open:
            return None
        self._open.add(key)
        try:
            local = dict(names)
            for node in flat(function.body):
                pair = assigned(node)
                found = self._value(module, pair[1], local) if pair else None
                if pair and found is not None:
                    local[pair[0]] = found
                elif isinstance(node, ast.Return) and node.value is not None:
                    found = self._value(module, node.value, local)
                    if found is not None:
                        return replace(found, root=found.root if found.root[1] else key)
        finally:
            self._open.discard(key)
        return None

    def _add_factories(self, module: Module, names: dict[str, WebObject]) -> None:
        for name in FACTORIES:
            found = self._factory(module, name, names)
            if found is not None:
                names[name] = found

    def _factory(self, module: Module, name: str, names: Mapping[str, WebObject]) -> WebObject | None:
        """Return what a function makes that can be called without arguments."""
        function = module.functions.get(name)
        if function is None or _required(function):
            return None
        found = self._returned(module, function, names)
        return found and replace(
            found,
            path=module.path,
            name=name,
            line=function.lineno,
            text=f"def {name}()",
            factory=True,
            is_async=isinstance(function, ast.AsyncFunctionDef),
        )

    def _add_callables(self, module: Module, names: dict[str, WebObject]) -> None:
        """Add functions that are apps themselves (PEP 3333; ASGI specification, 'Applications')."""
        for name in USUAL_NAMES:
            function = module.functions.get(name)
            parameters = [one.arg for one in function.args.args] if function else []
            is_async = isinstance(function, ast.AsyncFunctionDef)
            framework = _BARE.get((is_async, *parameters))
            if function is not None and framework is not None and name not in names:
                text = f"def {name}({', '.join(parameters)})"
                root = (module.path, name)
                names[name] = WebObject(module.path, name, function.lineno, text, framework, root)


def _required(function: _Function) -> int:
    """Count the parameters that a call without arguments would lack."""
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return positional + sum(default is None for default in arguments.kw_defaults)


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    yield from node.args
    yield from (keyword.value for keyword in node.keywords)


def _text(module: Module, node: ast.stmt) -> str:
    """Return the first line of a statement, without what is in the parentheses of a call."""
    pair = assigned(node)
    if pair is not None and isinstance(pair[1], ast.Call):
        inside = "..." if pair[1].args or pair[1].keywords else ""
        return f"{pair[0]} = {ast.unparse(pair[1].func)}({inside})"
    return (ast.get_source_segment(module.text, node) or "").partition("\n")[0]
