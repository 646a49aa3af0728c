"""What strata/app-venv installs from: each kind of input for real, with and without the right to reuse."""

from __future__ import annotations

import shutil

import pytest

from buildpack_testing.failure import LifecycleCode, PhaseError
from support.main_job import VENV
from support.venv_builds import VenvBuilds, installed, reused, site_packages, text_of
from support.wheels import Project, make_wheel

EXTRAS = (Project("extra-one"), Project("extra-two"), Project("group-one"), Project("group-two"))


@pytest.fixture
def builds(builds: VenvBuilds) -> VenvBuilds:
    builds.publish(*EXTRAS)
    return builds


def change(builds: VenvBuilds, file: str, old: str, new: str) -> None:
    path = builds.app / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# Lock files


def test_a_lock_file_is_installed_and_reused_without_asking_anybody(builds: VenvBuilds) -> None:
    builds.lock("left-1.0", "right-2.0")
    first = builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    asked = len(builds.server.requests)
    second = builds.build()
    assert reused(second)
    assert len(builds.server.requests) == asked
    third = builds.build(clear=True)
    assert third.layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id


def test_a_change_of_a_lock_file_gives_another_environment(builds: VenvBuilds) -> None:
    builds.publish(Project("left", "1.1", script=True))
    builds.lock("left-1.0", "right-2.0")
    builds.build()
    builds.lock("left-1.1")
    result = builds.build()
    assert installed(builds) == ["left-1.1"]
    assert not reused(result)
    assert "left 1.0 -> 1.1" in text_of(result)
    assert "right 2.0 is no longer needed" in text_of(result)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ["left-1.0"]),
        ({"BP_PIP_EXTRAS": "Web"}, ["left-1.0", "right-2.0"]),
        ({"BP_PIP_GROUPS": "serve"}, ["extra_one-1.0", "left-1.0"]),
        ({"BP_PIP_EXTRAS": "web", "BP_PIP_GROUPS": "serve"}, ["extra_one-1.0", "left-1.0", "right-2.0"]),
    ],
)
def test_extras_and_groups_of_a_lock_file(
    builds: VenvBuilds, variables: dict[str, str], expected: list[str]
) -> None:
    head = 'extras = ["web"]\ndependency-groups = ["serve"]'
    builds.lock("left-1.0", "right-2.0", "extra-one-1.0", file="pylock.app.toml", head=head)
    change(builds, "pylock.app.toml", 'version = "2.0"\n', 'version = "2.0"\nmarker = "\'web\' in extras"\n')
    extra = 'name = "extra-one"\n'
    change(builds, "pylock.app.toml", extra, f"{extra}marker = \"'serve' in dependency_groups\"\n")
    builds.build(variables)
    assert installed(builds) == expected
    assert reused(builds.build(variables))
    other = builds.build({"BP_PIP_EXTRAS": "" if "BP_PIP_EXTRAS" in variables else "web"})
    assert "made anew: what is installed: " in text_of(other)


def test_default_groups_of_a_lock_file(builds: VenvBuilds) -> None:
    """As PDM writes them: each package belongs to a group, and one group is installed without being named."""
    head = 'dependency-groups = ["default", "dev"]\ndefault-groups = ["default"]'
    builds.lock("left-1.0", "extra-one-1.0", head=head)
    for name, group in (("left", "default"), ("extra-one", "dev")):
        line = f'name = "{name}"\n'
        change(builds, "pylock.toml", line, f"{line}marker = \"'{group}' in dependency_groups\"\n")
    builds.build()
    assert installed(builds) == ["left-1.0"]
    assert reused(builds.build())
    builds.build({"BP_PIP_GROUPS": "dev"})
    assert installed(builds) == ["extra_one-1.0", "left-1.0"]


@pytest.mark.parametrize(
    ("head", "variables", "said"),
    [
        ('requires-python = ">=3.99"', {}, "requires-python is >=3.99 The app gets Python 3."),
        ("environments = [\"sys_platform == 'win32'\"]", {}, "for other environments than this one"),
        ('extras = ["web"]', {"BP_PIP_EXTRAS": "wbe"}, "pylock.toml has no extra wbe It has: web."),
        ("", {"BP_PIP_GROUPS": "web"}, "pylock.toml has no dependency group web It has no"),
        ("extras = 3", {}, "pylock.toml is not a valid lock file Unexpected type int"),
        ("= 3", {}, "pylock.toml:3: not valid TOML"),
    ],
)
def test_a_lock_file_that_is_not_for_this_build(
    builds: VenvBuilds, head: str, variables: dict[str, str], said: str
) -> None:
    builds.lock("left-1.0", head=head)
    assert said in builds.failure(**variables)


