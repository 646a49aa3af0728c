"""Small repositories of buildpacks for tests, sound unless a test asks for something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TARGETS = """
[[targets]]
os = "linux"
arch = "amd64"
"""
ALWAYS = "10-always"


def write(path: Path, text: str = "") -> Path:
    """Write a file, making its parents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def library(root: Path) -> None:
    """Make what assembling takes from the repository besides the buildpack."""
    write(root / "LICENSE", "Do what you like.\n")
    write(root / "packages/buildpack-api/src/buildpack_api/__init__.py")
    for name in ("detect", "build"):
        write(root / "packages/buildpack-api/share/bin" / name, "#!/bin/sh\n").chmod(0o755)
    write_settings(root)


def write_settings(root: Path, text: str = "") -> Path:
    """Write the repository's settings: those in `text`, and which libraries there are by now."""
    libraries = [path.relative_to(root).as_posix() for path in sorted(root.glob("packages/*"))]
    return write(
        root / "pyproject.toml", f"[tool.buildpack-release]\nlibraries = {json.dumps(libraries)}\n{text}"
    )


def head(buildpack_id: str, version: str = "1.0.0") -> str:
    """Return the first tables of a buildpack.toml."""
    return (
        f'api = "0.10"\n\n[buildpack]\nid = "{buildpack_id}"\nversion = "{version}"\n\n'
        '[[buildpack.licenses]]\ntype = "Apache-2.0"\n'
    )


def component(
    root: Path, buildpack_id: str, *, plans: Mapping[str, tuple[str | None, str]], version: str = "1.0.0"
) -> Path:
    """Make a component. `plans` maps names of detect directories to (markers or None, plan)."""
    directory = root / "buildpacks" / buildpack_id.rpartition("/")[2]
    write(directory / "buildpack.toml", head(buildpack_id, version) + TARGETS)
    for name in ("README.md", "CHANGELOG.md", "src/sample/__init__.py", "src/sample/build.py", "vendor.lock"):
        write(directory / name)
    for name, (markers, plan) in plans.items():
        write(directory / "detect" / name / "plan.toml", plan)
        if markers is not None:
            write(directory / "detect" / name / "markers", markers)
    return directory


def composite(root: Path, buildpack_id: str, *groups: list[str], version: str = "1.0.0") -> Path:
    """Make a composite. A group lists `id@version`, with `?` at the end for an optional entry."""
    directory = root / "buildpacks" / buildpack_id.rpartition("/")[2]
    text = head(buildpack_id, version)
    for group in groups:
        text += "\n[[order]]\n"
        for member in group:
            name, _, number = member.rstrip("?").partition("@")
            text += f'\n[[order.group]]\nid = "{name}"\nversion = "{number or "1.0.0"}"\n'
            text += "optional = true\n" if member.endswith("?") else ""
    write(directory / "buildpack.toml", text)
    for name in ("README.md", "CHANGELOG.md"):
        write(directory / name)
    return directory


def plan(*, provides: tuple[str, ...] = (), requires: tuple[str, ...] = ()) -> str:
    """Return the text of a plan.toml with one alternative, one entry a line."""
    entries = [("provides", name) for name in provides] + [("requires", name) for name in requires]
    return "".join(f"[[{kind}]]\nname = {json.dumps(name)}\n" for kind, name in entries)
