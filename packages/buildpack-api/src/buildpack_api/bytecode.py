"""Byte code that stays valid in an image and is the same on every machine (PEP 552)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api import commands
from buildpack_api.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def compile_tree(interpreter: Path, tree: Path, *, env: Mapping[str, str]) -> None:
    """Compile all of ``tree`` for ``interpreter``; files that do not compile are passed over.

    Raises CommandFailed.
    """
    command: list[str | Path] = [
        interpreter, "-I", "-S", "-W", "ignore", "-m", "compileall",
        "-qq", "-f", "-j", "0", "--invalidation-mode", "unchecked-hash", tree,
    ]  # fmt: skip
    try:
        commands.run(command, env=env)
    except CommandFailed as error:
        if error.returncode != 1:
            raise