def test_a_lock_file_of_another_format(builds: VenvBuilds) -> None:
    builds.lock("left-1.0")
    change(builds, "pylock.toml", 'lock-version = "1.0"', 'lock-version = "2.0"')
    assert "pylock.toml has a lock-version that is not known" in builds.failure()


def test_a_lock_file_with_the_project_itself(builds: VenvBuilds) -> None:
    """As other tools write it: wheels with hashes, and the project as a directory without one."""
    builds.project("greeter")
    lock = builds.lock("left-1.0", "right-2.0")
    mine = '[[packages]]\nname = "greeter"\n[packages.directory]\npath = "."\neditable = true\n'
    lock.write_text(f"{lock.read_text()}\n{mine}")
    first = builds.build()
    assert installed(builds) == ["greeter-3.1", "left-1.0", "right-2.0"]
    assert "Not kept for the next build: pylock.toml (greeter) comes from a local dir" in text_of(first)
    with builds.platform().container() as container:
        assert container.run(["greet"]).stdout.endswith("with right 2.0\n")
    change(builds, "pylock.toml", 'sha256 = "', 'sha256 = "0')
    assert "left-1.0-py3-none-any.whl is not the file that pylock.toml was made with" in builds.failure()


def test_a_lock_file_with_the_project_and_another_file(builds: VenvBuilds) -> None:
    lock = builds.lock("left-1.0")
    lock.write_text(f'{lock.read_text()}\n[[packages]]\nname = "mine"\n[packages.directory]\npath = "."\n')
    builds.require("right")
    output = builds.failure(BP_PIP_REQUIREMENT="pylock.toml requirements.txt")
    assert "pip cannot install pylock.toml: not everything in it has a hash mine comes from a local" in output
    assert "--no-emit-project" in output


def test_a_lock_file_beside_requirements_that_are_named(builds: VenvBuilds) -> None:
    """Some from a lock, and more: each with hashes, so that nothing has to be asked."""
    builds.lock("left-1.0", file="pylock.base.toml")
    builds.require(*builds.locked("right-2.0"), file="more.txt")
    variables = {"BP_PIP_REQUIREMENT": "pylock.base.toml more.txt"}
    builds.build(variables)
    assert installed(builds) == ["left-1.0", "right-2.0"]
    asked = len(builds.server.requests)
    assert reused(builds.build(variables))
    assert len(builds.server.requests) == asked


# Projects


def test_the_dependencies_of_a_project_without_the_project(builds: VenvBuilds) -> None:
    builds.project("plain")
    result = builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert "BP_PIP_PROJECT is not set: dependencies, since its modules are found" in text_of(result)
    asked = len(builds.server.requests)
    assert reused(builds.build())
    assert len(builds.server.requests) > asked
    change(builds, "pyproject.toml", 'style = "any"', 'style = "other"')
    assert reused(builds.build())
    change(builds, "pyproject.toml", '"right", ', "")
    result = builds.build()
    assert installed(builds) == ["left-1.0"]
    assert "right 2.0 is no longer needed" in text_of(result)


def test_extras_and_groups_of_a_project(builds: VenvBuilds) -> None:
    builds.project("plain")
    chosen = {"BP_PIP_EXTRAS": "all", "BP_PIP_GROUPS": "serve"}
    builds.build(chosen)
    expected = ["extra_one", "extra_two", "group_one", "group_two", "left", "right"]
    assert [name.rpartition("-")[0] for name in installed(builds)] == expected
    assert reused(builds.build(chosen))
    result = builds.build({"BP_PIP_GROUPS": "base"})
    assert installed(builds) == ["group_one-1.0", "left-1.0", "right-2.0"]
    assert "made anew: what is installed: " in text_of(result)


def test_a_new_release_for_a_project_is_noticed(builds: VenvBuilds) -> None:
    builds.project("plain")
    builds.build()
    builds.publish(Project("right", "2.1", requires=("left",)))
    assert "made anew: right 2.0 -> 2.1\n" in text_of(builds.build())


