"""Dependencies in ``pyproject.toml``: ``[project]`` (PEP 621) and ``[dependency-groups]`` (PEP 735)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app_venv.inputs import PYPROJECT
from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from buildpack_common.names import normalise
from buildpack_common.parsing import DEEPEST, parse_requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app_venv.inputs.selection import Selection

_INCLUDE = "include-group"


@dataclass(frozen=True)
class ProjectTable:
    """The tables that matter, checked. ``project`` is None if there is no such table.

    ``elsewhere`` names the table of another tool that lists dependencies, which pip cannot see; or nothing.
    """

    project: Mapping[str, Any] | None
    groups: Mapping[str, list[Any]] = field(default_factory=dict)
    elsewhere: str = ""
    has_build_system: bool = False

    @property
    def name(self) -> str:
        """The normalised name, or nothing."""
        return normalise(str((self.project or {}).get("name", "")))

    @property
    def requires_python(self) -> str:
        """The specifier, or nothing."""
        return str((self.project or {}).get("requires-python", ""))

    @property
    def dynamic(self) -> frozenset[str]:
        """What only the build backend knows."""
        return frozenset(_strings(self.project or {}, "dynamic", "[project] dynamic"))

    @property
    def extras(self) -> Mapping[str, list[str]]:
        """Optional dependencies by normalised name."""
        table = _table(self.project or {}, "optional-dependencies", "[project.optional-dependencies]")
        return {
            normalise(name): _strings(table, name, f"[project.optional-dependencies] {name}")
            for name in table
        }

    def dependencies(self, extras: tuple[str, ...]) -> Iterator[str]:
        """Yield the requirements of the project with these extras, extras of extras included."""
        yield from _strings(self.project or {}, "dependencies", "[project] dependencies")
        pending, seen = list(extras), set[str]()
        while pending:
            name = pending.pop(0)
            if name in seen:
                continue
            seen.add(name)
            for text in self.extras.get(name, []):
                own = self._own_extras(text)
                pending += own
                if not own:
                    yield text

    def group(self, name: str, above: tuple[str, ...] = ()) -> Iterator[str]:
        """Yield the requirements of a dependency group and of those that it includes."""
        if name in above:
            circle = " -> ".join([*above, name])
            raise ConfigurationError(
                f"{PYPROJECT}: dependency groups include each other", detail=f"[dependency-groups] {circle}"
            )
        if len(above) > DEEPEST:
            raise ConfigurationError(
                f"{PYPROJECT}: dependency groups include each other more than {DEEPEST} levels deep",
                detail=f"[dependency-groups] {above[0]} -> {above[1]} -> ... -> {name}",
            )
        for entry in self.groups.get(name, []):
            included = entry.get(_INCLUDE) if isinstance(entry, dict) and len(entry) == 1 else None
            if isinstance(entry, str):
                yield entry
            elif isinstance(included, str) and normalise(included) in self.groups:
                yield from self.group(normalise(included), (*above, name))
            else:
                raise ConfigurationError(
                    f"{PYPROJECT}: [dependency-groups] {name} has an entry that is not known: {entry!r}",
                    detail="An entry is a requirement or { include-group = <group of this file> } (PEP 735).",
                )

    def check(self, selection: Selection) -> None:
        """Raise ConfigurationError for extras or groups that do not exist."""
        selection.check(PYPROJECT, self.extras, self.groups)

    def _own_extras(self, text: str) -> list[str]:
        """Read ``name[extra]`` where the name is the project's own: it stands for these extras."""
        from packaging.requirements import InvalidRequirement

        try:
            requirement = parse_requirement(text)
        except InvalidRequirement:
            return []
        if normalise(requirement.name) != self.name or requirement.marker or requirement.url:
            return []
        return [normalise(extra) for extra in requirement.extras]


def read_project_table(path: Path) -> ProjectTable:
    """Read ``pyproject.toml``. Raises ConfigurationError for what is no TOML or of the wrong type."""
    try:
        document = toml.load(path)
    except toml.TomlError as error:
        raise ConfigurationError(error.title, detail=error.detail, advice="Correct the file.") from error
    groups = _table(document, "dependency-groups", "[dependency-groups]")
    return ProjectTable(
        _table(document, "project", "[project]") if "project" in document else None,
        {normalise(name): _list(groups, name, f"[dependency-groups] {name}") for name in groups},
        _elsewhere(_table(document, "tool", "[tool]")),
        "build-system" in document,
    )


def _elsewhere(tools: Mapping[str, Any]) -> str:
    """Return the table of dependencies as tools had it before [project] (PEP 621) was agreed on."""
    poetry = _inner(tools, "poetry", "dependencies")
    if poetry.keys() - {"python"}:
        return "[tool.poetry.dependencies]"
    return "[tool.flit.metadata]" if _inner(tools, "flit", "metadata").get("requires") else ""


def _inner(tools: Mapping[str, Any], tool: str, name: str) -> Mapping[str, Any]:
    """Return a table of a tool; nothing if it is none: what tools have is theirs to check."""
    outer = tools.get(tool)
    table = outer.get(name) if isinstance(outer, dict) else None
    return table if isinstance(table, dict) else {}


def requirement_texts(path: Path) -> Iterator[str]:
    """Yield all that ``pyproject.toml`` requires, to build or to run; nothing if it is not understood."""
    try:
        document = toml.load(path)
    except toml.TomlError:
        return
    project = document.get("project", {})
    yield from _texts(document.get("build-system", {}), "requires")
    yield from _texts(project, "dependencies")
    for parent, key in ((document, "dependency-groups"), (project, "optional-dependencies")):
        table = parent.get(key, {}) if isinstance(parent, dict) else {}
        for name in table if isinstance(table, dict) else ():
            yield from _texts(table, name)


def _texts(table: object, key: str) -> list[str]:
    values = table.get(key, []) if isinstance(table, dict) else []
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _table(parent: Mapping[str, Any], key: str, shown: str) -> Mapping[str, Any]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise ConfigurationError(f"{PYPROJECT}: {shown} is not a table")
    return value


def _list(parent: Mapping[str, Any], key: str, shown: str) -> list[Any]:
    value = parent.get(key, [])
    if not isinstance(value, list):
        raise ConfigurationError(f"{PYPROJECT}: {shown} is not an array")
    return value


def _strings(parent: Mapping[str, Any], key: str, shown: str) -> list[str]:
    values = _list(parent, key, shown)
    wrong = [value for value in values if not isinstance(value, str)]
    if wrong:
        raise ConfigurationError(f"{PYPROJECT}: {shown} has something that is not a string: {wrong[0]!r}")
    return values
