"""strata/app-venv with a poetry.lock and the real Poetry: what is installed, reused, refused, and why."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from buildpack_testing.package_index import write_index
from buildpack_testing.server import serve
from support.component_builds import NEWEST
from support.main_job import VENV
from support.poetry_builds import PoetryBuilds, poetry_builds
from support.poetry_projects import NO_PACKAGE
from support.poetry_wheels import POETRY, poetry_wheels
from support.venv_builds import LEFT, RIGHT, installed, reused, site_packages, text_of
from support.wheels import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CORE = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'


@pytest.fixture
def builds(tmp_path: Path) -> Iterator[PoetryBuilds]:
    """A project to edit, and an index with left 1.0 and right 2.0, which requires left."""
    consumer = 'command -v python\necho "$VIRTUAL_ENV"\n'
    with poetry_builds(tmp_path / "a b", consumer=consumer) as made:
        made.publish(LEFT, RIGHT, Project("more"))
        yield made


def diff_id(result: object) -> str:
    return result.layer(VENV, "venv").diff_id  # type: ignore[attr-defined,no-any-return]


def the_package(builds: PoetryBuilds, *dependencies: str) -> None:
    """Make the app a project that Poetry installs itself, with a command."""
    builds.poetry_project(*dependencies, more='[project.scripts]\nrun = "app:main"\n' + CORE)
    (builds.app / "app").mkdir()
    (builds.app / "app/__init__.py").write_text("def main():\n    print('it runs')\n")


def test_a_lock_is_installed_as_it_is_and_reused_without_asking_anybody(builds: PoetryBuilds) -> None:
    """Not a group, nor the project, which is no package; nothing of the build is in the environment."""
    builds.poetry_project("right", more='[dependency-groups]\ndev = ["more"]\n' + NO_PACKAGE)
    builds.poetry_lock()
    builds.publish(Project("left", "9.0", script=True))
    result = builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert "Installing poetry.lock with poetry " in text_of(result)
    libraries = site_packages(builds)
    assert sorted(path.name for path in (libraries / "left-1.0.dist-info").iterdir()) == [
        "INSTALLER", "METADATA", "RECORD", "WHEEL", "entry_points.txt",
    ]  # fmt: skip
    assert (libraries / "left-1.0.dist-info/INSTALLER").read_text() == "poetry"
    assert (libraries / "right-2.0.dist-info/REQUESTED").exists()
    assert len(list(libraries.rglob("__pycache__/*.pyc"))) == 2
    python, environment = result.run("test/consumer").printed.splitlines()
    assert python == f"{environment}/bin/python"
    asked = len(builds.server.requests)
    again = builds.build()
    assert reused(again), text_of(again)
    assert "Reusing the virtual environment: all requirements have an exact version and a hash" in text_of(
        again
    )
    assert len(builds.server.requests) == asked
    assert diff_id(again) == diff_id(result)


def test_poetry_is_not_in_the_image_and_the_command_pip_says_so(builds: PoetryBuilds, tmp_path: Path) -> None:
    """With strata/poetry-tool, whose layer is restored without asking an index."""
    builds.poetry_project("left")
    builds.poetry_lock()
    platform = builds.platform(pip=POETRY)
    with serve(write_index(poetry_wheels((NEWEST,)), tmp_path / "poetries").directory) as index:
        builds.build({"PIP_INDEX_URL": f"{index.url}/simple"}, platform=platform)
    with platform.container() as container:
        environment = container.environment()
        assert not [name for name in environment if name.startswith(("POETRY_", "PIP_"))]
        assert not list(platform.workspace.layers.glob("strata_poetry-tool/*"))
        assert container.run(["left"]).stdout == "left 1.0\n"
        shown = container.run(["pip", "install", "x"], check=False)
        assert (shown.returncode, "installed with Poetry" in shown.stderr) == (127, True)
    assert reused(builds.build(platform=platform))


def test_what_poetry_or_the_lock_refuses_is_explained(builds: PoetryBuilds) -> None:
    """Each with its next step; nothing half-made stays."""
    builds.poetry_project("left")
    text = builds.poetry_lock()
    project = (builds.app / "pyproject.toml").read_text()
    builds.poetry_project("left", "more")
    assert "poetry.lock is out of date: pyproject.toml says something else" in builds.failure()
    assert not (builds.root / "work space/layers/strata_app-venv/venv").exists()
    (builds.app / "pyproject.toml").write_text(project)
    assert "there is no dependency group nope" in builds.failure(BP_POETRY_GROUPS="nope")
    assert "there is no extra nope" in builds.failure(BP_POETRY_EXTRAS="nope")
    assert "BP_POETRY_GROUPS instead of BP_PIP_GROUPS" in builds.failure(BP_PIP_GROUPS="prod")
    (builds.app / "pyproject.toml").write_text(project.replace(">=3.10", ">=3.99"))
    assert "the project needs Python >=3.99, this is 3." in builds.failure()
    (builds.app / "pyproject.toml").write_text(
        project.replace("[tool.poetry]", '[tool.poetry]\nrequires-poetry = ">=9"')
    )
    assert "the app requires Poetry >=9 (requires-poetry), this is 2." in builds.failure()
    plugins = '[tool.poetry.requires-plugins]\nmagic = "*"\npoetry-plugin-export = "*"\n'
    (builds.app / "pyproject.toml").write_text(project + plugins)
    assert "pyproject.toml requires plugins of Poetry: magic" in builds.failure()
    (builds.app / "pyproject.toml").write_text(project)
    digest = text.partition("sha256:")[2][:64]
    (builds.app / "poetry.lock").write_text(text.replace(digest, "0" * 64))
    assert "the file of left is not the one that poetry.lock has" in builds.failure()
    (builds.app / "poetry.lock").write_text(text.replace('lock-version = "2', 'lock-version = "1'))
    assert "poetry.lock has a version that is not known: 1." in builds.failure()


def test_a_plugin_that_only_adds_a_command_is_not_fetched(builds: PoetryBuilds) -> None:
    """Nothing of it comes into the app's directory."""
    builds.poetry_project("left")
    builds.poetry_lock()
    with (builds.app / "pyproject.toml").open("a") as file:
        file.write('[tool.poetry.requires-plugins]\npoetry-plugin-export = ">=99"\n')
    builds.build()
    assert installed(builds) == ["left-1.0"]
    assert sorted(path.name for path in (builds.root / "work space/workspace").iterdir()) == [
        "poetry.lock", "pyproject.toml",
    ]  # fmt: skip


