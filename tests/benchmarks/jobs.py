"""A real build by the composite, and each of its bin/build programs once more on its own, for measuring."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.bench import APPS, COMPOSITE, PIP, RUNTIME, VENV
from benchmarks.measure import run
from buildpack_api import toml
from buildpack_testing.platform import BuildResult, LocalPlatform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.bench import Bench
    from benchmarks.measure import Sample


@dataclass
class Job:
    """One workspace in which the composite has built an app: what it made is there as if it were restored."""

    root: Path
    platform: LocalPlatform
    result: BuildResult

    @classmethod
    def of(
        cls,
        bench: Bench,
        name: str,
        variables: Mapping[str, str] | None = None,
        app: Path | None = None,
        buildpacks: Sequence[Path] = (),
    ) -> Job:
        """Build an app (by default the Flask sample) with the user's variables. Raises PhaseError.

        ``buildpacks`` may be others than those of now.
        """
        bench.say("  building an app to begin with")
        root = bench.directory(name)
        platform = LocalPlatform(root / "w", buildpacks or bench.assembled, [[COMPOSITE]])
        given = {**bench.runtime_variables, **(variables or bench.index_variables)}
        return cls(root, platform, platform.build(app or APPS / "flask", variables=given))

    def again(self, buildpack_id: str) -> Sample:
        """Run a bin/build as it was in the build, on what is there now, and measure it. Raises RunFailed."""
        before = self.result.run(buildpack_id)
        plan = self.root / "plan.toml"
        entries = [{"name": one.name, "metadata": dict(one.metadata)} for one in before.plan]
        toml.write(plan, {"entries": entries})
        layers = self.layers(buildpack_id)
        env = {**before.environment, "CNB_BP_PLAN_PATH": str(plan)}
        program = self.platform.buildpacks[buildpack_id].directory / "bin" / "build"
        command = [program, layers, self.platform.workspace.platform, plan]
        return run(command, env=env, cwd=self.platform.workspace.app)

    def layers(self, buildpack_id: str) -> Path:
        """Return the layers directory of a buildpack."""
        return self.platform.workspace.layers / buildpack_id.replace("/", "_")

    def forget(self, buildpack_id: str) -> None:
        """Remove everything that a buildpack has made."""
        directory = self.layers(buildpack_id)
        shutil.rmtree(directory)
        directory.mkdir()

    @property
    def python(self) -> Path:
        """The interpreter that python-runtime has made."""
        return self.layers(RUNTIME) / "python" / "cpython" / "bin" / "python3"

    @property
    def pip(self) -> Path:
        """The user base that pip-tool has made."""
        return self.layers(PIP) / "pip" / "userbase"


@dataclass
class Environments:
    """Several states of app-venv's layers in one job, each with its own text of what it is installed from.

    Layers hold their own path, so the state in use is moved to its place and the others wait beside it.
    """

    job: Job
    current: str = "first"
    file: str = "requirements.txt"
    _parked: set[str] = field(default_factory=set)

    def enter(self, name: str, text: str) -> None:
        """Make a state the present one: empty layers, if it is new."""
        (self.job.platform.workspace.app / self.file).write_text(text, "utf-8")
        if name == self.current:
            return
        directory = self.job.layers(VENV)
        directory.rename(self._place(self.current))
        self._parked.add(self.current)
        if name in self._parked:
            self._place(name).rename(directory)
        else:
            directory.mkdir()
        self.current = name

    def enter_empty(self, text: str) -> None:
        """Make a state without any layers the present one."""
        self.enter("empty", text)
        self.job.forget(VENV)

    def make(self, name: str, text: str) -> None:
        """Build a state, so that it can be reused from now on. Raises RunFailed."""
        self.enter(name, text)
        self.act()

    def act(self) -> Sample:
        """Run bin/build of app-venv on the present state."""
        return self.job.again(VENV)

    def _place(self, name: str) -> Path:
        parked = self.job.root / "parked"
        parked.mkdir(exist_ok=True)
        return parked / name
