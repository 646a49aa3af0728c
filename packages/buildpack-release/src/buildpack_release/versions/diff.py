"""The unified diff of what a bump would write, as `git apply` and `patch -p1` take it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from buildpack_release.versions.markdown import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from buildpack_release.versions.replacement import Replacement


def unified_diff(root: Path, replacements: Iterable[Replacement]) -> str:
    """Return the differences of all files, by their paths below the root. The contents must be UTF-8."""
    return "".join(line for one in replacements for line in _file_diff(root, one))


def _file_diff(root: Path, one: Replacement) -> Iterator[str]:
    name = one.path.relative_to(root).as_posix()
    # A blank in a name would end it for patch, but for a tab after it.
    tab = "\t" if " " in name else ""
    old, new = (split_lines(content.decode()) for content in (one.old, one.new))
    for line in difflib.unified_diff(old, new, f"a/{name}{tab}", f"b/{name}{tab}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
