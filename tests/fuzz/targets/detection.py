"""Detection, which is one script and data, through the shells that build images have."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.mutation import read_seeds
from fuzz.targets.common import SEEDS, Target, write

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

_ROOT = Path(__file__).parents[3]
_SCRIPT = _ROOT / "packages/buildpack-api/share/bin/detect"
_SHELLS = (("dash",), ("busybox", "sh"), ("bash", "--posix"))
_PASSED, _FAILED = 0, 100


class Detection(Target):
    """An app's files are only looked for and read; all shells find the same, and a plan is one of ours."""

    name = "detection"
    starts_programs = True
    tokens = (
        *(
            b"[project]",
            b"[tool.poetry]",
            b"[tool.pdm]\n",
            b"[tool.poetry.x]",
            b" [project]",
            b"[project.x",
            b"\\",
            b"$(touch x)",
        ),
        *(b"`touch x`", b"-n\n", b"%s%n", b"[project]\r\n", b"*", b"[!a]"),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)
        self._shells = [shell for shell in _SHELLS if shutil.which(shell[0])]
        self._plans = {one.read_bytes() for one in _ROOT.glob("buildpacks/*/detect/*/plan.toml")}

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Run detection of app-venv in each shell, and compare."""
        buildpack = place / "buildpack"
        (buildpack / "bin").mkdir(parents=True)
        (buildpack / "bin/detect").symlink_to(_SCRIPT)
        (buildpack / "detect").symlink_to(_ROOT / "buildpacks/app-venv/detect")
        app = place / "app"
        for name, content in files.items():
            write({_strange(rng, name): content}, app)
        variables = {"BP_PIP_REQUIREMENT": "x"} if rng.random() < 0.1 else {}
        answers = {" ".join(shell): self._run(shell, buildpack, app, variables) for shell in self._shells}
        assert len(set(answers.values())) == 1, f"the shells differ: {answers}"
        (buildpack / "bin/detect").unlink()
        (buildpack / "detect").unlink()
        assert sorted(one.name for one in place.iterdir()) == ["app", "buildpack", "plan"]
        return next(iter(answers.values()))

    def _run(
        self, shell: Sequence[str], buildpack: Path, app: Path, variables: dict[str, str]
    ) -> tuple[int, bytes, bytes]:
        plan = app.parent / "plan"
        plan.write_bytes(b"")
        before = sorted(os.walk(app))
        done = subprocess.run(
            [*shell, str(buildpack / "bin/detect")],
            cwd=app,
            env={"PATH": "/nonexistent", "CNB_BUILD_PLAN_PATH": str(plan), **variables},
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60,
            executable=shutil.which(shell[0]),
        )  # fmt: skip
        found = plan.read_bytes()
        assert done.returncode in {_PASSED, _FAILED}, done
        assert (found in self._plans) if done.returncode == _PASSED else not found, found
        assert sorted(os.walk(app)) == before, "the app has changed"
        assert not done.stderr or done.returncode == _FAILED, done.stderr
        return done.returncode, found, done.stdout + done.stderr


def _strange(rng: random.Random, name: str) -> str:
    """Return a name, sometimes one that a shell might take for something else."""
    if rng.random() < 0.9:
        return name
    folder, slash, last = name.rpartition("/")
    odd = rng.choice(
        ("-n", "$(touch x)", "a b", "*", "[a]", "\n", "\x1b[31m", "é", "\\", "'", '"', "`x`", "%s")
    )
    return f"{folder}{slash}{odd}{last}" if rng.random() < 0.5 else f"{folder}{slash}{last}{odd}"
