"""How bin/detect and bin/build are called (Buildpack API 0.10, "Buildpack Interface" and "Environment")."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.environment import platform_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from buildpack_release.model.repository import Buildpack
    from buildpack_testing.workspace import ImageEnvironment, Workspace

# What the lifecycle passes on from its own environment (env/build.go); PATH and HOME are the build image's.
_PASSED_ON = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class FinishedProgram:
    """A buildpack's program that has ended: its code (negative: a signal) and both streams together."""

    code: int
    output: str


def lifecycle_environment(workspace: Workspace, image: ImageEnvironment) -> dict[str, str]:
    """Return the whitelisted variables of the lifecycle's own environment in the build container."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {"PATH": image.build_path, "HOME": str(workspace.home), "HOSTNAME": "build", **passed_on}


def buildpack_environment(
    base: Mapping[str, str], buildpack: Buildpack, workspace: Workspace, image: ImageEnvironment
) -> dict[str, str]:
    """Return what detect and build have in common: base, user variables, target, directories."""
    env = dict(base)
    if not buildpack.descriptor.clear_env:
        env = platform_environment(env, workspace.platform / "env")
    return (
        env
        | image.target_environment
        | {
            "CNB_BUILDPACK_DIR": str(buildpack.directory),
            "CNB_PLATFORM_DIR": str(workspace.platform),
        }
    )


def call(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    sink: Callable[[str], object] = lambda _line: None,
) -> FinishedProgram:
    """Run a buildpack's program, hand each line to sink as it comes. Raises OSError if it cannot start."""
    lines = []
    with subprocess.Popen(
        [str(part) for part in command],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            sink(line)
    return FinishedProgram(process.returncode, "".join(lines))
