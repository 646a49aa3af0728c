from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_release.images.image_references import find_places
from buildpack_release.images.known_runtime import KnownRuntime, RuntimeLayers
from buildpack_release.images.patch import PatchOptions, PatchResult, patch
from buildpack_release.images.patch_plan import PatchRules, PlannedPatch, Planner
from buildpack_release.images.runtime_command import RuntimeCommand
from buildpack_release.model.repository import Repository
from oci_registry.remote.registries import Registries, connection
from oci_registry.testing.memory import MemoryRegistry
from support.app_images import RUNTIME, AppShape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oci_registry.store import Content

ROOT = Path(__file__).parents[4]
OLD, NEW = "3.13.0", "3.13.1"


@pytest.fixture
def registry() -> Iterator[MemoryRegistry]:
    """A registry in memory."""
    with MemoryRegistry() as running:
        yield running


@pytest.fixture
def registries() -> Iterator[Registries]:
    """The way to registries, without credentials of this machine."""
    with Registries(connection(anonymous=True)) as found:
        yield found


@dataclass(frozen=True)
class Patching:
    """Images in a registry, and what they are patched with: layers of two versions, as released."""

    host: str
    registries: Registries
    command: RuntimeCommand

    def push(self, name: str, content: Content | AppShape, tag: str = "1") -> str:
        """Push an image and return its reference."""
        image = content.content() if isinstance(content, AppShape) else content
        self.registries.client(self.host).repository(name).push(image, [tag])
        return f"{self.host}/{name}:{tag}"

    def layers(self, *shapes: AppShape) -> RuntimeLayers:
        """Return layers that were released: those of apps."""
        names = [
            self.push(f"released/{number}", AppShape(version=one.version, owner=one.owner, python=one.python))
            for number, one in enumerate(shapes or (AppShape(version=OLD), AppShape(version=NEW)))
        ]
        places = find_places(names, self.registries)
        return RuntimeLayers(
            self.command, [one for place in places for one in KnownRuntime.all_in(place, RUNTIME)]
        )

    def plan(
        self, *texts: str, python: str = "3.13", force: bool = False, layers: RuntimeLayers | None = None
    ) -> tuple[PlannedPatch, ...]:
        """Plan what would be done."""
        planner = Planner(PatchRules(RUNTIME, python, force), layers or self.layers())
        return planner.plan(list(find_places(texts, self.registries)))

    def patch(
        self, scratch: Path, *texts: str, options: PatchOptions | None = None, force: bool = False
    ) -> tuple[PatchResult, ...]:
        """Plan and act."""
        scratch.mkdir(exist_ok=True)
        return patch(self.plan(*texts, force=force), options or PatchOptions(), scratch, say=lambda _: None)


@pytest.fixture
def patching(registry: MemoryRegistry, registries: Registries, monkeypatch: pytest.MonkeyPatch) -> Patching:
    """Images, and layers as they were released; the catalogue is the repository's own."""
    monkeypatch.delenv("BP_PYTHON_RUNTIMES", raising=False)
    command = RuntimeCommand.of(Repository.discover(ROOT), registries, lambda _: None)
    return Patching(registry.host, registries, command)
