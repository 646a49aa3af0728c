"""Builds where there is no network at all: in a network namespace without any interface."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import exit_code_of
from buildpack_testing.failure import PhaseError
from buildpack_testing.needs import unshare
from buildpack_testing.platform import LocalPlatform
from support.main_job import COMPOSITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Isolated:
    """What came of a build: its exit code (0: well), what was printed, and what a program said afterwards."""

    code: int
    printed: str
    said: str


def build_isolated(
    root: Path, buildpacks: Iterable[Path], app: Path, variables: Mapping[str, str], program: str
) -> Isolated:
    """Build an app with the composite, and run a Python program in its image, all without network."""
    request = {
        "root": str(root), "buildpacks": list(map(str, buildpacks)), "app": str(app),
        "variables": dict(variables), "program": program,
    }  # fmt: skip
    code = f"import sys; sys.path[:0] = {sys.path!r}; from support.without_network import main; main()"
    done = subprocess.run(
        [*unshare("net"), sys.executable, "-c", code],
        input=json.dumps(request), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise AssertionError(done.stderr)
    return Isolated(**json.loads(done.stdout))


def main() -> None:
    """Do what stdin asks for; the answer goes to stdout."""
    request = json.load(sys.stdin)
    platform = LocalPlatform(Path(request["root"]), map(Path, request["buildpacks"]), [[COMPOSITE]])
    try:
        result = platform.build(Path(request["app"]), variables=request["variables"])
    except PhaseError as error:
        answer = Isolated(int(exit_code_of(error)), error.output, "")
    else:
        printed = "".join(run.printed for run in result.runs)
        with platform.container() as container:
            done = container.run(["python", "-c", request["program"]])
        answer = Isolated(done.returncode, printed, done.stdout)
    print(json.dumps(vars(answer)))  # noqa: T201