@pytest.mark.parametrize(
    ("old", "new", "variables", "said"),
    [
        (">=3.10", ">=3.99", {}, "pyproject.toml is for another Python: requires-python is >=3.99"),
        (">=3.10", "3.x", {}, "requires-python is no version specifier"),
        ('"right"', '"right=="', {}, "pyproject.toml has an invalid requirement: right=="),
        ('"right"', "1", {}, "[project] dependencies has something that is not a string: 1"),
        ("", "", {"BP_PIP_EXTRAS": "none"}, "pyproject.toml has no extra none It has: all, more."),
        ("", "", {"BP_PIP_GROUPS": "a, b/c"}, "BP_PIP_GROUPS has something that is not a name: b/c"),
        (
            '["group-one"]',
            '[{ include-group = "serve" }]',
            {"BP_PIP_GROUPS": "base"},
            "base -> serve -> base",
        ),
        ('version = "1.0"', 'dynamic = ["dependencies"]', {"BP_PIP_PROJECT": "dependencies"}, "are dynamic"),
        ("", "", {"BP_PIP_PROJECT": "both"}, "BP_PIP_PROJECT is 'both'"),
    ],
)
def test_a_project_that_cannot_be_installed_so(
    builds: VenvBuilds, old: str, new: str, variables: dict[str, str], said: str
) -> None:
    builds.project("plain")
    change(builds, "pyproject.toml", old, new)
    assert said in builds.failure(**variables)


@pytest.mark.parametrize("mode", ["editable", "wheel"])
def test_a_project_with_a_command_is_installed_itself(builds: VenvBuilds, mode: str) -> None:
    builds.project("greeter")
    variables = {"BP_PIP_EXTRAS": "more"} | ({"BP_PIP_PROJECT": "wheel"} if mode == "wheel" else {})
    first = builds.build(variables)
    assert installed(builds) == ["extra_one-1.0", "greeter-3.1", "left-1.0", "right-2.0"]
    with builds.platform().container() as container:
        said = container.run(["greet"]).stdout
    workspace = builds.root / "work space/workspace"
    place = workspace / "src" if mode == "editable" else site_packages(builds)
    assert said.startswith(f"greetings from {place}/greeter/__init__.py")
    second = builds.build(variables)
    assert not reused(second)
    assert "Not kept for the next build: pyproject.toml (the project itself) is " in text_of(second)
    assert second.layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id


def test_a_project_may_be_chosen_beside_other_files(builds: VenvBuilds) -> None:
    builds.project("greeter")
    builds.require("left")
    builds.lock("left-1.0")
    builds.build({"BP_PIP_PROJECT": "dependencies"})
    assert installed(builds) == ["left-1.0", "right-2.0"]


# Wheels of the app's own


def vendor(builds: VenvBuilds, *names: str, directory: str = "vendor") -> None:
    (builds.app / directory).mkdir(parents=True)
    for path in builds.wheels:
        if path.name.startswith(names):
            shutil.copy(path, builds.app / directory)


def test_vendored_wheels_are_all_that_is_used(builds: VenvBuilds) -> None:
    vendor(builds, "left-1.0", "right")
    builds.publish(Project("left", "1.1"))
    builds.require("right")
    result = builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert "Installing requirements.txt, offline from the 2 files in vendor/" in text_of(result)
    assert reused(builds.build())
    builds.publish(Project("left", "1.2"))
    shutil.copy(builds.wheels[-1], builds.app / "vendor")
    result = builds.build()
    assert installed(builds) == ["left-1.2", "right-2.0"]
    assert "left 1.0 -> 1.2" in text_of(result)
    assert not builds.server.requests


def test_what_is_not_vendored_is_missing(builds: VenvBuilds) -> None:
    vendor(builds, "right")
    builds.require("right")
    output = builds.failure()
    assert "No matching distribution found for left" in output
    assert "only the app's own wheels were used: pip download" in output
    assert not builds.server.requests


def test_another_directory_with_wheels(builds: VenvBuilds) -> None:
    vendor(builds, "left", directory="my wheels")
    builds.require("left")
    builds.build({"BP_PIP_DEST_PATH": "my wheels"})
    assert not builds.server.requests
    output = builds.failure(BP_PIP_DEST_PATH="nowhere")
    assert "BP_PIP_DEST_PATH names a directory without wheels: nowhere" in output


def test_a_directory_of_another_language_is_not_taken_for_wheels(builds: VenvBuilds) -> None:
    builds.require("left")
    (builds.app / "vendor").mkdir()
    (builds.app / "vendor/package.zip").touch()
    builds.build()
    assert builds.server.requests


