"""The layer that keeps pip's downloads and built wheels from one build to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_api.layer_env import Scope, override
from buildpack_api.layers import Layer, LayerKey, LayerTypes

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.pip_program import PipProgram
    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter

_LAYER = "pip-cache"


@dataclass(frozen=True)
class CacheKey(LayerKey):
    """What makes a cache worth keeping. With another Python or pip most of it would never be read again."""

    python: str = field(metadata={"label": "Python"})
    pip: str
    target: str


@dataclass(frozen=True)
class PipCache:
    """The layer, ready to be written to."""

    layer: Layer
    path: Path

    @property
    def restored(self) -> bool:
        """Whether there is something in it from an earlier build."""
        return self.layer.reusable

    def save(self) -> None:
        """Offer it to later buildpacks as well, never to the app image."""
        self.layer.write_env(override("PIP_CACHE_DIR", str(self.path), scope=Scope.BUILD))
        self.layer.save(LayerTypes(build=True, cache=True))


def open_cache(context: BuildContext, interpreter: Interpreter, pip: PipProgram) -> PipCache:
    """Return the restored cache, or an empty one."""
    key = CacheKey(interpreter.minor, pip.version, str(context.target))
    layer = context.layers.open(_LAYER, key)
    if not layer.reusable:
        layer.clear()
    path = layer.path / "cache"
    path.mkdir(exist_ok=True)
    return PipCache(layer, path)
