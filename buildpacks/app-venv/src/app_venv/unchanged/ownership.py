"""Whose each file of an environment is; and of which distributions all files are known to be theirs."""

from __future__ import annotations

import configparser
import os
import stat
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app_venv.environment.records import BYTECODE, bytecode_source, recorded_hashes
from app_venv.environment.venv import BUILD_PIP

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from app_venv.environment.installed import InstalledDistribution

_COMMANDS = ("console_scripts", "gui_scripts")


@dataclass(frozen=True)
class EnvironmentTree:
    """What is below an environment, by paths relative to it; no link is followed, and none is a file.

    ``files`` and ``folders`` are there with what `os.lstat` says, ``links`` with where they lead, ``empty``
    are directories.
    """

    files: Mapping[str, os.stat_result]
    folders: Mapping[str, os.stat_result]
    links: Mapping[str, str]
    empty: frozenset[str]

    def with_links(self, venv: Path, paths: Iterable[str]) -> EnvironmentTree:
        """Return it after some files have been replaced by links. Raises OSError."""
        found = {path: os.readlink(f"{venv}/{path}") for path in paths}  # noqa: PTH115  (text)
        files = {path: seen for path, seen in self.files.items() if path not in found}
        return replace(self, files=files, links={**self.links, **found})


@dataclass(frozen=True)
class OwnFiles:
    """The paths of a distribution's files, in order.

    ``shared`` are those that others have recorded, too: alone they may have other permissions
    (`normalise_shared_files`). Those of commands that are made of entry points are always the same.
    """

    paths: tuple[str, ...]
    shared: frozenset[str] = frozenset()


def read_tree(venv: Path) -> EnvironmentTree:
    """Walk through an environment. Raises OSError."""
    files, folders = dict[str, os.stat_result](), dict[str, os.stat_result]()
    links, empty = dict[str, str](), set[str]()
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(f"{venv}/{folder}") as scanned:
            entries = list(scanned)
        if not entries:
            empty.add(folder.rstrip("/"))
        for entry in entries:
            path = f"{folder}{entry.name}"
            if entry.is_symlink():
                links[path] = os.readlink(entry.path)  # noqa: PTH115  (text)
            elif entry.is_dir():
                folders[path] = entry.stat(follow_symlinks=False)
                waiting.append(f"{path}/")
            else:
                files[path] = entry.stat(follow_symlinks=False)
    return EnvironmentTree(files, folders, links, frozenset(empty))


def whole_folders(tree: EnvironmentTree, paths: Collection[str], mode: int) -> frozenset[str]:
    """Return the topmost directories that have this mode, as all in them have, and only these files."""
    others = [path for path in (*tree.files, *tree.links) if path not in paths]
    others += [f"{path}/" for path in tree.empty]
    others += [f"{path}/" for path, seen in tree.folders.items() if stat.S_IMODE(seen.st_mode) != mode]
    divided = {""}
    for path in others:
        folder = path.rpartition("/")[0]
        while folder not in divided:
            divided.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(
        path for path in tree.folders if path not in divided and path.rpartition("/")[0] in divided
    )


def own_files(
    venv: Path,
    tree: EnvironmentTree,
    distributions: Iterable[InstalledDistribution],
    linked: Collection[str] = (),
) -> dict[str, OwnFiles]:
    """Return the files of each distribution of which all are known, by its normalised name.

    Files of those in ``linked`` may be links. Left out are those of which a file is missing or another link,
    is recorded by another one with another hash, or lies outside of the environment; that come from an
    address of their own, as editable ones do; whose commands depend on extras; that bring byte code along;
    and in whose directories something is that nobody has recorded.
    """
    recorded = {one.name: recorded_hashes(venv, one) for one in distributions}
    owners = defaultdict[str, set[str]](set)
    for name, paths in recorded.items():
        for path in paths:
            owners[path].add(name)
    for path in tree.files:
        for name in owners.get(bytecode_source(path), ()) if f"/{BYTECODE}/" in path else ():
            owners[path].add(name)
    common = {path: names for path, names in owners.items() if len(names) > 1}
    left_out = {
        name
        for path, names in common.items()
        if not _are_same(
            {recorded[one].get(path, recorded[one].get(bytecode_source(path), "")) for one in names}
        )
        for name in names
    }
    nobodys = (tree.files.keys() | tree.links.keys() | tree.empty) - owners.keys()
    left_out |= _owners_nearby(owners, filter(_is_of_packages, nobodys))
    found = defaultdict[str, list[str]](list)
    for path, names in owners.items():
        for name in names:
            found[name].append(path)
    return {
        one.name: OwnFiles(
            tuple(sorted(found[one.name])),
            frozenset(common.keys() & recorded[one.name].keys() - _commands(one).keys()),
        )
        for one in distributions
        if one.name not in left_out
        and recorded[one.name]
        and all(
            path in tree.files or (one.name in linked and path in tree.links) for path in recorded[one.name]
        )
        and not bytecode(recorded[one.name])
        and _is_plain(one)
    }


def bytecode(paths: Iterable[str]) -> frozenset[str]:
    """Return those of the paths that are byte code which Python keeps beside a source (PEP 3147)."""
    return frozenset(path for path in paths if f"/{BYTECODE}/" in path and path.endswith(".pyc"))


def _are_same(hashes: Collection[str]) -> bool:
    """Whether files have the same content by their hashes in RECORD; what has none may have any."""
    return len(hashes) == 1 and all(one.startswith("sha256=") for one in hashes)


def _is_of_packages(path: str) -> bool:
    """Whether packages are installed there, and this buildpack has not put it there itself."""
    return path.startswith("lib/") and not path.endswith(f"/{BUILD_PIP}")


def _owners_nearby(owners: Mapping[str, set[str]], nobodys: Iterable[str]) -> set[str]:
    """Return whose something may be that is recorded by nobody: of what is in the nearest directory."""
    inside = defaultdict[str, set[str]](set)
    for path, names in owners.items():
        folder = path.rpartition("/")[0]
        while folder and names - inside[folder]:
            inside[folder] |= names
            folder = folder.rpartition("/")[0]
    found = set[str]()
    for path in nobodys:
        folder = path.rpartition("/")[0]
        while folder and folder not in inside:
            folder = folder.rpartition("/")[0]
        found |= inside.get(folder, set())
    return found


def _is_plain(one: InstalledDistribution) -> bool:
    """Whether it has no address of its own, and no command that is meant for an extra (entry points)."""
    return one.directory is not None and not one.direct_url() and "[" not in "".join(_commands(one).values())


def _commands(one: InstalledDistribution) -> dict[str, str]:
    """Return what the commands made of its entry points lead to, by their paths below the environment."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    if one.directory is None:
        return {}
    try:
        parser.read_string((one.directory / "entry_points.txt").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {"": "["}  # nobody can tell
    found = (parser.items(group) for group in _COMMANDS if parser.has_section(group))
    return {f"bin/{name}": reference for items in found for name, reference in items}
