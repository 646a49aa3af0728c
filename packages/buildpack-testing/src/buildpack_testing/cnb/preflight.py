"""What end-to-end tests need of a machine, and what of it this one lacks: by name, with the way to get it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_testing.cnb import base_images, tools

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


@dataclass(frozen=True)
class Need:
    """Something a test needs. present() tells whether it is there (or can be made here)."""

    name: str
    advice: str
    present: Callable[[], bool]


def _on_path(*programs: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(program) for program in programs)


def _package(name: str) -> str:
    return f"install the Debian or Ubuntu package {name}"


def _tool_or_go(find: Callable[[], object]) -> Callable[[], bool]:
    return lambda: bool(shutil.which("go")) or find() is not None


def _base_images_or_maker() -> bool:
    if all(base_images.find(recipe) for recipe in base_images.RECIPES.values()):
        return True
    return shutil.which("mmdebstrap") is not None


_GO = (
    "run scripts/install-cnb-tools --help to see the ways to get it: a Go toolchain on PATH is the usual one"
)
NEEDS: Mapping[str, Need] = {
    need.name: need
    for need in (
        Need("go", "put a Go toolchain on PATH", _on_path("go")),
        Need("lifecycle", _GO, _tool_or_go(tools.find_lifecycle)),
        Need("pack", _GO, _tool_or_go(tools.find_pack)),
        Need("registry", _package("docker-registry"), _on_path("docker-registry")),
        Need("skopeo", _package("skopeo"), _on_path("skopeo")),
        Need("podman", _package("podman"), _on_path("podman")),
        Need("container runtime", _package("runc"), _on_path("runc", "crun")),
        Need("base images", _package("mmdebstrap"), _base_images_or_maker),
        Need(
            "root",
            "run the tests as root, on a machine or in a container of their own: files that containers of "
            "another user work on have to change hands",
            lambda: os.geteuid() == 0,
        ),
    )
}


def missing(names: Collection[str] = ()) -> tuple[Need, ...]:
    """Return what this machine lacks of the needs named, or of all. Raises KeyError for an unknown name."""
    return tuple(need for need in map(NEEDS.__getitem__, names or NEEDS) if not need.present())


def describe(lacking: Collection[Need]) -> str:
    """Say what is missing and how to get it, a line each."""
    return "\n".join(f"missing: {need.name} ({need.advice})" for need in lacking)