# Requirements files


def test_several_files_and_constraints(builds: VenvBuilds) -> None:
    builds.publish(Project("left", "1.1"))
    builds.require("right", file="a.txt")
    (builds.app / "more").mkdir()
    builds.require("extra-one", file="more/b.txt")
    builds.require("left<1.1", file="limits.txt")
    variables = {"BP_PIP_REQUIREMENT": "a.txt more/b.txt", "PIP_CONSTRAINT": "limits.txt"}
    builds.build(variables)
    assert installed(builds) == ["extra_one-1.0", "left-1.0", "right-2.0"]
    assert reused(builds.build(variables))
    builds.require("left", file="limits.txt")
    builds.build(variables)
    assert "left-1.1" in installed(builds)


@pytest.mark.parametrize("separator", ["\r", " # more\x0c", " # more\u2028", "\x1e"])
def test_lines_of_requirements_end_where_they_end_for_pip(builds: VenvBuilds, separator: str) -> None:
    """Else a requirement without a hash would be taken for a part of the line before it."""
    left, right = builds.locked("left-1.0", "right-2.0")
    builds.app.mkdir()
    (builds.app / "requirements.txt").write_text(separator.join((left, right)), "utf-8", newline="")
    builds.build()
    assert installed(builds) == ["left-1.0", "right-2.0"]
    assert "all requirements have an exact version and a hash" in text_of(builds.build())
    (builds.app / "requirements.txt").write_text(separator.join(("left", "extra-one")), "utf-8", newline="")
    builds.build()
    assert installed(builds) == ["extra_one-1.0", "left-1.0"]
    assert "pip would choose the same files today" in text_of(builds.build())


def test_wheels_beside_a_file_that_is_included_are_found_and_newer_ones_noticed(builds: VenvBuilds) -> None:
    """Relative names count from the file that they are in."""
    builds.require("-r more/base.txt", "left")
    (builds.app / "more/wheels").mkdir(parents=True)
    builds.require("--find-links wheels", "fourth", file="more/base.txt")
    make_wheel(Project("fourth"), builds.app / "more/wheels")
    builds.build()
    make_wheel(Project("fourth", "2.0"), builds.app / "more/wheels")
    assert "made anew: fourth 1.0 -> 2.0" in text_of(builds.build())
    assert reused(builds.build())


def test_a_wheel_in_the_app_is_reused_until_it_changes(builds: VenvBuilds) -> None:
    vendor(builds, "left", directory="wheels")
    builds.require("./wheels/left-1.0-py3-none-any.whl")
    builds.build()
    assert reused(builds.build())
    make_wheel(Project("left", files={"more.py": ""}), builds.app / "wheels")
    result = builds.build()
    assert "left 1.0: another file of the same version" in text_of(result)
    assert (site_packages(builds) / "more.py").is_file()


# Contradictions, and nothing at all


@pytest.mark.parametrize(
    ("files", "variables", "said"),
    [
        (
            ("requirements.txt", "pylock.toml"),
            {},
            "several files to install from: requirements.txt, pylock.toml",
        ),
        (("pylock.a.toml", "pylock.toml"), {}, "several files to install from: pylock.a.toml, pylock.toml"),
        (
            ("requirements.txt", "pyproject.toml"),
            {"BP_PIP_PROJECT": "wheel", "BP_PIP_REQUIREMENT": "requirements.txt"},
            "BP_PIP_REQUIREMENT and BP_PIP_PROJECT are both set",
        ),
        (("requirements.txt",), {"BP_PIP_PROJECT": "wheel"}, "is set, but the app has no pyproject.toml"),
        (("requirements.txt",), {"BP_PIP_EXTRAS": "a"}, "BP_PIP_EXTRAS cannot be used with requirements.txt"),
        (("requirements.txt",), {"BP_PIP_REQUIREMENT": "a.txt"}, "a.txt: No such file or directory"),
    ],
)
def test_what_contradicts_is_listed(
    builds: VenvBuilds, files: tuple[str, ...], variables: dict[str, str], said: str
) -> None:
    for file in files:
        builds.require(file=file)
    assert said in builds.failure(**variables)


