"""pdm.lock and Pipfile.lock, made by the real PDM and Pipenv, and installed by pip or uv as these would."""

from __future__ import annotations

import csv
import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.failure import PhaseError
from buildpack_testing.package_index import fill_index
from buildpack_testing.server import serve
from support.git_server import git, git_server
from support.main_job import APPS
from support.managers import manager, run_in
from support.uv_builds import uv_platform
from support.venv_builds import LEFT, RIGHT, VenvBuilds, installed, reused, site_packages, text_of
from support.wheels import IN_TREE, Project, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from buildpack_testing.platform import BuildResult
    from buildpack_testing.server import StaticServer

LOCK = {"pdm": "pdm lock", "pipenv": "pipenv lock"}
FILE = {"pdm": "pdm.lock", "pipenv": "Pipfile.lock"}
SYNC = {"pdm": "pdm sync --prod", "pipenv": "PIPENV_VENV_IN_PROJECT=1 pipenv sync"}
ANY, SOURCE = '"*"', '[[source]]\nname = "pypi"\nurl = "{}/simple/"\nverify_ssl = true\n'
MORE = Project("more", extras=("fast",))
# Notes of who has installed, and what Pipenv's environment has besides.
NOTES = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD")
SEEDED = {"pip", "setuptools", "wheel"}


@dataclass
class LockedApp:
    """An app that a manager has locked, to be built with pip or uv."""

    name: str
    builds: VenvBuilds

    def write(self, *dependencies: str, development: str = "", more: str = "") -> None:
        """Write what the manager locks; a dependency is a name and, after a blank, what it is for Pipenv."""
        self.builds.app.mkdir(exist_ok=True)
        tables = [one.partition(" ") for one in dependencies]
        if self.name == "pdm":
            listed = ", ".join(f'"{name}"' for name, _, _ in tables)
            head = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.10"\n'
            text = f"{head}dependencies = [{listed}]\n"
            if development:
                text += f'[dependency-groups]\ndev = ["{development}"]\n'
            text += more or "[tool.pdm]\ndistribution = false\n"
            (self.builds.app / "pyproject.toml").write_text(text)
        else:
            listed = "".join(f"{name} = {value or ANY}\n" for name, _, value in tables)
            text = f"{SOURCE.format(self.builds.server.url)}[packages]\n{listed}"
            text += f'[dev-packages]\n{development} = "*"\n' if development else ""
            (self.builds.app / "Pipfile").write_text(text)

    def run(self, commands: str, *, keep: bool = False) -> None:
        """Run the manager."""
        index = f"{self.builds.server.url}/simple/"
        run_in(self.builds.app, commands, manager(self.name), index, keep=keep)

    def lock(self) -> None:
        """Lock, as a developer does."""
        self.run(LOCK[self.name])

    def build(self, variables: Mapping[str, str] | None = None, *, tool: str = "pip") -> BuildResult:
        """Build the app with the index as the user's choice."""
        platform = uv_platform(self.builds) if tool == "uv" else self.builds.platform()
        chosen = {**(variables or {}), **({"BP_INSTALLER": "uv"} if tool == "uv" else {})}
        return self.builds.build(chosen, platform=platform)

    def failure(self, **variables: str) -> str:
        """Return what a build says that fails."""
        with pytest.raises(PhaseError) as failed:
            self.build(variables)
        return f"{failed.value.detail}\n{failed.value.output}"


@contextmanager
def locked_app(name: str, directory: Path) -> Iterator[LockedApp]:
    """An app without anything, and an index with left 1.0, right 2.0, which requires left, and more."""
    root = directory / "ab"  # Pipenv finds no directory with a blank in its name
    (root / "index").mkdir(parents=True)
    with serve(root / "index") as server:
        builds = VenvBuilds(root, server)
        builds.publish(LEFT, RIGHT, MORE)
        yield LockedApp(name, builds)


@pytest.fixture(params=["pdm", "pipenv"])
def locked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LockedApp]:
    with locked_app(request.param, tmp_path) as made:
        yield made


def test_a_lock_is_installed_without_development_and_reused_without_asking_anybody(locked: LockedApp) -> None:
    """And not what the index has by then."""
    locked.write("right", development="more")
    locked.lock()
    locked.builds.publish(Project("left", "9.0"))
    result = locked.build()
    assert f"Installing {FILE[locked.name]} with pip" in text_of(result)
    assert installed(locked.builds) == ["left-1.0", "right-2.0"]
    asked = len(locked.builds.server.requests)
    again = locked.build()
    assert reused(again), text_of(again)
    assert len(locked.builds.server.requests) == asked


