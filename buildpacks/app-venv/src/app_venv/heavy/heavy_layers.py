"""Layers of heavy files, one for each wheel: made, kept in the image unseen, or brought back for a build.

Such a layer is for launch only, so a build does not get it back: nothing of it is restored, archived or sent.
What is known of it is its metadata, which the lifecycle restores from the image that has the layer. Only a
build that loads these files has them in the cache, too (Buildpack API 0.10, 'Layer types').
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app_venv.evidence.key import RECIPE
from buildpack_api.layers import LayerKey
from buildpack_common.parsing import parse_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from app_venv.environment.installed import InstalledDistribution
    from app_venv.evidence.resolution import InstallationResolution
    from app_venv.heavy.heavy_files import HeavyWheel
    from buildpack_api.layers import Layers, LayerTypes
    from buildpack_api.plan import BuildpackPlan

MOST_LAYERS = 24
"""Wheels that get a layer, the largest first: images may have no more than 127 layers, of whoever."""
UNNEEDED = "heavy-files"
"""In a requirement of ``venv`` for a build: false says that this build loads no heavy file."""

_FILES = "files"  # below the root: what it would be called there may have a meaning to the lifecycle
_DIRECTORY_MODE = 0o755
_NAME = 60
_WORDS = 4


@dataclass(frozen=True)
class HeavyKey(LayerKey):
    """All inputs of such a layer. ``files`` is a digest of what is in it: names, contents, permissions."""

    recipe: str = field(metadata={"label": "recipe of the buildpack"})
    distribution: str
    wheel: str
    files: str
    path: str = field(metadata={"label": "place of the layer"})


@dataclass(frozen=True)
class HeavyLayer:
    """What an environment notes of a layer that it has links into; ``size`` is that of the files in it."""

    distribution: str
    wheel: str
    files: str
    size: int

    def __str__(self) -> str:
        return f"{self.distribution} {self.wheel} {self.files} {self.size}"

    @property
    def name(self) -> str:
        """The name of the layer. A part of the digest comes first: no name begins with another one."""
        return f"heavy-{self.wheel[:12]}-{self.distribution[:_NAME].rstrip('-')}"

    def key(self, layers: Layers) -> HeavyKey:
        """Return the key."""
        path = str(layers.root / self.name)
        return HeavyKey(RECIPE, self.distribution, self.wheel, self.files, path)

    def is_kept(self, layers: Layers, *, contents: bool) -> bool:
        """Whether the image that comes will have the layer: the last one has it, or it is there.

        With ``contents`` it has to be there.
        """
        if self.key(layers).reasons_against(layers.restored_metadata(self.name)):
            return False
        path = layers.root / self.name
        return path.is_dir() or not (contents or os.path.lexists(path))

    def is_intact(self, layers: Layers) -> bool:
        """Whether what is there of it, if anything, are its files as they were made. Raises OSError.

        A later buildpack may write through links of the environment. All files are read.
        """
        path = layers.root / self.name
        if not path.is_dir():
            return True
        from app_venv.environment.records import recorded_file_hash  # not for a reused environment
        from app_venv.heavy.heavy_files import file_identity
        from app_venv.unchanged.ownership import read_tree

        tree, root = read_tree(path), f"{_FILES}/"
        if tree.links or tree.empty or not all(map(_is_open, (path.stat(), *tree.folders.values()))):
            return False
        if not all(name.startswith(root) and stat.S_ISREG(seen.st_mode) for name, seen in tree.files.items()):
            return False
        return self.files == _digest_of(
            {
                name.removeprefix(root): file_identity(recorded_file_hash(f"{path}/{name}"), seen.st_mode)
                for name, seen in tree.files.items()
            }
        )


def _is_open(folder: os.stat_result) -> bool:
    """Whether a directory has the permissions that this buildpack gives it; those of its parent may show."""
    return stat.S_IMODE(folder.st_mode) & 0o777 == _DIRECTORY_MODE


def needs_contents(plan: BuildpackPlan) -> bool:
    """Whether somebody requires the environment for the build, heavy files included.

    This buildpack's own requirement excludes them.
    """
    return any(
        entry.name == "venv" and entry.metadata.get("build") and entry.metadata.get(UNNEEDED) is not False
        for entry in plan.entries
    )


def read_layers(record: Iterable[str]) -> tuple[HeavyLayer, ...]:
    """Read what an environment has noted; for a text that is none, a layer that is never kept."""
    return tuple(map(_read, record))


def _read(text: str) -> HeavyLayer:
    words = text.split()
    size = parse_count(words[-1]) if len(words) == _WORDS else None
    if size is None:
        return HeavyLayer(text, "", "", 0)
    distribution, wheel, files, _ = words
    return HeavyLayer(distribution, wheel, files, size)


@dataclass(frozen=True)
class HeavyPlan:
    """The layers that a new environment has links into.

    ``linked`` are those it has already, of distributions that were moved into it with their links; of
    ``wheels`` the files have to be moved. ``displaced`` are distributions with links that a new installation
    would not have.
    """

    linked: tuple[HeavyLayer, ...] = ()
    wheels: tuple[HeavyWheel, ...] = ()
    displaced: tuple[str, ...] = ()

    @property
    def elsewhere(self) -> int:
        """Bytes of files that are in layers already."""
        return sum(one.size for one in self.linked)

    @property
    def distributions(self) -> tuple[str, ...]:
        """Their names, the largest first."""
        return tuple(one.distribution for one in self.layers)

    @property
    def layers(self) -> tuple[HeavyLayer, ...]:
        """All of them, the largest first."""
        return tuple(sorted((*self.linked, *map(_layer_of, self.wheels)), key=_largest_first))


def plan_layers(
    distributions: Sequence[InstalledDistribution],
    resolution: InstallationResolution,
    linked: Sequence[HeavyLayer],
    *,
    least: int,
    most: int = MOST_LAYERS,
) -> HeavyPlan:
    """Choose the wheels with the most bytes in heavy files, but at least ``least``. Raises OSError."""
    from app_venv.heavy.heavy_files import heavy_wheels, published_wheels  # not for a reused environment

    names = {one.distribution for one in linked}
    wheels = heavy_wheels(distributions, resolution, least=least)
    found = {one.distribution: one for one in wheels if one.distribution not in names}
    ranked = sorted((*linked, *map(_layer_of, found.values())), key=_largest_first)
    digests = published_wheels(resolution)
    return HeavyPlan(
        tuple(linked),
        tuple(found[one.distribution] for one in ranked[:most] if one.distribution in found),
        tuple(
            one.distribution
            for one in linked
            if one not in ranked[:most] or digests.get(one.distribution) != one.wheel
        ),
    )


def _layer_of(wheel: HeavyWheel) -> HeavyLayer:
    return HeavyLayer(wheel.distribution, wheel.sha256, _digest_of(wheel.files), wheel.size)


def _digest_of(files: Mapping[str, str]) -> str:
    listing = "".join(f"{name} {digest}\n" for name, digest in sorted(files.items()))
    return hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()


def _largest_first(layer: HeavyLayer) -> tuple[int, str]:
    return (-layer.size, layer.distribution)


def intact_layers(layers: Layers, record: Iterable[str], *, contents: bool) -> tuple[HeavyLayer, ...]:
    """Return those of an environment that the next image will have as they were made.

    With ``contents`` they are there. Raises OSError.
    """
    return tuple(
        one for one in read_layers(record) if one.is_kept(layers, contents=contents) and one.is_intact(layers)
    )


def lost_layers(layers: Layers, record: Iterable[str], *, contents: bool) -> tuple[str, ...]:
    """Return why an environment cannot be used, one reason for each layer that its links would miss."""
    why = "are not there, and this build may load them" if contents else "are not in the last image"
    return tuple(
        f"the heavy files of {one.distribution} {why}"
        for one in read_layers(record)
        if not one.is_kept(layers, contents=contents)
    )


def keep_layers(layers: Layers, linked: Iterable[HeavyLayer], types: LayerTypes) -> None:
    """Save layers that an environment has links into already, and that are kept."""
    for one in linked:
        layers.open(one.name, one.key(layers)).save(types)


def fill_layers(layers: Layers, site_packages: Path, wheels: Iterable[HeavyWheel], types: LayerTypes) -> None:
    """Move heavy files into layers, put links in their place, and save the layers.

    A layer that is kept, and intact, is not made again: it has the same files. Directories stay directories,
    so that what a library looks for beside itself is found. Raises OSError.
    """
    for wheel in wheels:
        one = _layer_of(wheel)
        is_kept = one.is_kept(layers, contents=types.build) and one.is_intact(layers)
        layer = layers.open(one.name, one.key(layers))
        if not is_kept:
            layer.clear()
        for name in wheel.files:
            source, target = site_packages / name, layer.path / _FILES / name
            if is_kept:
                source.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.rename(target)
            # Relative, so that it holds wherever the directory of layers is seen from.
            source.symlink_to(os.path.relpath(target, source.parent))
        layer.save(types)
