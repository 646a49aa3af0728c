"""Whether the programs that a command names will be in the image: in a launch layer, or in the app."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import toml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from buildpack_api.context import BuildContext

_EVERYWHERE = frozenset(
    [
        "[",
        "awk",
        "basename",
        "bash",
        "cat",
        "chmod",
        "cp",
        "cut",
        "date",
        "dirname",
        "echo",
        "env",
        "expr",
        "false",
        "find",
        "grep",
        "head",
        "id",
        "kill",
        "ln",
        "ls",
        "mkdir",
        "mv",
        "nice",
        "nohup",
        "printf",
        "pwd",
        "rm",
        "sed",
        "sh",
        "sleep",
        "sort",
        "tail",
        "tee",
        "test",
        "touch",
        "tr",
        "true",
        "uname",
        "wait",
        "xargs",
    ]
)
"""What run images with a shell have (POSIX.1, 'Utilities')."""
_RUNNERS = {
    "uv": "uv run",
    "poetry": "poetry run",
    "pipenv": "pipenv run",
    "pdm": "pdm run",
    "hatch": "hatch run",
}
_NO_LAYERS = frozenset({"launch.toml", "build.toml", "store.toml"})


class ImagePrograms:
    """What is found in the image under a name. The build's own tools are no part of it."""

    def __init__(self, context: BuildContext) -> None:
        self._app = context.app_dir
        self._folders = tuple(_folders(context))

    def warning(self, name: str, place: str) -> tuple[str, str] | None:
        """Return what there is to say about a program that ``place`` names; None if it will be there."""
        if self._has(name):
            return None
        title = f"{place} names {name}, which is in no layer of this image"
        if name in _RUNNERS:
            return title, f"All that the app needs is on PATH already: leave '{_RUNNERS[name]}' out."
        return title, "It is right only if the run image has it, or it comes with the app's requirements."

    def _has(self, name: str) -> bool:
        if "/" in name:
            return os.access(self._app / name, os.F_OK) or name in ("/bin/sh", "/bin/bash", "/usr/bin/env")
        return name in _EVERYWHERE or any(os.access(folder / name, os.X_OK) for folder in self._folders)


def _folders(context: BuildContext) -> Iterator[Path]:
    """Yield the directories that launch layers put on PATH."""
    layers = list(_launch_layers(context.layers.root.parent))
    for folder in context.environment.get("PATH", "").split(":"):
        if any(Path(folder).is_relative_to(layer) for layer in layers):
            yield Path(folder)
    for layer in layers:
        yield layer / "bin"


def _launch_layers(root: Path) -> Iterator[Path]:
    """Yield the layers of earlier buildpacks that go into the image."""
    for file in sorted(root.glob("*/*.toml")):
        if file.name in _NO_LAYERS:
            continue
        try:
            types = toml.load(file).get("types")
        except toml.TomlError:
            continue
        if isinstance(types, dict) and types.get("launch") is True:
            yield file.with_suffix("")
