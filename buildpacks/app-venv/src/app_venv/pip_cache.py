"""The layer that keeps pip's downloads and built wheels from one build to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_venv.cache_files import forget_news, keep, make_intact
from buildpack_api.errors import ConfigurationError
from buildpack_api.layer_env import Scope, override
from buildpack_api.layers import Layer, LayerKey, LayerTypes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app_venv.pip_program import PipProgram
    from app_venv.resolution import Resolution
    from buildpack_api.context import BuildContext
    from buildpack_api.interpreter import Interpreter

_LAYER = "pip-cache"
_VARIABLE = "BP_PIP_CACHE"
_ALL, _BUILT, _NONE = "all", "built", "none"


@dataclass(frozen=True)
class CacheKey(LayerKey):
    """What makes a cache worth keeping. With another Python or pip most of it would never be read again."""

    python: str = field(metadata={"label": "Python"})
    pip: str
    target: str
    contents: str = field(metadata={"label": "what is kept"})


@dataclass
class PipCache:
    """The layer, ready to be written to. ``used``: pip has run, or is about to."""

    layer: Layer
    path: Path
    contents: str
    used: bool = False

    @property
    def restored(self) -> bool:
        """Whether there is something in it from an earlier build."""
        return self.layer.reusable

    def use(self) -> None:
        """Call it before pip runs: what was restored is examined, and damaged files are removed."""
        if not self.used:
            make_intact(self.path)
        self.used = True

    def settle(self, resolution: Resolution, *, reused: bool) -> None:
        """Leave only what an installation of ``resolution`` needs; for a reused one that is there already."""
        if self.contents == _NONE:
            forget_news(self.path)
        elif not reused:
            keep(self.path, resolution, downloads=self.contents == _ALL)
        elif self.used:
            forget_news(self.path)

    def save(self) -> None:
        """Offer it to later buildpacks as well, never to the app image."""
        self.layer.write_env(override("PIP_CACHE_DIR", str(self.path), scope=Scope.BUILD))
        self.layer.save(LayerTypes(build=True, cache=self.contents != _NONE))


def open_cache(context: BuildContext, interpreter: Interpreter, pip: PipProgram) -> PipCache:
    """Return the restored cache, or an empty one. Raises ConfigurationError for an unknown BP_PIP_CACHE."""
    contents = _contents(context.environment)
    key = CacheKey(interpreter.minor, pip.version, str(context.target), contents)
    layer = context.layers.open(_LAYER, key)
    if not layer.reusable:
        layer.clear()
    path = layer.path / "cache"
    path.mkdir(exist_ok=True)
    return PipCache(layer, path, contents)


def _contents(environment: Mapping[str, str]) -> str:
    word = environment.get(_VARIABLE, "").strip().lower() or _ALL
    if word not in (_ALL, _BUILT, _NONE):
        raise ConfigurationError(
            f"{_VARIABLE} is none of {_ALL}, {_BUILT} and {_NONE}: {word!r}",
            advice="It says what the next build gets: downloads and built wheels, the latter, or nothing.",
        )
    return word
