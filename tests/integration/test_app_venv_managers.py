"""What strata/app-venv tells users of other managers to do, done with these managers, and built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app_venv.inputs.missing import FOREIGN_LOCKS
from app_venv.installers.choice import choose_manager
from app_venv.installers.pip.other_pythons import CREATORS
from app_venv.settings import PackageManager
from buildpack_testing.failure import PhaseError
from support.managers import manager, run_in
from support.venv_builds import installed, reused
from support.wheels import Project

if TYPE_CHECKING:
    from support.venv_builds import VenvBuilds

LOCK = {"uv": "uv lock", "poetry": "poetry lock", "pdm": "pdm lock"}
DEVELOPMENT = '[dependency-groups]\ndev = ["only-for-tests"]\n'


def prepare(builds: VenvBuilds, name: str, *, project: bool) -> None:
    """Write an app that the manager has locked, with something that is only for development."""
    builds.publish(Project("only-for-tests"))
    builds.project("greeter" if project else "plain")
    path = builds.app / "pyproject.toml"
    text = path.read_text().replace('version = "3.1"\n', 'version = "3.1"\nrequires-python = ">=3.10"\n')
    text = re.sub(r"(?s)\n\[(project.optional|dependency-groups).*?(?=\n\[|$)", "\n", text)
    text = text.replace("\"never; python_version < '3'\"", "")
    path.write_text(f"{text}\n{DEVELOPMENT}")
    if name == "poetry":
        more = source("tool.poetry.source", builds) + (
            "" if project else "[tool.poetry]\npackage-mode = false\n"
        )
        path.write_text(path.read_text() + more)
    run_in(builds.app, LOCK[name], manager(name), f"{builds.server.url}/simple/")


def source(table: str, builds: VenvBuilds) -> str:
    """Return the table by which a manager knows the index."""
    return f'[[{table}]]\nname = "test"\nurl = "{builds.server.url}/simple/"\n'


def advised(text: str) -> str:
    """Return the commands of a message, which are indented, without what explains them."""
    return "\n".join(re.findall(r"^ +((?:uv|poetry|echo) .*?)(?:  \(.*)?$", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["uv", "poetry"])
def test_what_is_advised_where_the_tool_is_not_there_gives_what_the_app_needs(
    builds: VenvBuilds, name: str
) -> None:
    """Where no buildpack provides uv or Poetry, pip installs what they export."""
    prepare(builds, name, project=False)
    commands = advised(f"  {FOREIGN_LOCKS[f'{name}.lock'].commands(project=False)}")
    run_in(builds.app, commands, manager(name), f"{builds.server.url}/simple/")
    builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert reused(builds.build())


@pytest.mark.parametrize("name", ["uv", "poetry"])
def test_what_is_advised_for_a_project_with_commands_installs_it_too(builds: VenvBuilds, name: str) -> None:
    prepare(builds, name, project=True)
    lock = next(file for file, one in FOREIGN_LOCKS.items() if one.name.lower() == name)
    commands = advised(f"  {FOREIGN_LOCKS[lock].commands(project=True)}")
    run_in(builds.app, commands, manager(name), f"{builds.server.url}/simple/")
    builds.build()
    assert installed(builds) == ["greeter-3.1", "left-1.0", "right-2.0"]
    assert (builds.root / "work space/layers/strata_app-venv/venv/venv/bin/greet").is_file()
    assert not reused(builds.build())


def test_what_detection_advises_for_dependencies_of_poetry_alone(builds: VenvBuilds) -> None:
    """Without [project], and without a lock: with it Poetry installs the app."""
    builds.app.mkdir()
    dependencies = (
        '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = ">=3.10"\nright = "2"\n'
    )
    tests = '[tool.poetry.group.dev.dependencies]\nonly-for-tests = "1"\n'
    (builds.app / "pyproject.toml").write_text(dependencies + tests + source("tool.poetry.source", builds))
    builds.publish(Project("only-for-tests"))
    with pytest.raises(PhaseError) as failed:
        builds.build()
    commands = advised(failed.value.detail)
    assert commands == "poetry lock"
    run_in(builds.app, commands, manager("poetry"), f"{builds.server.url}/simple/")
    assert choose_manager(builds.app, {}) is PackageManager.POETRY


@pytest.mark.parametrize("creator", ["uv", "poetry-plugin-export", "pdm"])
def test_locks_of_other_managers_are_installed_and_can_be_made_again(
    builds: VenvBuilds, creator: str
) -> None:
    """If a lock does not fit, the command that made it is named by what it says of itself."""
    name = creator.partition("-")[0]
    prepare(builds, name, project=False)
    command = CREATORS[creator].format("pylock.toml") + (" --no-emit-project" if name == "uv" else "")
    run_in(builds.app, command, manager(name), f"{builds.server.url}/simple/")
    text = (builds.app / "pylock.toml").read_text()
    assert re.search(rf"^created-by *= *[\"']{creator}[\"']$", text, re.MULTILINE)
    builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert reused(builds.build())
