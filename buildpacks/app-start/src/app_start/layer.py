"""The one small layer: a port for whoever names none, and a program that adapts servers to the container."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.layer_env import EnvChange, Scope, default
from buildpack_api.layers import Layer, LayerKey, LayerTypes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_api.context import BuildContext

NAME = "start"
RECIPE = "1"
"""Changes with what this buildpack puts into the layer."""
PORT = "8080"
_LONGEST = 127  # bytes of a first line that every Linux reads
_PROGRAM = "strata-server"


@dataclass(frozen=True)
class AtStart:
    """What is done before a process starts: the number of workers, gunicorn's files."""

    workers: bool = False
    gunicorn: bool = False
    control_socket: bool = False

    @property
    def call(self) -> str:
        """The last line of the program."""
        arguments = (f"{one.name}={getattr(self, one.name)}" for one in fields(self))
        return f"at_start({', '.join(arguments)})"


@dataclass(frozen=True)
class StartKey(LayerKey):
    """All inputs of the layer. ``programs`` has, for each process, the SHA-256 of what runs before it."""

    recipe: str = field(metadata={"label": "recipe of the buildpack"})
    programs: tuple[str, ...] = field(metadata={"label": "programs that run before a process"})


def environment_changes() -> tuple[EnvChange, ...]:
    """Return the variables of the layer."""
    return (default("PORT", PORT, scope=Scope.LAUNCH),)


def write_layer(context: BuildContext, python: Path | None, at_start: Mapping[str, AtStart]) -> Layer:
    """Make the layer, or reuse it. ``at_start`` has what is done before a process, by its type.

    ``python`` is the interpreter as the image has it; without one nothing is done at start.
    """
    programs = {
        name: program_text(python, one)
        for name, one in sorted(at_start.items())
        if python and one != AtStart()
    }
    digests = (f"{name}: {hashlib.sha256(text.encode()).hexdigest()}" for name, text in programs.items())
    layer = context.layers.open(NAME, StartKey(RECIPE, tuple(digests)))
    if not layer.reusable:
        fill(layer.clear(), programs)
    layer.write_env(*environment_changes())
    layer.save(LayerTypes(launch=True))
    return layer


def fill(directory: Path, programs: Mapping[str, str]) -> None:
    """Write the exec.d programs, each for its process alone."""
    for name, text in programs.items():
        path = directory / "exec.d" / name / _PROGRAM
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")
        path.chmod(0o755)


def program_text(python: Path, at_start: AtStart) -> str:
    """Return an exec.d program. It needs no shell, unless the path of Python is long or has a blank."""
    source = Path(__file__).with_name("at_start.py").read_text("utf-8")
    line = f"#!{python} -ISB"  # nothing of the user's variables, no packages, no byte code
    if len(line.encode()) > _LONGEST or any(character.isspace() for character in str(python)):
        line = f"#!/bin/sh\n'''exec' {shlex.quote(str(python))} -ISB \"$0\"\n' '''"
    return f"{line}\n{source}\n\n{at_start.call}\n"