@pytest.mark.parametrize(
    ("file", "text", "variables"),
    [
        ("pyproject.toml", "[project]\nname = 'a'\nversion = '1'\n", {}),
        ("pyproject.toml", "[project]\nname = 'a'\nversion = '1'\ndependencies = []\n", {}),
        (
            "pyproject.toml",
            "[dependency-groups]\na = []\n",
            {"BP_PIP_GROUPS": "a", "BP_PIP_PROJECT": "dependencies"},
        ),
        ("pyproject.toml", "[project]\ndependencies = [\"left; python_version < '3'\"]\n", {}),
        ("pylock.toml", 'lock-version = "1.0"\ncreated-by = "me"\npackages = []\n', {}),
        ("requirements.txt", "", {"BP_PIP_REQUIRE_HASHES": "true"}),
        ("requirements.txt", "-c limits.txt\n# nothing else\n", {}),
    ],
)
def test_nothing_to_install_is_an_empty_environment(
    builds: VenvBuilds, file: str, text: str, variables: dict[str, str]
) -> None:
    builds.app.mkdir(exist_ok=True)
    (builds.app / "limits.txt").write_text("left<2\n")
    (builds.app / file).write_text(text)
    first = builds.build(variables)
    assert installed(builds) == []
    assert "0 installed" in text_of(first)
    second = builds.build(variables)
    assert reused(second)
    assert second.layer(VENV, "venv").diff_id == first.layer(VENV, "venv").diff_id


def test_an_empty_project_with_wheels_of_its_own(builds: VenvBuilds) -> None:
    builds.app.mkdir(exist_ok=True)
    (builds.app / "pyproject.toml").write_text("[project]\nname = 'a'\nversion = '1'\n")
    make_wheel(Project("left"), builds.app / "vendor")
    builds.build()
    assert installed(builds) == []


def test_a_variable_without_a_value_is_named_before_pip_runs(builds: VenvBuilds) -> None:
    builds.require("left @ https://${TOKEN}@127.0.0.1:1/left-1.0-py3-none-any.whl", "--pre # ${NOT_THIS}")
    said = builds.failure()
    assert "Variables have no value where they are used: ${TOKEN}" in said
    assert said.index("requirements.txt:1: ${TOKEN} is not set.") < said.index("Installing requirements.txt")
    assert "Without a value, as the warning above says: ${TOKEN}." in said
    assert "NOT_THIS" not in said


def test_a_project_with_a_lock_that_pip_cannot_read(builds: VenvBuilds) -> None:
    """A lock of uv beside one of another manager: which of them is meant is not guessed."""
    builds.project("plain")
    for name in ("uv.lock", "pdm.lock"):
        builds.require(file=name)
    with pytest.raises(PhaseError) as failed:
        builds.build()
    assert failed.value.code is LifecycleCode.DETECT_NOBODY  # before anything is downloaded or made
    output = failed.value.detail
    assert "uv.lock is there, and a file of another manager" in output
    assert "BP_PACKAGE_MANAGER (uv or poetry)" in output
    builds.build({"BP_PIP_PROJECT": "dependencies"})
    assert installed(builds) == ["left-1.0", "right-2.0"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("Requirements.txt", "BP_PIP_REQUIREMENT=Requirements.txt"),
        ("requirement.txt", "BP_PIP_REQUIREMENT=requirement.txt"),
        ("requirements.txt.txt", "BP_PIP_REQUIREMENT=requirements.txt.txt"),
        ("requirements-prod.txt", "BP_PIP_REQUIREMENT=requirements-prod.txt"),
        ("requirements/base.txt", "BP_PIP_REQUIREMENT=requirements/base.txt"),
        ("backend/requirements.txt", "BP_PIP_REQUIREMENT=backend/requirements.txt"),
        ("a/b/requirements.txt", "BP_PIP_REQUIREMENT=a/b/requirements.txt"),
        ("requirments.txt", "BP_PIP_REQUIREMENT=requirments.txt"),
        ("requirements", "BP_PIP_REQUIREMENT=requirements"),
        ("requirements.TXT", "BP_PIP_REQUIREMENT=requirements.TXT"),
        ("requirements/base.in", "BP_PIP_REQUIREMENT=requirements/base.in"),
        ("requirements.txt ", "A file has a blank in its name: requirements.txt "),
        ("my requirements.txt", "call it requirements.txt, exactly so: no variable can name it."),
        ("UV.lock", "UV.lock is there. A lock file is found if it is called"),
        ("report.ipynb", "It looks like an app in Python."),
        ("requirements.lock", "BP_PIP_REQUIREMENT=requirements.lock"),
        ("requirements-dev.lock", "BP_PIP_REQUIREMENT=requirements-dev.lock"),
        ("Requirements/base.txt", "BP_PIP_REQUIREMENT=Requirements/base.txt"),
        ("requirements.txt/base.txt", "BP_PIP_REQUIREMENT=requirements.txt/base.txt"),
        ("app/requirements/base.txt", "BP_PIP_REQUIREMENT=app/requirements/base.txt"),
        ("dependencies.txt", "BP_PIP_REQUIREMENT=dependencies.txt"),
        (
            "PyProject.toml",
            "PyProject.toml is there. The file of a project is found if it is called pyproject",
        ),
        ("pyproject.toml/[dependency-groups]", "BP_PIP_PROJECT=dependencies BP_PIP_GROUPS=<their names>"),
        ("pyproject.toml/[tool.flit.metadata]", "has its dependencies in [tool.flit.metadata]"),
        ("environment.prod.yml", "A file of Conda or Pixi is there"),
        ("Pylock.toml", "Pylock.toml is there. A lock file is found if it is called pylock.toml"),
        ("scrapy.cfg", "A project of Scrapy is there (scrapy.cfg)"),
        ("src/app/pyproject.toml", "src/app/pyproject.toml is there, but no file to install from in the top"),
        ("packages/a/pyproject.toml", "packages/a/pyproject.toml is there"),
        ("pyproject.toml/[tool.poetry]", "poetry lock"),
        ("pyproject.toml/[tool.pdm]", "needs for dependencies"),
        ("Pipfile", "no Pipfile.lock, which says what is installed. Commit what this gives: pipenv lock"),
        ("pyproject.toml", "has no table [project]"),
        ("app/requirements.txt", "not in the top directory of what is uploaded"),
        ("main.py", "It looks like an app in Python."),
        ("package.json", "none of these is there: requirements.txt, pylock.toml, "),
    ],
)
def test_an_app_that_is_almost_right_is_told_so(builds: VenvBuilds, file: str, said: str) -> None:
    name, _, table = file.partition("/[")
    (builds.app / name).parent.mkdir(parents=True, exist_ok=True)
    (builds.app / name).write_text(f"[{table}\n" if table else "")
    assert said in builds.failure()


