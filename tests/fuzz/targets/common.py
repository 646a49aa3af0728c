"""What a target is, and what targets share: writing a case to a folder, and looking at what is there."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

SEEDS = Path(__file__).parents[1] / "seeds"


class Target(ABC):
    """A reader of other people's bytes.

    Attributes:
        name: what people call it.
        seeds: what cases are made of: files by name.
        tokens: what has meaning for it.
        expected: the errors that people are meant to read.
        starts_programs: whether it is a program itself.
    """

    name: str
    seeds: Sequence[Mapping[str, bytes]]
    tokens: Sequence[bytes] = ()
    expected: tuple[type[BaseException], ...] = ()
    starts_programs: bool = False

    @abstractmethod
    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read a case in an empty folder, its own, and return what came of it, which has an ==."""


def write(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write files to a folder, which may not be there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def tree(folder: Path) -> list[tuple[str, str]]:
    """Return what is below a folder: names, with sizes and modes of files, and where links lead."""
    found = []
    for where, folders, names in os.walk(folder):
        for name in (*names, *folders):
            path = Path(where, name)
            if path.is_symlink():
                what = f"-> {path.readlink()}"
            elif path.is_file():
                what = f"{path.stat().st_size} {path.stat().st_mode:o}"
            else:
                what = "folder"
            found.append((str(path.relative_to(folder)), what))
    return sorted(found)
