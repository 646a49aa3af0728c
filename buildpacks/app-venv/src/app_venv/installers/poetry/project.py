"""``pyproject.toml`` as Poetry reads it: what is asked for, and what Poetry itself is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app_venv.inputs import PYPROJECT
from app_venv.inputs.project_table import read_project_table
from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise
from buildpack_common.parsing import parse_requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app_venv.inputs.project_table import ProjectTable
    from app_venv.inputs.selection import Selection

# They add commands that nobody calls here, so that what is installed is the same without them.
_HARMLESS_PLUGINS = frozenset({"poetry-plugin-export", "poetry-plugin-shell", "poetry-plugin-up"})
# Of [tool.poetry] what people keep there that decides nothing of what is installed.
_DESCRIPTION = frozenset({
    "authors", "classifiers", "description", "documentation", "homepage", "keywords", "license",
    "maintainers", "repository", "urls",
})  # fmt: skip


@dataclass(frozen=True)
class PoetryProject:
    """``table`` is [tool.poetry], ``standard`` what is in the tables that all tools know."""

    table: Mapping[str, Any]
    standard: ProjectTable
    build_system: Any

    @property
    def is_package(self) -> bool:
        """Whether the project itself is installed (``package-mode``, which is on by default)."""
        return self.table.get("package-mode", True) is not False

    @property
    def name(self) -> str:
        """The name of the project, normalised; '' if it has none."""
        return self.standard.name or normalise(str(self.table.get("name", "")))

    @property
    def relevant(self) -> str:
        """All that has a say in what is installed, as a text to compare."""
        own = {key: value for key, value in self.table.items() if key not in _DESCRIPTION}
        if not self.is_package:
            own.pop("version", None)
        return repr((self.standard.project, self.standard.groups, self.build_system, own))

    def direct(self, selection: Selection) -> Iterator[str]:
        """Yield the names that the project asks for itself, normalised, with these extras and groups."""
        texts = [*self.standard.dependencies(selection.extras)] if self.standard.project is not None else []
        for group in selection.groups:
            if group in self.standard.groups:
                texts += self.standard.group(group)
        for text in texts:
            try:
                yield normalise(parse_requirement(text).name)
            except ValueError:
                continue  # Poetry says what is wrong with it
        yield from self._own(selection)

    def refuse_plugins(self) -> None:
        """Raise ConfigurationError for plugins that Poetry would fetch, and run, before it installs."""
        asked = _table(self.table, "requires-plugins")
        names = sorted(name for name in asked if normalise(name) not in _HARMLESS_PLUGINS)
        if names:
            raise ConfigurationError(
                f"{PYPROJECT} requires plugins of Poetry: {', '.join(names)}",
                detail="Poetry would fetch the newest of each, with all that it needs, in every build, and "
                "run it: what is installed would not be the same tomorrow.",
                advice="Remove them from [tool.poetry.requires-plugins] if the app installs without them. "
                f"Those that add commands may stay: {', '.join(sorted(_HARMLESS_PLUGINS))}.",
            )

    def _own(self, selection: Selection) -> Iterator[str]:
        """Yield what is asked for in [tool.poetry]."""
        chosen = {
            normalise(str(one))
            for extra, names in _table(self.table, "extras").items()
            if normalise(str(extra)) in selection.extras and isinstance(names, list)
            for one in names
        }
        for name, value in _table(self.table, "dependencies").items():
            entries = value if isinstance(value, list) else [value]
            optional = any(isinstance(one, dict) and one.get("optional") for one in entries)
            if name != "python" and (not optional or normalise(name) in chosen):
                yield normalise(name)
        for group, table in _table(self.table, "group").items():
            if normalise(str(group)) in selection.groups and isinstance(table, dict):
                yield from map(normalise, _table(table, "dependencies"))


def read_poetry_project(path: Path) -> PoetryProject:
    """Read the file. Raises ConfigurationError for what is no TOML or of the wrong type."""
    standard = read_project_table(path)
    document = toml.load(path)
    return PoetryProject(_table(_table(document, "tool"), "poetry"), standard, document.get("build-system"))


def _table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}