def test_a_change_of_the_lock_is_installed_and_what_is_gone_is_gone(builds: PoetryBuilds) -> None:
    builds.poetry_project("right")
    builds.poetry_lock()
    builds.build()
    with (builds.app / "pyproject.toml").open("a") as file:
        file.write("[tool.ruff]\nline-length = 110\n# and a comment\n")
    assert reused(builds.build())
    builds.poetry_project("left", "more")
    builds.poetry_lock()
    result = builds.build()
    assert installed(builds) == ["left-1.0", "more-1.0"]
    assert "contents of the files to install from" in text_of(result)
    assert "right 2.0 is no longer needed" in text_of(result)


def test_extras_and_groups_are_chosen_by_variables(builds: PoetryBuilds) -> None:
    more = '[project.optional-dependencies]\nweb = ["right"]\n[dependency-groups]\nprod = ["more"]\n'
    builds.poetry_project("left", more=more + NO_PACKAGE)
    builds.poetry_lock()
    builds.build()
    assert installed(builds) == ["left-1.0"]
    result = builds.build({"BP_POETRY_EXTRAS": "web", "BP_POETRY_GROUPS": "prod"})
    assert installed(builds) == ["left-1.0", "more-1.0", "right-2.0"]
    assert "Installing poetry.lock with extras web and groups prod" in text_of(result)
    requested = {path.parent.name for path in site_packages(builds).glob("*/REQUESTED")}
    assert requested == {"left-1.0.dist-info", "more-1.0.dist-info", "right-2.0.dist-info"}


