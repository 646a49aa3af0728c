"""Repositories to package: a copy of this one, and generated ones of any size."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import tomlkit

from benchmarks.bench import ROOT
from support.sample_repository import component, composite, plan, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COMPONENTS = ("python-runtime", "pip-tool", "app-venv")
"""What `only_components` keeps: figures of years can be compared if what is measured stays."""
_IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info")
_BLOCK = 1 << 20


def copy_repository(target: Path, *, buildpacks: bool = True) -> Path:
    """Copy what assembling and packaging take from this repository, with or without its buildpacks."""
    target.mkdir(parents=True)
    for name in ("tasks.py", "pyproject.toml", "LICENSE"):
        shutil.copy2(ROOT / name, target / name)
    for name in ("packages", *(("buildpacks",) if buildpacks else ())):
        shutil.copytree(ROOT / name, target / name, ignore=_IGNORED)
    return target


def only_components(root: Path, names: Sequence[str] = COMPONENTS) -> Path:
    """Remove the other components of a copy, also from the order of the composite."""
    for directory in (root / "buildpacks").iterdir():
        if directory.name not in (*names, "python"):
            shutil.rmtree(directory)
    path = root / "buildpacks" / "python" / "buildpack.toml"
    document = tomlkit.parse(path.read_text("utf-8"))
    for order in document["order"]:
        kept = [one for one in order["group"] if one["id"].partition("/")[2] in names]
        order["group"] = [one.unwrap() for one in kept]
    path.write_text(tomlkit.dumps(document), "utf-8")
    return root


def generate(target: Path, count: int, *, large: int = 0) -> Path:
    """Make a repository of `count` components and a composite of all; the first carries `large` bytes."""
    root = copy_repository(target, buildpacks=False)
    settings = root / "pyproject.toml"
    kept = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("interpreter =")]
    settings.write_text("\n".join(kept) + "\n", "utf-8")
    ids = [f"bench/part-{number:02}" for number in range(count)]
    for number, one in enumerate(ids):
        directory = component(root, one, plans={"10-always": (None, plan(provides=(one,), requires=(one,)))})
        _make_real(directory, number)
        if large and not number:
            write_incompressible(directory / "data" / "large", large)
    composite(root, "bench/all", ids)
    return root


def write_incompressible(path: Path, size: int) -> None:
    """Write bytes that gzip cannot make fewer: its window is much shorter than the repeated block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    block = random.Random(1).randbytes(_BLOCK)
    with path.open("wb") as file:
        for _ in range(size // _BLOCK):
            file.write(block)


def _make_real(directory: Path, number: int) -> None:
    """Give a component the usual texts and a module of its own."""
    shutil.rmtree(directory / "src")
    name = directory.name.replace("-", "_")
    functions = "".join(f"def step_{one}(value):\n    return value + {one}\n\n\n" for one in range(100))
    write(directory / "src" / name / "__init__.py")
    write(
        directory / "src" / name / "build.py",
        f"NUMBER = {number}\n\n\n{functions}def build(context):\n    pass\n",
    )
    write(directory / "README.md", f"# {directory.name}\n")
    write(directory / "CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")
