"""One build's work: what is asked for, what does it, and where it goes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app_venv.after_options import AfterOptions, after_options
from app_venv.install import Installer
from app_venv.key import venv_key
from app_venv.pip_config import file_secrets
from app_venv.policy import read_policy
from app_venv.venv import site_packages

if TYPE_CHECKING:
    from pathlib import Path

    from app_venv.inputs.evidence import Inputs
    from app_venv.key import VenvKey
    from app_venv.pip_cache import PipCache
    from app_venv.resolution import Resolution
    from app_venv.reuse import Decision
    from app_venv.summary import Room
    from app_venv.tools import Tools
    from buildpack_api.context import BuildContext
    from buildpack_api.layers import Layer
    from buildpack_common.known_secrets import Secret

LAYER = "venv"


@dataclass(frozen=True)
class Job:
    """All that is known before the first program runs."""

    context: BuildContext = field(repr=False)
    inputs: Inputs
    tools: Tools
    key: VenvKey
    layer: Layer
    installer: Installer
    options: AfterOptions
    secrets: tuple[Secret, ...] = field(default=(), repr=False)

    @property
    def venv(self) -> Path:
        """The virtual environment, below its layer's root."""
        return self.installer.venv

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        return site_packages(self.venv, self.tools.interpreter.minor)


@dataclass(frozen=True)
class Finished:
    """The environment, made or reused: ``decision`` says which and why.

    ``resolution`` is what pip chose; for a reused environment, what it chose when that was made. ``problems``
    are what does not fit together in it, ``room`` is what it takes, ``static`` where static files were put.
    """

    job: Job
    decision: Decision
    resolution: Resolution
    problems: tuple[str, ...]
    room: Room
    static: str

    @property
    def layer(self) -> Layer:
        """The layer, whose key says what it has come to hold."""
        key = replace(
            self.job.key,
            packages=self.resolution.record,
            problems=self.problems,
            room=self.room.record,
            searched=tuple(sorted({*self._sources, *self._searched})),
        )
        return replace(self.job.layer, key=key)

    @property
    def search_again(self) -> bool:
        """Whether the layers may hold a secret that they were not searched for when they were made."""
        return not self._sources <= self._searched

    @property
    def _sources(self) -> set[str]:
        """Digests of where the secrets are from, not of the secrets."""
        return {
            hashlib.sha256(one.source.encode("utf-8", "replace")).hexdigest()[:12] for one in self.job.secrets
        }

    @property
    def _searched(self) -> set[str]:
        return set(self.job.key.searched) if self.decision.reuse else set()


def prepare(context: BuildContext, inputs: Inputs, tools: Tools, cache: PipCache) -> Job:
    """Open the layer with the key of these inputs, and with what came out of it in an earlier build."""
    path = context.layers.root / LAYER
    policy = read_policy(context.environment)
    policy.check(inputs)
    restored = context.layers.restored_metadata(LAYER)
    key = venv_key(context, tools, inputs, policy, path).with_outcomes_of(restored)
    layer = context.layers.open(LAYER, key)
    installer = Installer(tools, path / "venv", cache.path, context.app_dir, context.output, policy)
    secrets = _known_secrets(context, inputs, tools)
    return Job(context, inputs, tools, key, layer, installer, after_options(context.environment), secrets)


def _known_secrets(context: BuildContext, inputs: Inputs, tools: Tools) -> tuple[Secret, ...]:
    environment = {**context.environment, **tools.access.variables}
    return tools.access.secrets(environment, [*file_secrets(environment), *inputs.secrets])
