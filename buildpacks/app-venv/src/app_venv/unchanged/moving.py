"""Moving what is unchanged out of the restored environment into the new one, which is made from nothing.

The restored one is set aside, so that nobody takes it for an environment any more, and each of its files is
held against the list of the build that made it before anything of it is offered. A tool installs only what
is not offered. What it installs has to leave the places of what is moved alone; otherwise nothing is moved.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.environment.records import recorded_files
from app_venv.unchanged.inventory import Inventory, ListedDistribution, ListedFile
from app_venv.unchanged.ownership import bytecode, read_tree, whole_folders
from buildpack_common.files import PARTIAL, file_sha256, remove

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from app_venv.environment.installed import InstalledDistribution
    from app_venv.unchanged.ownership import EnvironmentTree, OwnFiles
    from buildpack_api.interpreter import Interpreter
    from buildpack_api.layers import Layer

_BY_FILE = (3, 11)
"""From this Python on, byte code of a file does not depend on the others (`buildpack_api.bytecode`)."""

_State = tuple[int, int, int, int]


class NotAsOfferedError(Exception):
    """What a tool has made leaves no room for what was offered: all has to be installed anew."""


@dataclass
class UnchangedParts:
    """What is offered of the environment ``root``, by normalised name; all of it was seen to be unchanged.

    ``with_bytecode``: theirs is what the present Python would make. ``moved`` are the names of what was moved
    or is about to be. ``known`` are the files that were read, by what tells that they are the same still;
    ``tree`` is what was there before anything was moved.
    """

    root: Path | None = None
    offered: Mapping[str, ListedDistribution] = field(default_factory=dict)
    with_bytecode: bool = True
    moved: set[str] = field(default_factory=set)
    known: dict[_State, ListedFile] = field(default_factory=dict)
    tree: EnvironmentTree | None = None

    def announce(self, venv: Path, names: Iterable[str]) -> None:
        """Move the metadata of these distributions: a tool takes them for installed, and compiles nothing.

        Raises NotAsOfferedError if something is in their place.
        """
        for name in names:
            self.moved.add(name)
            self._move(venv, filter(_is_metadata, self.offered[name].files))

    def complete(self, venv: Path) -> None:
        """Move the rest of what was announced.

        Raises NotAsOfferedError if a tool has not left the metadata as they were, something else is in the
        place of a file, or a file was shared with a distribution that is gone.
        """
        rest = set[str]()
        for name in sorted(self.moved):
            paths = _moving(self.offered[name], with_bytecode=self.with_bytecode)
            if any(_is_metadata(path) and not self._is_known(venv / path) for path in paths):
                raise NotAsOfferedError(name)
            if any(not self._has_company(path, venv) for path in self.offered[name].shared):
                raise NotAsOfferedError(name)
            rest.update(path for path in paths if not _is_metadata(path))
        if self.tree and rest:
            whole = whole_folders(self.tree, rest, stat.S_IMODE(venv.stat().st_mode))
            self._move(venv, folders := {path for path in whole if not os.path.lexists(venv / path)})
            self._move(venv, _outside(rest, folders))

    def has_links(self, name: str) -> bool:
        """Whether a distribution was moved, and has links."""
        return name in self.moved and bool(self.offered[name].links)

    def listed(self, path: Path | str, seen: os.stat_result) -> ListedFile:
        """Return how a file is listed; it is read if nobody has done so. Raises OSError."""
        mode = stat.S_IMODE(seen.st_mode)
        known = self.known.get(_state(seen))
        return known if known and known.mode == mode else ListedFile(mode, seen.st_size, file_sha256(path))

    def _is_known(self, path: Path) -> bool:
        try:
            return _state(path.lstat()) in self.known
        except OSError:
            return False

    def _has_company(self, path: str, venv: Path) -> bool:
        """Whether another distribution that has a shared file is there again: moved, or installed anew."""
        is_anew = not _is_metadata(path) and os.path.lexists(venv / path)
        return is_anew or len(self._moving_too(path)) > 1

    def _moving_too(self, path: str) -> list[ListedFile]:
        return [one.files[path] for one in map(self.offered.__getitem__, self.moved) if path in one.files]

    def _is_as_offered(self, path: str, target: Path) -> bool:
        """Whether what has been installed is the same file: of a directory that two distributions share."""
        offered = self._moving_too(path)
        with suppress(OSError):
            seen = target.lstat()
            return stat.S_ISREG(seen.st_mode) and {self.listed(target, seen)} == {*offered}
        return False

    def _move(self, venv: Path, paths: Iterable[str]) -> None:
        folders = set[str]()
        for path in paths:
            target = f"{venv}/{path}"
            folder = target.rpartition("/")[0]
            if os.path.lexists(target):
                if self._is_as_offered(path, Path(target)):
                    continue
                raise NotAsOfferedError(path)
            try:
                if folder not in folders:
                    os.makedirs(folder, exist_ok=True)  # noqa: PTH103  (text: they are thousands)
                    folders.add(folder)
                os.rename(f"{self.root}/{path}", target)  # noqa: PTH104
            except OSError as error:
                raise NotAsOfferedError(path) from error


@contextmanager
def set_aside(
    layer: Layer,
    venv: Path,
    inventory: Inventory | None,
    *,
    made_for: tuple[str, ...],
    python: Interpreter,
    linked: Collection[str] = (),
) -> Iterator[UnchangedParts]:
    """Empty the layer, and yield what of the environment ``venv`` in it may be moved into a new one.

    ``made_for`` is what that depends on; see `Inventory`. Links of the distributions in ``linked`` lead
    somewhere. What is not moved is removed at the end.
    """
    aside = layer.path.with_name(f".{layer.path.name}{PARTIAL}")
    remove(aside)  # of a build that was interrupted
    parts = UnchangedParts()
    try:
        if inventory and inventory.made_for == made_for and venv.is_dir() and not venv.is_symlink():
            import shutil  # not for a reused environment

            remove(layer.metadata_file)  # from here on there is no environment
            with suppress(OSError):  # what cannot be read, or moved, is made anew
                shutil.move(venv, aside)
                parts = _offer(aside, inventory, python, linked)
        layer.clear()
        yield parts
    finally:
        remove(aside)


def take_inventory(
    venv: Path,
    tree: EnvironmentTree,
    own: Mapping[str, OwnFiles],
    parts: UnchangedParts,
    *,
    distributions: Iterable[InstalledDistribution],
    identities: Mapping[str, str],
    made_for: tuple[str, ...],
    python: Interpreter,
) -> Inventory:
    """List what may be moved out of a finished environment. Raises OSError.

    ``tree`` is what is there, and ``own`` whose (`own_files`). ``identities`` are those of files that say
    all that was installed of them, by normalised names.
    """
    known = {one.name: one for one in distributions}
    listed = (
        ListedDistribution(
            name,
            known[name].version,
            identities[name],
            requested=known[name].requested,
            files={
                path: parts.listed(f"{venv}/{path}", tree.files[path])
                for path in files.paths
                if path in tree.files
            },
            links={path: tree.links[path] for path in files.paths if path in tree.links},
            shared=files.shared,
        )
        for name, files in own.items()
        if identities.get(name)
    )
    installed = tuple(one for one in listed if _is_as_recorded(venv, one, known[one.name]))
    return Inventory(made_for, (python.version, python.build), installed)


def _is_as_recorded(venv: Path, listed: ListedDistribution, one: InstalledDistribution) -> bool:
    """Whether all is as it was installed: Django's settings, for one, may have written into it since."""
    for recorded in recorded_files(one):
        file = listed.files.get(recorded.path.removeprefix(f"{venv}/"))
        if file and recorded.differs_from(file.sha256):
            return False
    return True


