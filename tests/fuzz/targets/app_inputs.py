"""What is in an app: requirement files, locks, projects, and files that ask for a Python."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from app_venv.inputs.read import read_inputs
from app_venv.inputs.selection import Selection
from app_venv.installers.poetry.inputs import read_poetry_inputs
from app_venv.installers.uv.lock import read_lock
from app_venv.settings import read_settings
from buildpack_api.errors import BuildpackError
from buildpack_api.interpreter import Interpreter
from buildpack_api.target import Target as BuildTarget
from fuzz.mutation import read_seeds
from fuzz.targets.common import SEEDS, Target, write
from python_runtime.catalogue import load
from python_runtime.versions.choice import choose
from python_runtime.versions.sources import find_requests
from support.venv_inputs import wanted

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

_MARKERS = {"sys_platform": "linux", "python_full_version": "3.13.0", "python_version": "3.13"}
_PYTHON = Interpreter(Path("/bin/python3"), "3.13.0", "3.13", "3.13.0 (main)")
_CATALOGUE = Path(__file__).parents[3] / "buildpacks/python-runtime/data/runtimes.toml"


class _AppInputs(Target):
    """What an app wants to have installed, as app-venv reads it."""

    name = ""
    expected = (BuildpackError,)
    variables: Sequence[Mapping[str, str]] = ({},)

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read the inputs of the app."""
        app = write(files, place / "app")
        found = read_inputs(wanted(app, rng.choice(self.variables)))
        told = (found.title, found.arguments, found.requirements, found.remark, found.listing)
        digest = "" if found.listing else found.digest  # a listing has addresses of directories
        return repr((*told, digest)).replace(str(place), "PLACE")


class RequirementFiles(_AppInputs):
    """requirements.txt and what it includes."""

    name = "requirement-files"
    tokens = (
        *(
            b"-r other.txt\n",
            b"-r ../x\n",
            b"-r requirements.txt\n",
            b"-c /etc/passwd\n",
            b"--requirement=",
            b"-e .\n",
        ),
        *(
            b"--index-url https://u:p@h/s\n",
            b"--hash=md5:x",
            b"; python_version < '3'",
            b" @ file:///x",
            b"[a,b]",
        ),
        *(
            b"# -*- coding: latin-1 -*-\n",
            b"# -*- coding: rot13 -*-\n",
            b"# coding: utf-7\n",
            b"# coding: idna\n",
        ),
        *(b"# coding: \xff\n", b"--no-binary :all:", b"\\\n", b"${NAME}", b"--global-option='"),
    )
    variables = (
        {},
        {"BP_PIP_REQUIREMENT": "requirements.txt other.txt"},
        {"PIP_CONSTRAINT": "other.txt", "NAME": "x==1\n-r y"},
        {"BP_PIP_REQUIRE_HASHES": "true"},
    )


class LockFiles(_AppInputs):
    """pylock.toml."""

    name = "lock-files"
    tokens = (
        *(
            b"[[packages]]\n",
            b"lock-version = 2\n",
            b"[packages.vcs]\n",
            b"[packages.archive]\n",
            b"path = '../x'\n",
        ),
        *(
            b"hashes = {}\n",
            b"hashes = {sha256 = 1}\n",
            b"marker = '('\n",
            b"extras = [1]\n",
            b"wheels = [{}]\n",
        ),
        *(
            b"environments = ['x']\n",
            b"requires-python = '!!'\n",
            b"upload-time = 1\n",
            b"size = -1\n",
            b"a = 1979-05-27",
        ),
    )
    variables = (
        {},
        {"BP_PIP_EXTRAS": "web"},
        {"BP_PIP_GROUPS": "dev test"},
        {"BP_PIP_REQUIRE_HASHES": "true"},
    )


class ManagerLocks(_AppInputs):
    """pdm.lock and Pipfile.lock, with the files that they were made of."""

    name = "manager-locks"
    tokens = (
        *(
            b"[[package]]\n",
            b"[[metadata.targets]]\n",
            b"groups = ['web']\n",
            b"marker = '('\n",
            b"path = '../x'\n",
        ),
        *(
            b"git = 'git@h:x'\n",
            b"editable = true\n",
            b"files = [{hash = 'md5:x'}]\n",
            b"lock_version = '5'\n",
        ),
        *(
            b'"git": "https://h/x"',
            b'"ref": "a\\n-r x"',
            b'"path": "\\u0000"',
            b'"editable": true',
            b'"version": "*"',
        ),
        *(
            b'"hashes": ["sha256:x"]',
            b'"markers": "extra == 1"',
            b'"extras": [1]',
            b'"pipfile-spec": 7',
            b"null",
        ),
        *(
            b"[[source]]\n",
            b"[packages]\n",
            b"[tool.pdm]\n",
            b"url = 'https://${A}@h/'\n",
            b"distribution = 1\n",
        ),
    )
    variables = (
        {"BP_PIP_REQUIREMENT": "pdm.lock"},
        {"BP_PIP_REQUIREMENT": "Pipfile.lock"},
        {"BP_PIP_REQUIREMENT": "pdm.lock", "BP_PIP_GROUPS": "web"},
        {"BP_PIP_REQUIREMENT": "Pipfile.lock", "BP_PIP_REQUIRE_HASHES": "true"},
    )


