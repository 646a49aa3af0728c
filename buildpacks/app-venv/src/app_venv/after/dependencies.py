"""Which installed package needs which, and what does not fit: the answer of ``pip check`` without its start.

With the graph, which the bill of materials wants anyway, it is there in some hundredths of a second; pip
takes half of one to start. It holds for the Python of the virtual environment, whichever runs this code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.inputs.markers import marker_environment
from buildpack_common.names import normalise
from buildpack_common.parsing import parse_requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement

    from app_venv.environment.installed import InstalledDistribution
    from buildpack_api.interpreter import Interpreter

_ONE_EXTRA = re.compile(r"""extra\s*===?\s*["'](?P<extra>[^"']+)["']""")
_OR = re.compile(r"\bor\b")


@dataclass(frozen=True)
class Graph:
    """``needs``: for each distribution the names of those it needs and that are installed, sorted.

    ``problems`` has one sentence for each need that is not met.
    """

    needs: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...]


def read_graph(
    distributions: Iterable[InstalledDistribution],
    extras: Mapping[str, Iterable[str]],
    interpreter: Interpreter,
) -> Graph:
    """Evaluate ``Requires-Dist`` of all distributions (core metadata; dependency specifiers, PEP 508).

    ``extras`` are those that the app's requirements ask for; those that packages ask for are found.
    """
    installed = {one.name: one for one in distributions}
    needs = _Needs(installed, marker_environment(interpreter))
    needs.ask(extras)
    problems = [
        problem
        for one in installed.values()
        for need in needs.of(one.name)
        for problem in _unmet(one, need, installed)
    ]
    edges = {
        name: tuple(sorted({normalise(need.name) for need in needs.of(name)} & installed.keys() - {name}))
        for name in installed
    }
    return Graph(edges, tuple(dict.fromkeys([*problems, *needs.unreadable])))


class _Needs:
    """The needs of each distribution, as far as extras that somebody asks for make them real."""

    def __init__(
        self, installed: Mapping[str, InstalledDistribution], environment: Mapping[str, str]
    ) -> None:
        self.unreadable: list[str] = []
        self._installed = installed
        self._environment = dict(environment)
        self._extras: dict[str, set[str]] = defaultdict(set)
        self._parsed: dict[tuple[str, str], Requirement | None] = {}

    def ask(self, extras: Mapping[str, Iterable[str]]) -> None:
        """Note these extras, and those that they and all distributions ask for in turn."""
        for name, wanted in extras.items():
            self._extras[name] |= {normalise(extra) for extra in wanted}
        queue = list(self._installed)
        while queue:
            for need in self.of(queue.pop()):
                target = normalise(need.name)
                new = {normalise(extra) for extra in need.extras} - self._extras[target]
                self._extras[target] |= new
                if new and target in self._installed:
                    queue.append(target)

    def of(self, name: str) -> list[Requirement]:
        """Return the needs of an installed distribution."""
        extras = self._extras[name]
        lines = self._installed[name].fields.get("requires-dist", ())
        parsed = (self._parse(name, line) for line in lines if _may_count(line, extras))
        return [need for need in parsed if need is not None and self._counts(need, extras)]

    def _counts(self, need: Requirement, extras: set[str]) -> bool:
        """Tell whether a need is one here; one whose marker compares what cannot be compared is none."""
        marker = need.marker
        try:
            return marker is None or any(
                marker.evaluate({**self._environment, "extra": extra}) for extra in ("", *extras)
            )
        except ValueError:
            return False

    def _parse(self, name: str, line: str) -> Requirement | None:
        from packaging.requirements import InvalidRequirement  # not on reuse

        if (name, line) not in self._parsed:
            try:
                self._parsed[name, line] = parse_requirement(line)
            except InvalidRequirement:
                self._parsed[name, line] = None
                label = self._installed[name].label
                self.unreadable.append(f"{label} has a requirement that cannot be read: {line}")
        return self._parsed[name, line]


def _may_count(line: str, extras: set[str]) -> bool:
    """Rule out most of what belongs to extras nobody wants: parsing it would take most of the time."""
    marker = line.partition(";")[2]
    found = _ONE_EXTRA.search(marker)
    return found is None or _OR.search(marker) is not None or normalise(found["extra"]) in extras


def _unmet(
    one: InstalledDistribution, need: Requirement, installed: Mapping[str, InstalledDistribution]
) -> Iterator[str]:
    from packaging.version import InvalidVersion

    wanted = f"{need.name}{need.specifier}"
    found = installed.get(normalise(need.name))
    if found is None:
        yield f"{one.label} requires {wanted}, which is not installed"
        return
    try:
        fits = need.specifier.contains(found.version, prereleases=True)
    except InvalidVersion:
        return
    if not fits:
        yield f"{one.label} requires {wanted}, but {found.label} is installed"
