"""What a package carries besides its buildpack: an interpreter, archives of Pythons, a catalogue, tools.

Only digests: they decide what a package is, and are in the manifest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.model.targets import DeclaredTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SELF_CONTAINED = "self-contained"
OFFLINE = "offline"


@dataclass(frozen=True, order=True)
class EmbeddedRuntime:
    """An archive of a Python: its version, and its SHA-256 in hex."""

    version: str
    sha256: str


@dataclass(frozen=True, order=True)
class EmbeddedTool:
    """A wheel of a tool: the buildpack that installs it, name and version, and its SHA-256 in hex."""

    buildpack: str
    name: str
    version: str
    sha256: str


@dataclass(frozen=True)
class Embedded:
    """What packages carry.

    Attributes:
        interpreters: the digest of the interpreter's archive for each target, for the buildpack's own code.
        runtimes: the archives for each target, for apps; they are oldest first.
        catalogue: the digest of the catalogue that stands in for the buildpack's own; "" if none does.
        tools: the wheels of tools for each target.
    """

    interpreters: Mapping[DeclaredTarget, str] = field(default_factory=dict)
    runtimes: Mapping[DeclaredTarget, tuple[EmbeddedRuntime, ...]] = field(default_factory=dict)
    catalogue: str = ""
    tools: Mapping[DeclaredTarget, tuple[EmbeddedTool, ...]] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        """What such a package is called, in file names and tags; "" for the ordinary one."""
        names = (SELF_CONTAINED if self.interpreters else "", OFFLINE if self.runtimes or self.tools else "")
        return "-".join(filter(None, names))

    @property
    def targets(self) -> tuple[DeclaredTarget, ...]:
        """What it is for; nothing in particular if it is empty."""
        return tuple(self.interpreters or self.runtimes or self.tools)

    def only(self, *, interpreter: bool, runtimes: bool, tools_of: str = "") -> Embedded:
        """Return the part of it that one buildpack carries; ``tools_of`` is its id."""
        return Embedded(
            self.interpreters if interpreter else {},
            self.runtimes if runtimes else {},
            self.catalogue if runtimes else "",
            only_tools(self.tools, tools_of),
        )

    def facts(self) -> list[str]:
        """Return what decides about the package, as texts."""
        return [
            *(f"interpreter {target} {digest}" for target, digest in self.interpreters.items()),
            *(
                f"runtime {target} {one.version} {one.sha256}"
                for target, archives in self.runtimes.items()
                for one in archives
            ),
            *([f"catalogue {self.catalogue}"] if self.catalogue else []),
            *(
                f"tool {target} {one.buildpack} {one.name} {one.version} {one.sha256}"
                for target, tools in self.tools.items()
                for one in tools
            ),
        ]

    def described(self) -> list[str]:
        """Return which Pythons for apps there are, one target a line, then which tools."""
        return [
            *(
                f"Python {', '.join(one.version for one in archives)} for {target}"
                for target, archives in self.runtimes.items()
            ),
            *(line for target, tools in self.tools.items() for line in _told(tools, target)),
        ]

    def data(self) -> dict[str, Any]:
        """Return it for the manifest."""
        return {
            "interpreters": {str(target): digest for target, digest in self.interpreters.items()},
            "runtimes": {
                str(target): [{"version": one.version, "sha256": one.sha256} for one in archives]
                for target, archives in self.runtimes.items()
            },
            "catalogue": self.catalogue,
            "tools": {str(target): [asdict(one) for one in tools] for target, tools in self.tools.items()},
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Embedded:
        """Read what data() gave."""
        return cls(
            {DeclaredTarget.parse(target): digest for target, digest in data["interpreters"].items()},
            {
                DeclaredTarget.parse(target): tuple(
                    EmbeddedRuntime(one["version"], one["sha256"]) for one in archives
                )
                for target, archives in data["runtimes"].items()
            },
            data["catalogue"],
            {
                DeclaredTarget.parse(target): tuple(EmbeddedTool(**one) for one in tools)
                for target, tools in data["tools"].items()
            },
        )

    @classmethod
    def union(cls, parts: Iterable[Embedded]) -> Embedded:
        """Return what a composite of packages carries."""
        interpreters: dict[DeclaredTarget, str] = {}
        runtimes: dict[DeclaredTarget, tuple[EmbeddedRuntime, ...]] = {}
        tools: dict[DeclaredTarget, tuple[EmbeddedTool, ...]] = {}
        catalogue = ""
        for part in parts:
            interpreters |= part.interpreters
            runtimes |= part.runtimes
            catalogue = catalogue or part.catalogue
            for target, own in part.tools.items():
                tools[target] = (*tools.get(target, ()), *own)
        return cls(interpreters, runtimes, catalogue, tools)


def _told(tools: Iterable[EmbeddedTool], target: DeclaredTarget) -> Iterator[str]:
    """Yield a line for each buildpack: the first wheel is that of its tool, others are what that needs."""
    by_buildpack: dict[str, list[EmbeddedTool]] = {}
    for one in tools:
        by_buildpack.setdefault(one.buildpack, []).append(one)
    for tool, *others in by_buildpack.values():
        more = f" with {len(others)} wheels that it needs" if others else ""
        yield f"{tool.name} {tool.version}{more} for {target}"


def only_tools(
    tools: Mapping[DeclaredTarget, tuple[EmbeddedTool, ...]], buildpack: str
) -> dict[DeclaredTarget, tuple[EmbeddedTool, ...]]:
    """Return the tools that one buildpack installs, for the targets for which there are any."""
    own = {target: [one for one in found if one.buildpack == buildpack] for target, found in tools.items()}
    return {target: tuple(found) for target, found in own.items() if found}