def _offer(root: Path, inventory: Inventory, python: Interpreter, linked: Collection[str]) -> UnchangedParts:
    minor = tuple(map(int, python.minor.split(".")))
    same = inventory.python == (python.version, python.build) and minor >= _BY_FILE
    tree = read_tree(root)
    parts = UnchangedParts(root, with_bytecode=same, tree=tree)
    parts.offered = {
        one.name: one
        for one in inventory.distributions
        if (one.name in linked or not one.links) and _is_unchanged(root, tree, one, parts)
    }
    return parts


def _is_unchanged(root: Path, tree: EnvironmentTree, one: ListedDistribution, parts: UnchangedParts) -> bool:
    """Whether the files are as they were listed, of which those are read that would be moved."""
    if any(tree.links.get(path) != target for path, target in one.links.items()):
        return False
    for path in _moving_files(one, with_bytecode=parts.with_bytecode):
        seen, listed = tree.files.get(path), one.files[path]
        if seen is None or seen.st_size != listed.size or not stat.S_ISREG(seen.st_mode):
            return False
        try:
            found = parts.listed(f"{root}/{path}", seen)
        except OSError:
            return False
        if found != listed:
            return False
        parts.known[_state(seen)] = found
    return True


def _moving(one: ListedDistribution, *, with_bytecode: bool) -> list[str]:
    return [*_moving_files(one, with_bytecode=with_bytecode), *one.links]


def _moving_files(one: ListedDistribution, *, with_bytecode: bool) -> list[str]:
    left = frozenset[str]() if with_bytecode else bytecode(one.files)
    return [path for path in one.files if path not in left]


def _outside(paths: Iterable[str], folders: Collection[str]) -> Iterator[str]:
    """Yield the paths that are in none of the directories."""
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folder = folder.rpartition("/")[0]
        if not folder:
            yield path


def _is_metadata(path: str) -> bool:
    return path.rpartition("/")[0].endswith(".dist-info")


def _state(seen: os.stat_result) -> _State:
    """Return what is another one as soon as a file is written or replaced; moving it changes nothing."""
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)