@pytest.fixture(scope="module")
def real_wheels() -> Iterator[StaticServer]:
    """The wheels of the sample app: with a compiled one, commands and a marker."""
    with serve(fill_index([APPS / "flask/requirements.txt"]).directory) as server:
        yield server


def test_what_is_installed_is_what_the_manager_installs(locked: LockedApp, real_wheels: StaticServer) -> None:
    """Names, versions and all files that are recorded, of real packages, with either tool."""
    locked.builds.server = real_wheels
    locked.write("flask", "gunicorn", development="blinker")
    locked.lock()
    theirs = with_manager(locked)
    assert {"flask", "markupsafe"} <= theirs.keys()
    for tool in ("pip", "uv"):
        locked.build(tool=tool)
        assert distributions(site_packages(locked.builds)) == theirs
        assert reused(locked.build(tool=tool))


def test_a_requirements_file_still_counts_and_the_lock_is_named_as_ignored(locked: LockedApp) -> None:
    """An app that builds from it today builds the same tomorrow."""
    locked.write("right")
    locked.lock()
    locked.builds.require("left")
    result = locked.build()
    assert installed(locked.builds) == ["left-1.0"]
    assert f"{FILE[locked.name]}: requirements.txt says what is installed, with pip" in text_of(result)
    result = locked.build({"BP_PIP_REQUIREMENT": FILE[locked.name]})
    assert installed(locked.builds) == ["left-1.0", "right-2.0"]


def test_a_lock_that_is_out_of_date_is_refused_with_the_command(locked: LockedApp) -> None:
    locked.write("left")
    locked.lock()
    locked.write("right")
    said = locked.failure()
    assert f"{FILE[locked.name]} is out of date" in said
    assert LOCK[locked.name] in said


def test_a_lock_of_pdm_for_another_system_is_refused_until_this_one_is_added(tmp_path: Path) -> None:
    """PDM refuses it as well; the command of the advice makes a lock that both install."""
    with locked_app("pdm", tmp_path) as locked:
        locked.write("right")
        locked.run(f"pdm lock --platform alpine\n! {SYNC['pdm']}")
        said = locked.failure()
        assert "pdm.lock is for other environments than this one" in said
        assert "musllinux_1_2_x86_64" in said
        (command,) = {line.strip() for line in said.splitlines() if "pdm lock --append" in line}
        locked.run(f"{command}\n{SYNC['pdm']}")
        locked.build()
        assert installed(locked.builds) == ["left-1.0", "right-2.0"]


def test_directories_are_installed_beside_what_has_hashes(locked: LockedApp) -> None:
    """Copied by PDM's lock, linked by Pipenv's; hashes still count. uv takes nothing that has none."""
    folder = locked.builds.app / "lib"
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(f'[project]\nname = "source"\nversion = "1.0"\n{IN_TREE}')
    (folder / "backend.py").write_text(BACKEND)
    if locked.name == "pdm":
        locked.write("source@file:///${PROJECT_ROOT}/lib", "left")
    else:
        locked.write('source {path="./lib",editable=true}', "left")
    locked.lock()
    result = locked.build()
    assert installed(locked.builds) == ["left-1.0", "source-1.0"]
    assert not reused(locked.build()), text_of(result)
    with pytest.raises(PhaseError) as failed:
        locked.build(tool="uv")
    assert "BP_INSTALLER=uv is for files that pin everything by hash" in failed.value.output
    path = locked.builds.app / FILE[locked.name]
    (left,) = (one for one in locked.builds.wheels if one.name.startswith("left-"))
    path.write_text(path.read_text().replace(sha256(left), "0" * 64))
    assert "DO NOT MATCH THE HASHES" in locked.failure()


