"""The list of all that may be moved into the next environment, and how each file must be then.

It lies in a layer that only the cache sees. RECORD (PEP 376) is no such list: it says nothing of byte code,
nor of modes, and nobody has held what is installed against it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from buildpack_common.files import file_sha256, write_atomically
from buildpack_common.parsing import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "inventory.json"


class ListedFile(NamedTuple):
    """A regular file: its permissions, its size in bytes, its SHA-256 in hex."""

    mode: int
    size: int
    sha256: str


@dataclass(frozen=True)
class ListedDistribution:
    """A distribution with all its files, byte code too, by their paths below the environment.

    ``links`` lead to files in layers of their own (`heavy_layers`). ``name`` is normalised; ``identity``
    tells for the tool that installed it which file it is of; ``requested``: it was asked for by name
    (PEP 376, 'REQUESTED'). Files in ``shared`` are those of another distribution, too: without it they may
    have other permissions.
    """

    name: str
    version: str
    identity: str
    requested: bool
    files: Mapping[str, ListedFile]
    links: Mapping[str, str] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()

    @property
    def metadata(self) -> str:
        """The directory of its metadata (PEP 376), below the environment; '' if there is none.

        What it carries along may have metadata, too: they lie deeper.
        """
        found = (path for path in self.files if path.endswith(".dist-info/METADATA"))
        return min(found, key=lambda path: path.count("/"), default="").rpartition("/")[0]

    def has_metadata(self, environment: Path) -> bool:
        """Whether its core metadata are there as they are listed."""
        name = f"{self.metadata}/METADATA"
        path, listed = environment / name, self.files.get(name)
        try:
            return listed is not None and file_sha256(path) == listed.sha256
        except OSError:
            return False


@dataclass(frozen=True)
class Inventory:
    """What may be moved out of an environment.

    ``made_for`` is all that its files depend on but for themselves: the recipe, the place, the tool.
    ``python`` is the version and the build of the Python that its byte code is of.
    """

    made_for: tuple[str, ...]
    python: tuple[str, ...]
    distributions: tuple[ListedDistribution, ...]

    def write(self, layer: Path) -> None:
        """Write it into the directory of a layer. Raises OSError."""
        distributions = [
            {
                "name": one.name,
                "version": one.version,
                "identity": one.identity,
                "requested": one.requested,
                "files": {path: [file.mode, file.size, file.sha256] for path, file in one.files.items()},
                "links": {**one.links},
                "shared": sorted(one.shared),
            }
            for one in self.distributions
        ]
        document = {"made_for": self.made_for, "python": self.python, "distributions": distributions}
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        write_atomically(layer / FILE, text.encode("utf-8", "surrogatepass"))


def read_inventory(layer: Path) -> Inventory | None:
    """Read what `Inventory.write` wrote; None if there is none, or something else."""
    try:
        document = parse_json((layer / FILE).read_text("utf-8", "surrogatepass"))
        return Inventory(
            tuple(map(str, document["made_for"])),
            tuple(map(str, document["python"])),
            tuple(map(_distribution, document["distributions"])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None


def _distribution(table: Mapping[str, Any]) -> ListedDistribution:
    files = {}
    for path, (mode, size, digest) in table["files"].items():
        files[_inside(path)] = ListedFile(int(mode), int(size), str(digest))
    name, version, identity = (str(table[key]) for key in ("name", "version", "identity"))
    links = {_inside(path): str(target) for path, target in table["links"].items()}
    shared = frozenset(map(_inside, table["shared"]))
    return ListedDistribution(name, version, identity, table["requested"] is True, files, links, shared)


def _inside(path: str) -> str:
    """Return a path if it is one below the environment. Raises ValueError."""
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(path)
    return path
