"""The app as its files show it: where its modules are, and from which directory they are imported."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app_start.inference.module import Module, read_module
from buildpack_api import toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app_start.environment import Environment

_DEEPEST = 3  # directories below the top
_MOST = 3000  # files
_NEVER = frozenset(
    {
        "__pycache__", "build", "ci", "dist", "doc", "docs", "env", "example", "examples", "fixtures",
        "migrations", "node_modules", "notebooks", "sample", "samples", "site-packages", "static",
        "templates", "test", "testing", "tests", "venv", "virtualenv",
    }
)  # fmt: skip
_NO_APPS = frozenset({"conftest.py", "fabfile.py", "noxfile.py", "setup.py", "toxfile.py"})


@dataclass(frozen=True)
class Place:
    """How a module is imported: its dotted name, and the directory that has to be the current one."""

    name: str
    directory: Path


@dataclass(frozen=True, eq=False)
class Project:
    """The app's directory, the packages that it runs with, and the user's variables."""

    top: Path
    environment: Environment
    variables: Mapping[str, str] = field(default_factory=dict)
    _read: dict[Path, Module | None] = field(default_factory=dict, repr=False)
    _places: dict[Path, Place] = field(default_factory=dict, repr=False)
    _installed: dict[str, bool] = field(default_factory=dict, repr=False)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The Python files that may be an app: the top's first, then those below, in a fixed order."""
        found = sorted(self._walk(), key=lambda path: (len(path.parts), os.fsencode(path)))
        return tuple(found[:_MOST])

    @cached_property
    def top_files(self) -> tuple[Path, ...]:
        """The Python files in the app's top directory."""
        return tuple(path for path in self.files if path.parent == self.top)

    @cached_property
    def pyproject(self) -> Mapping[str, Any]:
        """What `pyproject.toml` says; nothing if it cannot be read: that is for others to complain of."""
        try:
            return toml.load(self.top / "pyproject.toml")
        except toml.TomlError:
            return {}

    def table(self, *keys: str) -> Mapping[str, Any]:
        """Return a table of `pyproject.toml`, nothing if it is none."""
        value: Any = self.pyproject
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}

    def module(self, path: Path) -> Module | None:
        """Read a file, once."""
        if path not in self._read:
            self._read[path] = read_module(path)
        return self._read[path]

    def shown(self, path: Path) -> str:
        """Return a path for people: relative to the app."""
        return os.path.relpath(path, self.top)

    def find(self, dotted: str, directory: Path) -> Path | None:
        """Return the file of a module that is imported from a directory."""
        path = directory.joinpath(*dotted.split("."))
        if not path.is_relative_to(self.top):  # a relative import can lead anywhere
            return None
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if is_file(candidate):
                return candidate
        return None

    def place(self, path: Path) -> Place:
        """Return how a file is imported, as its own imports and the packages around it tell."""
        if path not in self._places:
            self._places[path] = self._place(path)
        return self._places[path]

    def _place(self, path: Path) -> Place:
        # None: its relative imports lead out of the app, and work nowhere.
        roots = list(self._roots(path)) or [path.parent]
        best = max(roots, key=lambda root: (self._votes(path, root), root == self._usual(path, roots)))
        name = _dotted(path, best)
        return Place(name, self.top if self._is_installed(name, best) else best)

    def resolve(self, module: Module, dotted: str, level: int = 0) -> Path | None:
        """Return the file of a module that ``module`` imports; None if it is none of the app's."""
        if not dotted:
            return None
        if level:
            folder = module.path.parent
            for _ in range(level - 1):
                folder = folder.parent
            return self.find(dotted, folder)
        root = self._import_root(module.path)
        for directory in dict.fromkeys((root, self.top, self.top / "src")):
            found = self.find(dotted, directory)
            if found is not None:
                return found
        return None

    def _import_root(self, path: Path) -> Path:
        name = self.place(path).name
        return path.parents[name.count(".") + (path.name == "__init__.py")]

    def _walk(self) -> Iterator[Path]:
        folders = [(self.top, 0)]
        while folders:
            folder, depth = folders.pop()
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                continue
            names = {entry.name for entry in entries}
            if "pyvenv.cfg" in names:
                continue
            for entry in entries:
                if _may_be_an_app(entry.name):
                    if entry.is_file() and (depth or entry.name != "__init__.py"):
                        yield folder / entry.name
                elif depth < _DEEPEST and _may_hold_apps(entry):
                    folders.append((folder / entry.name, depth + 1))

    def _roots(self, path: Path) -> Iterator[Path]:
        """Yield the directories that a file may be imported from, the nearest first."""
        is_package = path.name == "__init__.py" and path.parent != self.top
        folder = path.parent.parent if is_package else path.parent
        least = self._least_level(path)
        while True:
            relative = path.relative_to(folder).with_suffix("")
            if len(relative.parts) > least and all(part.isidentifier() for part in relative.parts):
                yield folder
            if folder == self.top:
                break
            folder = folder.parent
        if not all(part.isidentifier() for part in path.relative_to(self.top).with_suffix("").parts):
            yield path.parent

    def _least_level(self, path: Path) -> int:
        module = self.module(path)
        return max((level for _, level in module.imports.values()), default=0) if module else 0

    def _votes(self, path: Path, root: Path) -> int:
        """Count the imports of a file that are found from a directory, and would not be found elsewhere."""
        module = self.module(path)
        names = {name.partition(".")[0] for name in module.imported_modules} if module else set()
        own = {name for name in names if name not in sys.stdlib_module_names}
        return sum(self._holds(root, name, path) for name in own if not self._installed_package(name))

    def _holds(self, root: Path, name: str, path: Path) -> bool:
        """Whether a directory has a module of this name, other than the file that imports it."""
        folder, file = root / name, root / f"{name}.py"
        return (is_file(file) and file != path) or (is_dir(folder) and any(folder.glob("*.py")))

    def _installed_package(self, name: str) -> bool:
        if name not in self._installed:
            site = self.environment.site_packages
            self._installed[name] = is_dir(site / name) or is_file(site / f"{name}.py")
        return self._installed[name]

    def _usual(self, path: Path, roots: list[Path]) -> Path:
        """Return the directory that nothing speaks against: above the packages, else src, else the top."""
        folder = path.parent
        while folder != self.top and (folder / "__init__.py").is_file():
            folder = folder.parent
        if folder != path.parent:
            return folder
        source = self.top / "src"
        usual = source if path.is_relative_to(source) and source != self.top else self.top
        return usual if usual in roots else roots[-1]

    def _is_installed(self, name: str, root: Path) -> bool:
        """Whether the environment finds a module by itself: from a wheel, or by a link to ``root``."""
        if root == self.top:
            return False
        first = name.partition(".")[0]
        if self._installed_package(first):
            return True
        return any(str(root) in text for text in self._links)

    @cached_property
    def _links(self) -> tuple[str, ...]:
        """What makes editable installations importable: path files, and finders of setuptools."""
        site = self.environment.site_packages
        found = [*site.glob("*.pth"), *site.glob("__editable__*finder.py")]
        return tuple(path.read_text("utf-8", "replace") for path in sorted(found))


def _may_be_an_app(name: str) -> bool:
    tests = name.startswith(("test_", ".")) or name.endswith("_test.py")
    return name.endswith(".py") and not tests and name not in _NO_APPS


def _may_hold_apps(entry: os.DirEntry[str]) -> bool:
    named = entry.name not in _NEVER and not entry.name.startswith(".")
    return named and entry.is_dir(follow_symlinks=False)


def _dotted(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_file(path: Path) -> bool:
    """Tell whether a file is there; a name of the app's code may be too long for one, or have a NUL."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_dir(path: Path) -> bool:
    """Tell whether a directory is there, as `is_file` does."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