class ProjectFiles(_AppInputs):
    """pyproject.toml."""

    name = "project-files"
    tokens = (
        *(
            b"[project]\n",
            b"[dependency-groups]\n",
            b"[tool.poetry]\n",
            b"[build-system]\n",
            b"dynamic = ['dependencies']\n",
        ),
        *(
            b"{include-group = 'a'}",
            b"a = [{include-group = 'a'}]\n",
            b"requires-python = '~=3'\n",
            b"dependencies = 1\n",
        ),
        *(
            b"name = ''\n",
            b"name = '../x'\n",
            b"optional-dependencies = []\n",
            b"requires = [1]\n",
            b"backend-path = ['/']\n",
        ),
    )
    variables = ({}, {"BP_PIP_PROJECT": "dependencies"}, {"BP_PIP_EXTRAS": "web"}, {"BP_PIP_GROUPS": "dev"})


class UvLocks(Target):
    """uv.lock, of which is found what uv will install."""

    name = "uv-locks"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"[[package]]\n",
            b"version = 2\n",
            b"source = {}\n",
            b"source = 1\n",
            b"dependencies = [{}]\n",
            b"name = ''\n",
        ),
        *(
            b"marker = '('",
            b"extra = ['x']",
            b"wheels = [{hash = 1}]\n",
            b"sdist = 1\n",
            b"[package.metadata]\n",
            b"hash = 'md5:x'",
        ),
        *(
            b"[package.dev-dependencies]\n",
            b"[package.optional-dependencies]\n",
            b"editable = '.'",
            b"git = 'https://h/x?rev=1'",
        ),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read the lock for what a user may choose of it."""
        path = write(files, place / "app") / "uv.lock"
        chosen = rng.choice((Selection(), Selection(extras=("web",)), Selection(groups=("dev",))))
        found = read_lock(path, chosen, rng.choice(("", "", "app")), _MARKERS)
        return repr((found, [one.reason for one in found.packages])).replace(str(place), "PLACE")


class PoetryLocks(Target):
    """poetry.lock and its project, of which is found what Poetry will install."""

    name = "poetry-locks"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"[[package]]\n",
            b"lock-version = '1.1'\n",
            b"groups = ['main']\n",
            b"groups = 1\n",
            b"markers = {main = '('}\n",
            b"name = ''\n",
        ),
        *(
            b"files = [{file = 1}]\n",
            b"hash = 'md5:x'",
            b"[package.source]\n",
            b"type = 'git'\n",
            b"[tool.poetry]\n",
            b"package-mode = false\n",
        ),
        *(
            b"[tool.poetry.dependencies]\n",
            b"[tool.poetry.group.dev.dependencies]\n",
            b"[tool.poetry.extras]\n",
            b"[tool.poetry.requires-plugins]\n",
            b"web = ['x']\n",
            b"optional = true",
        ),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read both for what a user may choose of them."""
        app = write(files, place / "app")
        variables = rng.choice(({}, {"BP_POETRY_EXTRAS": "web"}, {"BP_POETRY_GROUPS": "dev"}))
        found = read_poetry_inputs(app, variables, read_settings(variables), _PYTHON)
        told = (found.title, found.digest, sorted(found.direct), found.unprovable)
        return repr((told, found.lock.packages)).replace(str(place), "PLACE")


class PythonVersions(Target):
    """Files that ask for a Python, and the choice that python-runtime makes of it."""

    name = "python-versions"
    expected = (BuildpackError,)
    tokens = (
        *(
            b"3.13",
            b"3.13.1",
            b"python-",
            b"pypy-",
            b">=",
            b"<=",
            b"~=",
            b"^",
            b"~",
            b"!=",
            b"===",
            b" || ",
            b"3.x",
            b"3.*",
        ),
        *(
            b"3",
            b"4",
            b"system",
            b"cpython@",
            b"3.14t",
            b"3.13-dev",
            b"3.13rc1",
            b"latest",
            b"requires-python",
            b"-",
            b"+",
        ),
        *(b"python = {version = 3}", b"1!3.13", b"3.13.post1", b"3.13+x", b"03.13"),
    )

    def __init__(self) -> None:
        self.seeds = read_seeds(SEEDS / self.name)
        self._catalogue = load(_CATALOGUE)

    def answer(self, files: dict[str, bytes], place: Path, rng: random.Random) -> object:
        """Read all that asks for a version, and choose one."""
        app = write(files, place / "app")
        value = files.get(".python-version", b"").decode("utf-8", "replace")
        environment = {"BP_PYTHON_VERSION": value} if rng.random() < 0.2 and "\0" not in value else {}
        found = find_requests(app, environment, (), self._catalogue)
        target = BuildTarget("linux", "amd64")
        choice = choose(found.requests, self._catalogue, target, dt.date(2026, 11, 30))
        return repr((found, choice)).replace(str(place), "PLACE")
