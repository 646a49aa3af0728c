"""The layer that keeps what a tool has downloaded and built, from one build to the next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, ClassVar, TypeVar

from app_venv.settings import Kept
from buildpack_api.layer_env import Scope, override
from buildpack_api.layers import Layer, LayerKey, LayerTypes, outcome
from buildpack_common.files import remove

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.evidence.resolution import InstallationResolution
    from buildpack_api.context import BuildContext


@dataclass(frozen=True)
class ToolCacheKey(LayerKey):
    """What makes a cache worth keeping. ``built_with``: in what environment its wheels were built."""

    _: KW_ONLY
    built_with: tuple[str, ...] = outcome()


_Key = TypeVar("_Key", bound=ToolCacheKey)


@dataclass
class ToolCache(ABC):
    """The layer, ready to be written to. ``path`` is the directory that the tool works in."""

    layer: Layer
    key: ToolCacheKey
    path: Path
    contents: Kept
    built_with: tuple[str, ...] = ()

    variable: ClassVar[str]
    """The tool's variable for the place of its cache."""

    @abstractmethod
    def make_intact(self) -> None:
        """Remove what is not as it was when it was kept."""

    @abstractmethod
    def built(self) -> list[Path]:
        """Return the directories with what was built here."""

    @abstractmethod
    def keep(self, resolution: InstallationResolution, *, published: bool) -> None:
        """Leave only what an installation of ``resolution`` needs; unless ``published``, what was built."""

    def use(self, build_environment: tuple[str, ...]) -> tuple[str, ...]:
        """Call it before the tool runs: nothing is used that is no longer as it was kept.

        Nor is what was built in another environment than this; returns how it differs.
        """
        from app_venv.evidence.build_environment import changes  # only when the tool runs

        self.make_intact()
        built = self.built()
        different = tuple(changes(self.built_with, build_environment)) if built else ()
        if different:
            for path in built:
                remove(path)
        self.built_with = build_environment
        return different

    def settle(self, resolution: InstallationResolution, *, reused: bool) -> None:
        """Leave only what the next installation needs; for an environment that is reused that is there."""
        if self.contents is Kept.NONE:
            remove(self.path)
            self.path.mkdir()
        elif not reused:
            self.keep(resolution, published=self.contents is Kept.ALL)

    def save(self) -> None:
        """Offer it to later buildpacks as well, never to the app image."""
        self.layer.write_env(override(self.variable, str(self.path), scope=Scope.BUILD))
        key = replace(self.key, built_with=self.built_with if self.built() else ())
        types = LayerTypes(build=True, cache=self.contents is not Kept.NONE)
        replace(self.layer, key=key).save(types)


def open_layer(context: BuildContext, name: str, key: _Key) -> tuple[Layer, _Key, Path]:
    """Return the restored layer or an empty one, its key with what was noted of it, the cache's directory."""
    key = key.with_outcomes_of(context.layers.restored_metadata(name))
    layer = context.layers.open(name, key)
    if not layer.reusable:
        layer.clear()
    path = layer.path / "cache"
    path.mkdir(exist_ok=True)
    return layer, key, path