@pytest.mark.parametrize("file", ["requirements.txt", "pylock.toml", "pyproject.toml"])
def test_a_link_out_of_what_is_uploaded_is_told(builds: VenvBuilds, file: str) -> None:
    builds.app.mkdir()
    (builds.app / "main.py").touch()
    (builds.app / file).symlink_to(f"../{file}")
    assert f"{file} is a link to a file that is not there" in builds.failure()


@pytest.mark.parametrize(
    "text",
    [
        'project = { name = "x", version = "1", dependencies = ["left"] }\n',
        'project.name = "x"\nproject.dependencies = ["left"]\n',
        '[ project ]\nname = "x"\ndependencies = ["left"]\n',
    ],
)
def test_a_project_may_be_written_in_all_ways_of_toml(builds: VenvBuilds, text: str) -> None:
    builds.app.mkdir()
    (builds.app / "pyproject.toml").write_text(text)
    builds.build()
    assert installed(builds) == ["left-1.0"]


def test_groups_without_a_project(builds: VenvBuilds) -> None:
    """As detection advises it."""
    builds.app.mkdir()
    (builds.app / "pyproject.toml").write_text('[dependency-groups]\nmain = ["left"]\n')
    builds.build({"BP_PIP_PROJECT": "dependencies", "BP_PIP_GROUPS": "main"})
    assert installed(builds) == ["left-1.0"]


@pytest.mark.parametrize(
    ("build_system", "said"),
    [
        ('requires = []\nbuild-backend = "nobody"', "a build backend that cannot be imported: nobody"),
        ('requires = ["no-such"]', "a project of the app has to be built, and the index has no no-such,"),
        ('requires = []\nbuild-backend = "bad"\nbackend-path = ["."]', "a project of the app could not be"),
    ],
)
def test_a_project_of_the_app_that_cannot_be_built(builds: VenvBuilds, build_system: str, said: str) -> None:
    """It is named as what it is, not as a package without a wheel."""
    builds.app.mkdir()
    (builds.app / "bad.py").write_text("def build_wheel(*_: object) -> str:\n    raise SystemExit(3)\n")
    project = '[project]\nname = "x"\nversion = "1"\n'
    (builds.app / "pyproject.toml").write_text(f"{project}[build-system]\n{build_system}\n")
    assert said in builds.failure(BP_PIP_PROJECT="wheel")
