"""What the measurements of all groups use, made when the first of them asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import run
from buildpack_api import toml
from buildpack_release.errors import MissingToolError
from buildpack_release.model.repository import Repository
from buildpack_release.model.targets import own_arch
from buildpack_release.packaging.assemble import assemble_all
from buildpack_testing.local_sources import served_index
from buildpack_testing.package_index import PackageIndex, fill_index
from buildpack_testing.runtimes import make_runtimes
from buildpack_testing.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack

    from buildpack_testing.runtime_set import RuntimeSet

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
APPS = ROOT / "tests" / "apps"
COMPOSITE = "strata/python"
RUNTIME, PIP, VENV = COMPONENTS = ("strata/python-runtime", "strata/pip-tool", "strata/app-venv")
POETRY = "strata/poetry-tool"
UV = "strata/uv-tool"
PINNED = HERE / "requirements.txt"
CHANGED = HERE / "requirements-changed.txt"
EARLIER = "09de58d"
"""The commit against which what has been gained since is measured."""
DIRECT = HERE / "requirements-direct.txt"

_ASSEMBLE = """
import sys
from pathlib import Path
from buildpack_release.model.repository import Repository
from buildpack_release.packaging.assemble import assemble_all
root, name, into = sys.argv[1:]
assemble_all(Repository.discover(Path(root)), [name], Path(into), report=print)
"""


@dataclass
class Bench:
    """A run: where it may write, how often it measures, whom it tells.

    `rounds` is for what takes seconds, `many` for what takes milliseconds; `quick` asks for smaller sizes.
    """

    scratch: Path
    stack: ExitStack
    say: Callable[[str], None]
    rounds: int = 5
    quick: bool = False

    @property
    def few(self) -> int:
        """How often that is measured of which a single round takes most of a minute."""
        return min(self.rounds, 3)

    @property
    def many(self) -> int:
        """How often programs are started that end at once."""
        return self.rounds * 8

    def directory(self, name: str) -> Path:
        """Make a directory of this run."""
        path = self.scratch / name
        path.mkdir(parents=True)
        return path

    @cached_property
    def runtimes(self) -> RuntimeSet:
        """Runtime archives of this machine's Pythons. Raises MissingToolError."""
        return make_runtimes(report=self.say)

    @cached_property
    def assembled(self) -> tuple[Path, ...]:
        """The buildpacks as a builder has them."""
        into = self.scratch / "assembled"
        return tuple(assemble_all(Repository.discover(ROOT), [COMPOSITE], into, report=self.say))

    @cached_property
    def earlier(self) -> tuple[Path, ...]:
        """The buildpacks, with app-venv as at EARLIER: from git's history, assembled by its own library.

        Raises MissingToolError where git does not have it, RunFailed if it cannot be assembled.
        """
        sources, archive = self.directory("earlier"), self.scratch / "earlier.tar"
        git = ["git", "-C", str(ROOT), "archive", f"--output={archive}", EARLIER]
        try:
            subprocess.run(git, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            advice = "Fetch all of the history."
            raise MissingToolError(f"git has no commit {EARLIER} here", advice=advice) from error
        subprocess.run(["tar", "-xf", archive, "-C", sources], check=True)
        into = self.scratch / "assembled-earlier"
        paths = os.pathsep.join(map(str, sorted(sources.glob("packages/*/src"))))
        run([sys.executable, "-c", _ASSEMBLE, sources, VENV, into], env={**os.environ, "PYTHONPATH": paths})
        name = VENV.replace("/", "_")
        return tuple(into / name if one.name == name else one for one in self.assembled)

    def buildpack(self, buildpack_id: str) -> Path:
        """Return an assembled buildpack."""
        return next(one for one in self.assembled if one.name == buildpack_id.replace("/", "_"))

    @cached_property
    def catalogue(self) -> Path:
        """The catalogue of our archives, and what else the published one has: builds read it all."""
        own = toml.load(self.runtimes.catalogue)
        published = toml.load(ROOT / "buildpacks" / "python-runtime" / "data" / "runtimes.toml")
        taken = {(archive.minor, own_arch()) for archive in self.runtimes.archives}
        others = [
            one
            for one in published["runtime"]
            if (one["version"].rpartition(".")[0], one["arch"]) not in taken
        ]
        lines = {**published["lines"], **own["lines"]}
        path = self.scratch / "runtimes.toml"
        toml.write(path, {**own, "lines": lines, "runtime": [*own["runtime"], *others]})
        return path

    @cached_property
    def runtime_variables(self) -> dict[str, str]:
        """The variables that make python-runtime use the archives, from a directory."""
        return {
            "BP_PYTHON_RUNTIMES": str(self.catalogue),
            "BP_DEPENDENCY_MIRROR": self.runtimes.directory.as_uri(),
        }

    @cached_property
    def wheels(self) -> PackageIndex:
        """Real wheels: of the app that the benchmarks install, and of the samples."""
        files = [PINNED, APPS / "flask" / "requirements.txt"]
        return fill_index(files, self.runtimes.minors[-1:], report=self.say)

    @cached_property
    def index_variables(self) -> dict[str, str]:
        """The variables that name a loopback index with the real wheels."""
        return self.serve_index(self.wheels.directory)

    def serve_index(self, directory: Path) -> dict[str, str]:
        """Serve an index until the end of the run and return the variables that name it."""
        return served_index(self.stack.enter_context(serve(directory)))


def inv(root: Path, *arguments: str) -> Sequence[str]:
    """Return the command line of a task of the repository at root."""
    return [sys.executable, "-m", "invoke", "--search-root", str(root), *arguments]


def plain_environment(home: Path, **variables: str) -> dict[str, str]:
    """Return an environment for peers with nothing of the user's in it."""
    home.mkdir(exist_ok=True)
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C.UTF-8", **variables}
