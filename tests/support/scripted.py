"""Buildpacks of a few lines of shell, written by the tests that need them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from buildpack_testing.platform import LocalPlatform

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_testing.workspace import ImageEnvironment

_DESCRIPTOR = """\
api = "0.10"
[buildpack]
id = "{id}"
version = "1.0.0"
name = "{id}"
{extra}
[[targets]]
os = "linux"
"""
_COMPOSITE = """\
api = "0.10"
[buildpack]
id = "{id}"
version = "1.0.0"
name = "{id}"
"""


@dataclass
class ScriptedBuildpacks:
    """Writes buildpacks below root; directories lists them."""

    root: Path
    directories: list[Path] = field(default_factory=list)

    def add(
        self, buildpack_id: str, *, plan: str = "", detect: str = "", build: str = "", extra: str = ""
    ) -> Path:
        """Write a component: the text of its build plan, sh for detect and build (by default they pass)."""
        directory = self._new(buildpack_id, _DESCRIPTOR.format(id=buildpack_id, extra=extra))
        (directory / "plan.toml").write_text(plan)
        copy = 'cat "$CNB_BUILDPACK_DIR/plan.toml" > "$CNB_BUILD_PLAN_PATH"'
        _program(directory / "bin" / "detect", f"{copy}\n{detect}")
        _program(directory / "bin" / "build", build)
        return directory

    def compose(self, buildpack_id: str, *groups: str) -> Path:
        """Write a composite: each group is ids with blanks between, `id?` is optional."""
        text = _COMPOSITE.format(id=buildpack_id)
        for group in groups:
            text += "[[order]]\n"
            for entry in group.split():
                optional = "true" if entry.endswith("?") else "false"
                text += (
                    f'[[order.group]]\nid = "{entry.rstrip("?")}"\nversion = "1.0.0"\noptional = {optional}\n'
                )
        return self._new(buildpack_id, text)

    def _new(self, buildpack_id: str, descriptor: str) -> Path:
        directory = self.root / buildpack_id.replace("/", "_")
        (directory / "bin").mkdir(parents=True)
        (directory / "buildpack.toml").write_text(descriptor)
        self.directories.append(directory)
        return directory


class Platforms:
    """Makes platforms with one common workspace. A group is ids with blanks between."""

    def __init__(self, root: Path, scripted: ScriptedBuildpacks, image: ImageEnvironment) -> None:
        self._root, self._scripted, self._image = root, scripted, image

    def __call__(self, *groups: str) -> LocalPlatform:
        order = [group.split() for group in groups]
        return LocalPlatform(self._root, self._scripted.directories, order, image=self._image)


def provides(*names: str) -> str:
    """Return a plan that provides names."""
    return "".join(f'[[provides]]\nname = "{name}"\n' for name in names)


def requires(*names: str, metadata: str = "") -> str:
    """Return a plan that requires names, each with the same metadata (TOML lines)."""
    table = f"[requires.metadata]\n{metadata}\n" if metadata else ""
    return "".join(f'[[requires]]\nname = "{name}"\n{table}' for name in names)


def layer(name: str, *types: str, content: str = "", metadata: str = "") -> str:
    """Return sh that makes a layer of these types with a file called content, unless content is empty."""
    flags = "\\n".join(f"{one} = true" for one in types)
    lines = [f"printf '[types]\\n{flags}\\n[metadata]\\n{metadata}\\n' > \"$CNB_LAYERS_DIR/{name}.toml\""]
    if content:
        lines += [
            f'mkdir -p "$CNB_LAYERS_DIR/{name}"',
            f"printf '%s' '{content}' > \"$CNB_LAYERS_DIR/{name}/content\"",
        ]
    return "\n".join(lines) + "\n"


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\nset -eu\n{script}\n")
    path.chmod(0o755)
