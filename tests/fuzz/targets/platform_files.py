"""What a platform hands to a build: plans, bindings, restored layers, the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.bindings import read_bindings
from buildpack_api.errors import BuildpackError
from buildpack_api.index_bindings import read_index_access
from buildpack_api.layer_key import LayerKey
from buildpack_api.layers import Layers
from buildpack_api.netrc_file import logins
from buildpack_api.plan import BuildpackPlan
from buildpack_api.store import load_store
from fuzz.mutation import read_seeds
from fuzz.targets.common import SEEDS, Target, write

if TYPE_CHECKING:
    import random
    from pathlib import Path


@dataclass(frozen=True)
class _Key(LayerKey):
    version: str
    parts: tuple[str, ...] = ()


class PlatformFiles(Target):
    """Each is read as a build reads it; what one cannot be read for is said of that one."""

    name = "platform-files"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"[[entries]]\n",
            b"[entries.metadata]\n",
            b"name = 1\n",
            b"build = 'x'\n",
            b"version = []\n",
            b"[metadata]\n",
        ),
        *(
            b"machine h login l password p\n",
            b"default login x\n",
            b"macdef x\n",
            b"password",
            b'"',
            b"type",
            b"https://",
        ),
        *(
            b"[types]\nlaunch = 1\n",
            b"parts = 'x'\n",
            b"strata-pip-index",
            b"pypi",
            b"\nINFO\n",
            b"-----BEGIN CERTIFICATE-----",
        ),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read them all; the first that cannot be read stops none of the others."""
        root = write(files, place / "platform")
        layers = root / "layers"
        (layers / "one").mkdir(parents=True, exist_ok=True)

        def layer() -> object:
            return Layers(layers).open("one", _Key("1", ("a", "b"))).reasons

        def access() -> object:
            found = read_index_access(read_bindings({}, root), {"PIP_INDEX_URL": ""})
            return found.names, found.variables, len(found.logins), found.netrc_files

        def plan() -> object:
            return BuildpackPlan.from_file(root / "plan.toml").merged("python")

        def netrc() -> object:
            return logins(root / "netrc")

        return [_told(read, place) for read in (plan, lambda: load_store(layers), layer, access, netrc)]


def _told(read: object, place: Path) -> str:
    assert callable(read)
    try:
        return repr(read()).replace(str(place), "PLACE")
    except BuildpackError as error:
        return f"{type(error).__name__}: {error}".replace(str(place), "PLACE")