def test_a_project_in_the_tables_of_poetry_alone(builds: PoetryBuilds) -> None:
    """As they were before [project], with an optional dependency and a group."""
    builds.app.mkdir(exist_ok=True)
    (builds.app / "pyproject.toml").write_text(
        '[tool.poetry]\nname = "app"\nversion = "1"\ndescription = ""\nauthors = []\npackage-mode = false\n'
        '[tool.poetry.dependencies]\npython = ">=3.10"\nleft = "^1.0"\n'
        'more = { version = "*", optional = true }\n'
        '[tool.poetry.extras]\nall = ["more"]\n[tool.poetry.group.web.dependencies]\nright = "*"\n'
        f'[[tool.poetry.source]]\nname = "main"\nurl = "{builds.server.url}/simple/"\n'
    )
    builds.poetry_lock()
    builds.build()
    assert installed(builds) == ["left-1.0"]
    builds.build({"BP_POETRY_EXTRAS": "all", "BP_POETRY_GROUPS": "web"})
    assert installed(builds) == ["left-1.0", "more-1.0", "right-2.0"]
    assert (site_packages(builds) / "more-1.0.dist-info/REQUESTED").exists()


def test_the_project_itself_is_a_link_and_never_reused(builds: PoetryBuilds) -> None:
    """As Poetry installs it: the app's directory is at the same place in the image."""
    the_package(builds, "left")
    builds.poetry_lock()
    platform = builds.platform()
    first = builds.build(platform=platform)
    assert installed(builds) == ["app-1.0", "left-1.0"]
    libraries = site_packages(builds)
    assert (libraries / "app.pth").read_text() == f"{builds.root / 'work space/workspace'}\n"
    record = (libraries / "app-1.0.dist-info/RECORD").read_text()
    assert "../../../bin/run,sha256=" in record
    assert str(builds.root) not in record
    assert (libraries / "app-1.0.dist-info/WHEEL").read_text().splitlines()[1] == "Generator: poetry-core"
    with platform.container() as container:
        assert container.run(["run"]).stdout == "it runs\n"
    again = builds.build()
    assert not reused(again)
    assert "the project itself" in text_of(again)
    assert diff_id(again) == diff_id(first)


def test_a_project_that_is_no_package_is_left_out_on_demand(builds: PoetryBuilds) -> None:
    """Poetry itself says no more than that it found nothing to install."""
    builds.poetry_project("left", more="")
    builds.poetry_lock()
    said = builds.failure()
    assert "Poetry cannot install the project itself: No file/folder found for package app" in said
    assert "BP_POETRY_NO_ROOT=true" in said
    builds.build({"BP_POETRY_NO_ROOT": "true"})
    assert installed(builds) == ["left-1.0"]
    assert reused(builds.build({"BP_POETRY_NO_ROOT": "true"}))


def test_two_new_environments_have_the_same_bits(builds: PoetryBuilds) -> None:
    """Whatever the umask, the times of files, and what the cache has."""
    the_package(builds, "right")
    builds.poetry_lock()
    first = diff_id(builds.build())
    shutil.copytree(builds.app, builds.root / "copy")
    shutil.rmtree(builds.app)
    (builds.root / "copy").rename(builds.app)
    before = os.umask(0o077)
    try:
        assert diff_id(builds.build(clear=True)) == first
    finally:
        os.umask(before)
    assert diff_id(builds.build({"PYTHONDONTWRITEBYTECODE": "1"})) == first


def test_the_cache_spares_downloads_and_holds_what_is_installed_only(builds: PoetryBuilds) -> None:
    builds.poetry_project("right", "more")
    builds.poetry_lock()
    builds.build()
    cache = builds.root / "work space/layers/strata_app-venv/poetry-cache/cache"
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert sorted(path.name.partition("-")[0] for path in files) == ["kept", "left", "more", "right"]
    builds.poetry_project("right")
    builds.poetry_lock()
    asked = len(builds.server.requests)
    builds.build()
    assert not [one for one in builds.server.requests[asked:] if one.path.endswith(".whl")]
    assert not list(cache.rglob("more-*"))


def test_nothing_moves_the_environment(builds: PoetryBuilds) -> None:
    """Variables that would are refused with reasons, a poetry.toml is overruled."""
    builds.poetry_project("left")
    builds.poetry_lock()
    said = builds.failure(POETRY_VIRTUALENVS_PATH="/x", POETRY_VIRTUALENVS_CREATE="false")
    assert "would spoil the build: POETRY_VIRTUALENVS_CREATE, POETRY_VIRTUALENVS_PATH" in said
    (builds.app / "poetry.toml").write_text(
        '[virtualenvs]\nin-project = true\ncreate = false\npath = "envs"\n[installer]\nno-binary = ["x"]\n'
    )
    builds.build({"CONDA_PREFIX": "/opt/conda", "CONDA_DEFAULT_ENV": "base", "POETRY_VERSION": "1.8.3"})
    assert installed(builds) == ["left-1.0"]
    assert not (builds.root / "work space/workspace/.venv").exists()
    assert reused(builds.build({"POETRY_REQUESTS_TIMEOUT": "9"}))
    assert "POETRY_INSTALLER_NO_BINARY" in text_of(builds.build({"POETRY_INSTALLER_NO_BINARY": "y"}))


