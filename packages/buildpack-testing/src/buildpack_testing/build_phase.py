"""The build phase: every buildpack of a group in order (lifecycle: phase/builder.go, buildpack/build.go)."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_api.environment import build_environment, platform_environment
from buildpack_testing.failure import LifecycleCode, PhaseError
from buildpack_testing.invocation import buildpack_environment, call, lifecycle_environment
from buildpack_testing.outputs import BuildpackOutput, read_outputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from buildpack_release.checking.plan_resolution import ResolvedEntry
    from buildpack_release.model.build_plan import PlanRequirement
    from buildpack_release.model.repository import Buildpack
    from buildpack_testing.workspace import ImageEnvironment, Workspace


@dataclass(frozen=True)
class BuildpackRun:
    """One bin/build: its environment, its plan entries, what it printed and exported, wall seconds."""

    id: str
    version: str
    environment: Mapping[str, str]
    plan: tuple[PlanRequirement, ...]
    printed: str
    output: BuildpackOutput
    seconds: float


@dataclass
class Builder:
    """Runs the buildpacks of a group, one after the other; sink gets each printed line."""

    workspace: Workspace
    image: ImageEnvironment
    sink: Callable[[str], object]

    def build(
        self, group: Sequence[Buildpack], plan: Sequence[ResolvedEntry]
    ) -> tuple[list[BuildpackRun], dict[str, str]]:
        """Return what each buildpack did, and the environment that one more buildpack would see.

        Raises PhaseError (51 a buildpack failed, 52 its output cannot be used).
        """
        env = lifecycle_environment(self.workspace, self.image)
        remaining = list(plan)
        runs = []
        for buildpack in group:
            entries = [entry for entry in remaining if buildpack.id in entry.providers]
            run = self._run(buildpack, entries, env)
            met = {entry.name for entry in entries} - run.output.unmet
            remaining = [entry for entry in remaining if entry.name not in met]
            env = _add_layers(env, [layer.path for layer in run.output.layers if layer.types.build])
            runs.append(run)
        return runs, platform_environment(env, self.workspace.platform / "env")

    def _run(
        self, buildpack: Buildpack, entries: Sequence[ResolvedEntry], base: Mapping[str, str]
    ) -> BuildpackRun:
        directory = self.workspace.layers / buildpack.descriptor.escaped_id
        requires = tuple(requirement for entry in entries for _, requirement in entry.requires)
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="strata-build-") as scratch:
            plan = Path(scratch) / "plan.toml"
            _write_plan(plan, requires)
            own = {"CNB_LAYERS_DIR": str(directory), "CNB_BP_PLAN_PATH": str(plan)}
            env = buildpack_environment(base, buildpack, self.workspace, self.image) | own
            printed = self._call(buildpack, [directory, self.workspace.platform, plan], env)
        output = read_outputs(
            directory,
            plan_names={entry.name for entry in entries},
            sbom_formats=buildpack.descriptor.sbom_formats,
        )
        seconds = time.perf_counter() - started
        return BuildpackRun(
            buildpack.id, buildpack.descriptor.version, env, requires, printed, output, seconds
        )

    def _call(self, buildpack: Buildpack, arguments: Sequence[Path], env: Mapping[str, str]) -> str:
        program = buildpack.directory / "bin" / "build"
        try:
            finished = call([program, *arguments], env=env, cwd=self.workspace.app, sink=self.sink)
        except OSError as error:
            title = f"bin/build of {buildpack.id} cannot be run: {error.strerror}"
            raise PhaseError(LifecycleCode.BUILD_BUILDPACK, title) from error
        if finished.code:
            title = f"bin/build of {buildpack.id} ended with {finished.code}"
            raise PhaseError(LifecycleCode.BUILD_BUILDPACK, title, output=finished.output)
        return finished.output


def _add_layers(env: Mapping[str, str], layers: Sequence[Path]) -> dict[str, str]:
    """Add what build layers set. Raises PhaseError (52) for what is no directory, or cannot be read."""
    try:
        for directory in (one for layer in layers for one in (layer, layer / "env", layer / "env.build")):
            if directory.exists():
                os.listdir(directory)  # noqa: PTH208  (raises for a file, too)
        return build_environment(env, layers)
    except OSError as error:
        title = f"the environment of a layer cannot be read: {error.filename}: {error.strerror}"
        raise PhaseError(LifecycleCode.BUILD_OUTPUT, title) from error


def _write_plan(path: Path, requires: Sequence[PlanRequirement]) -> None:
    """Write the buildpack plan; without entries it is an empty file."""
    entries = [
        {"name": one.name, "metadata": dict(one.metadata)} if one.metadata else {"name": one.name}
        for one in requires
    ]
    path.write_text(toml.dumps({"entries": entries}) if entries else "", encoding="utf-8")
