"""What a package carries besides its buildpack: an interpreter, archives of Python runtimes, a catalogue.

Only digests: they decide what a package is, and are in the manifest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.model.targets import DeclaredTarget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SELF_CONTAINED = "self-contained"
OFFLINE = "offline"


@dataclass(frozen=True, order=True)
class EmbeddedRuntime:
    """An archive of a Python: its version, and its SHA-256 in hex."""

    version: str
    sha256: str


@dataclass(frozen=True)
class Embedded:
    """What packages carry.

    Attributes:
        interpreters: the digest of the interpreter's archive for each target, for the buildpack's own code.
        runtimes: the archives for each target, for apps; they are oldest first.
        catalogue: the digest of the catalogue that stands in for the buildpack's own; "" if none does.
    """

    interpreters: Mapping[DeclaredTarget, str] = field(default_factory=dict)
    runtimes: Mapping[DeclaredTarget, tuple[EmbeddedRuntime, ...]] = field(default_factory=dict)
    catalogue: str = ""

    @property
    def variant(self) -> str:
        """What such a package is called, in file names and tags; "" for the ordinary one."""
        names = (SELF_CONTAINED if self.interpreters else "", OFFLINE if self.runtimes else "")
        return "-".join(filter(None, names))

    @property
    def targets(self) -> tuple[DeclaredTarget, ...]:
        """What it is for; nothing in particular if it is empty."""
        return tuple(self.interpreters or self.runtimes)

    def only(self, *, interpreter: bool, runtimes: bool) -> Embedded:
        """Return the part of it that one buildpack carries."""
        return Embedded(
            self.interpreters if interpreter else {},
            self.runtimes if runtimes else {},
            self.catalogue if runtimes else "",
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
        ]

    def described(self) -> list[str]:
        """Return which Pythons for apps there are, one target a line."""
        return [
            f"Python {', '.join(one.version for one in archives)} for {target}"
            for target, archives in self.runtimes.items()
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
        )

    @classmethod
    def union(cls, parts: Iterable[Embedded]) -> Embedded:
        """Return what a composite of packages carries."""
        interpreters: dict[DeclaredTarget, str] = {}
        runtimes: dict[DeclaredTarget, tuple[EmbeddedRuntime, ...]] = {}
        catalogue = ""
        for part in parts:
            interpreters |= part.interpreters
            runtimes |= part.runtimes
            catalogue = catalogue or part.catalogue
        return cls(interpreters, runtimes, catalogue)