def test_poetry_is_chosen_by_a_variable_where_pip_has_installed_before(builds: PoetryBuilds) -> None:
    builds.poetry_project("left")
    builds.poetry_lock()
    builds.require("more")
    result = builds.build({"BP_PACKAGE_MANAGER": "poetry"})
    assert installed(builds) == ["left-1.0"]
    said = " ".join(text_of(result).split())
    assert "requirements.txt: poetry.lock says what is installed, with Poetry" in said
    (builds.app / "poetry.lock").unlink()
    assert "The app has no poetry.lock" in builds.failure(BP_PACKAGE_MANAGER="poetry")


def test_what_was_built_from_source_is_built_again_if_its_build_saw_something_else(
    builds: PoetryBuilds,
) -> None:
    """And only then; it is kept in the cache otherwise, with its source, which Poetry compares."""
    builds.publish_source()
    builds.poetry_project("source")
    builds.poetry_lock()
    first = builds.build()
    assert "1 built from source" in text_of(first)
    assert reused(builds.build())
    result = builds.build({"CFLAGS": "-O2"})
    assert "CFLAGS is set now; built from source: source" in text_of(result)
    assert diff_id(result) == diff_id(first)
    builds.poetry_project("source", "left")
    builds.poetry_lock()
    asked = len(builds.server.requests)
    builds.build({"CFLAGS": "-O2"})
    assert not [one for one in builds.server.requests[asked:] if "source-1.0" in one.path]
    assert "source has no wheel for this Python and processor" in builds.failure(BP_PIP_ONLY_BINARY=":all:")


def test_path_dependencies_are_installed_and_never_reused(builds: PoetryBuilds) -> None:
    """As copies or, with develop = true, as links, which lead into the app's directory."""
    for name in ("linked", "copied"):
        folder = builds.app / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1.0"\n[build-system]\nrequires = []\n'
            'build-backend = "backend"\nbackend-path = ["."]\n'
        )
        (folder / "backend.py").write_text(BACKEND)
    own = 'linked = { path = "linked", develop = true }\ncopied = { path = "copied" }\n'
    own = f"[tool.poetry.dependencies]\n{own}"
    builds.poetry_project("left", "linked", "copied", more=NO_PACKAGE + own)
    builds.poetry_lock()
    builds.build()
    assert installed(builds) == ["copied-1.0", "left-1.0", "linked-1.0"]
    assert (site_packages(builds) / "link.pth").read_text().endswith("/workspace/linked")
    assert not reused(again := builds.build())
    assert "poetry.lock (linked) comes from a local directory" in text_of(again)
    said = builds.failure(BP_PIP_REQUIRE_HASHES="true")
    assert "poetry.lock (linked) comes from a local directory" in said


BACKEND = """
import os, pathlib, zipfile

def get_requires_for_build_wheel(config=None):
    return []

get_requires_for_build_editable = get_requires_for_build_wheel

def _build(directory, name, text):
    stem = f"{pathlib.Path.cwd().name}-1.0"
    with zipfile.ZipFile(f"{directory}/{stem}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(name, text)
        head = f"Metadata-Version: 2.1\\nName: {pathlib.Path.cwd().name}\\nVersion: 1.0\\n"
        wheel.writestr(f"{stem}.dist-info/METADATA", head)
        tags = "Root-Is-Purelib: true\\nTag: py3-none-any"
        wheel.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\\nGenerator: x\\n{tags}\\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")
    return f"{stem}-py3-none-any.whl"

def build_wheel(directory, config=None, metadata=None):
    return _build(directory, "built.py", "")

def build_editable(directory, config=None, metadata=None):
    return _build(directory, "link.pth", os.getcwd())
"""