def test_repositories_are_installed_as_the_manager_does(locked: LockedApp) -> None:
    """The commit that was locked for a tag or a branch, with its extras, or a subdirectory of it."""
    extra = "Name: source\\nProvides-Extra: fast\\nRequires-Dist: more; extra == 'fast'\\n"
    backend = BACKEND.replace("Name: source\\n", extra)
    project = f'[project]\nname = "source"\nversion = "1.0"\noptional-dependencies.fast = ["more"]\n{IN_TREE}'
    part = {
        "parts/other/pyproject.toml": f'[project]\nname = "other"\nversion = "1.0"\n{IN_TREE}',
        "parts/other/backend.py": BACKEND.replace("source", "other"),
    }
    with git_server(locked.builds.root / "git server") as server:
        url = server.url("lib.git")
        commits = [server.publish("lib.git", {"pyproject.toml": project, "backend.py": backend, **part})]
        git("-C", str(server.root / "lib.git"), "tag", "v1")
        commits.append(server.publish("lib.git", {"parts/other/later.py": ""}))
        if locked.name == "pdm":
            other = f"other@git+{url}@main#subdirectory=parts/other"
            locked.write(f"source[fast]@git+{url}@v1", other, "left")
        else:
            other = f'other {{git="{url}",ref="main",subdirectory="parts/other"}}'
            locked.write(f'source {{git="{url}",ref="v1",extras=["fast"]}}', other, "left")
        locked.lock()
        server.publish("lib.git", {"parts/other/later.py": "LATER = True\n"})
        theirs = with_manager(locked)
        locked.build()
        assert distributions(site_packages(locked.builds)) == theirs
        origins = {name: one.origin for name, one in theirs.items() if one.origin}
        assert origins == {"source": (url, commits[0], ""), "other": (url, commits[1], "parts/other")}
        assert theirs.keys() == {"left", "more", "other", "source"}
        assert not reused(locked.build())  # a repository has no hash


def test_the_project_itself_is_installed_as_pdm_does(tmp_path: Path) -> None:
    """Unless distribution = false says that it is none; groups are chosen by the variables of pip."""
    with locked_app("pdm", tmp_path) as locked:
        locked.write(
            "left", development="more", more=IN_TREE + '[project.optional-dependencies]\nweb = ["right"]\n'
        )
        (locked.builds.app / "backend.py").write_text(BACKEND.replace("source", "app"))
        locked.run("pdm lock --group :all")
        result = locked.build()
        assert installed(locked.builds) == ["app-1.0", "left-1.0"]
        assert "The project itself is installed too, as PDM does it" in text_of(result)
        locked.build({"BP_PIP_EXTRAS": "web", "BP_PIP_GROUPS": "dev"})
        assert installed(locked.builds) == ["app-1.0", "left-1.0", "more-1.0", "right-2.0"]
        assert "pdm.lock has no dependency group nope" in locked.failure(BP_PIP_GROUPS="nope")


# Makes a wheel of source 1.0, or a link to where it is.
BACKEND = """
import os, zipfile

def get_requires_for_build_wheel(config=None):
    return []

get_requires_for_build_editable = get_requires_for_build_wheel

def _build(directory, name, text):
    stem = "source-1.0"
    with zipfile.ZipFile(f"{directory}/{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(name, text)
        wheel.writestr(f"{stem}.dist-info/METADATA", "Metadata-Version: 2.1\\nName: source\\nVersion: 1.0\\n")
        tags = "Root-Is-Purelib: true\\nTag: py3-none-any"
        wheel.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\\nGenerator: x\\n{tags}\\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    return f"{stem}-py3-none-any.whl"

def build_wheel(directory, config=None, metadata=None):
    return _build(directory, "source.py", "")

def build_editable(directory, config=None, metadata=None):
    return _build(directory, "source.pth", os.getcwd())
"""


@dataclass(frozen=True)
class Distribution:
    """What is installed: ``files`` with their SHA-256, ``origin`` the address, commit and subdirectory."""

    version: str
    files: dict[str, str]
    origin: tuple[str, str, str] | None


def with_manager(locked: LockedApp) -> dict[str, Distribution]:
    """Return what the manager itself installs from the lock."""
    locked.run(SYNC[locked.name], keep=True)
    (libraries,) = (locked.builds.app / ".venv/lib").glob("python3*/site-packages")
    found = distributions(libraries)
    shutil.rmtree(locked.builds.app / ".venv")
    return found


def distributions(libraries: Path) -> dict[str, Distribution]:
    """Return all distributions by their names."""
    found = {}
    for record in libraries.glob("*.dist-info/RECORD"):
        name, _, version = record.parent.name.removesuffix(".dist-info").rpartition("-")
        if name.lower() in SEEDED:
            continue
        listed = [row[0] for row in csv.reader(record.read_text().splitlines())]
        kept = [one for one in listed if one.rpartition("/")[2] not in NOTES and not one.endswith(".pyc")]
        # Commands name the Python of their environment.
        files = {one: "" if "/bin/" in one else sha256(libraries / one) for one in kept}
        found[name.lower()] = Distribution(version, files, origin(record.with_name("direct_url.json")))
    return found


def origin(note: Path) -> tuple[str, str, str] | None:
    """Read which repository something comes from (PyPA specification 'Direct URL Data Structure')."""
    document = json.loads(note.read_text()) if note.is_file() else {}
    if "vcs_info" not in document:
        return None
    return document["url"], document["vcs_info"]["commit_id"], document.get("subdirectory", "")
