"""Projects: what of pyproject.toml is installed, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_venv.inputs.pinning import Evidence, Pinning
from app_venv.inputs.project import choose_mode, read_project
from app_venv.inputs.project_table import ProjectTable, read_project_table
from app_venv.settings import ProjectMode
from buildpack_api.errors import ConfigurationError
from support.venv_inputs import wanted

if TYPE_CHECKING:
    from pathlib import Path

POETRY = "[tool.poetry.dependencies]\npython = '3'\nflask = '3'\n"
BUILD = '[build-system]\nrequires = ["setuptools"]\n'
BASE = """
[project]
name = "My.App"
version = "1"
dependencies = ["flask>=3", "far @ git+https://me:secret-word@host/far", "old; python_version < '3'"]
[project.optional-dependencies]
Async_IO = ["uvloop"]
all = ["my_app[async-io]", "my-app[all]; python_version > '3'", "more"]
[dependency-groups]
web = ["gunicorn", {include-group = "base"}]
Base = ["structlog"]
"""


def read(
    app: Path, text: str, mode: ProjectMode = ProjectMode.DEPENDENCIES, **variables: str
) -> tuple[tuple[str, ...], Evidence, str]:
    (app / "pyproject.toml").write_text(text)
    found = Evidence()
    title, arguments, _ = read_project(mode, wanted(app, variables), found)
    return arguments, found, title


def test_dependencies_are_arguments_of_pip(tmp_path: Path) -> None:
    arguments, found, title = read(tmp_path, BASE)
    assert arguments == (
        "flask>=3",
        "far @ git+https://me:secret-word@host/far",
        "old; python_version < '3'",
    )
    assert title == "the dependencies of pyproject.toml"
    assert [one.pinning for one in found.requirements] == [Pinning.OPEN, Pinning.UNPROVABLE]
    assert "secret-word" not in "".join(map(str, found.requirements))


def test_extras_of_extras_and_groups_of_groups(tmp_path: Path) -> None:
    arguments, _, title = read(tmp_path, BASE, BP_PIP_EXTRAS="ALL", BP_PIP_GROUPS="web")
    assert [text.split()[0] for text in arguments] == [
        *("flask>=3", "far", "old;", "my-app[all];", "more", "uvloop", "gunicorn", "structlog")
    ]
    assert title.endswith(" with extras all and groups web")


@pytest.mark.parametrize(
    ("mode", "variables", "expected"),
    [
        (ProjectMode.EDITABLE, {}, ("--editable", ".")),
        (ProjectMode.WHEEL, {}, (".",)),
        (ProjectMode.WHEEL, {"BP_PIP_EXTRAS": "all", "BP_PIP_GROUPS": "base"}, (".[all]", "structlog")),
    ],
)
def test_the_project_itself(
    tmp_path: Path, mode: ProjectMode, variables: dict[str, str], expected: tuple[str, ...]
) -> None:
    arguments, found, _ = read(tmp_path, BASE, mode, **variables)
    assert arguments == expected
    assert found.requirements[0].pinning is Pinning.UNPROVABLE


@pytest.mark.parametrize("mode", [ProjectMode.EDITABLE, ProjectMode.WHEEL])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project.scripts]\n", "[project] has no name and no version,"),
        ("[project]\nname = 'a'\n", "[project] has no version,"),
        ("[project]\nname = 'a'\ndynamic = ['version']\n", ""),
        ("[tool.poetry]\nname = 'a'\n", ""),
    ],
)
def test_a_project_without_a_name_cannot_be_installed(
    tmp_path: Path, mode: ProjectMode, text: str, said: str
) -> None:
    if not said:
        read(tmp_path, f"{text}{BUILD}", mode)
        return
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, f"{text}{BUILD}", mode)
    assert said in refused.value.title


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("[project]\n", "", ProjectMode.DEPENDENCIES),
        ("[project]\n" + BUILD, "", ProjectMode.DEPENDENCIES),
        ("[project]\n", "src/a/__init__.py", ProjectMode.DEPENDENCIES),
        ("[project]\n" + BUILD, "src/a/__init__.py", ProjectMode.EDITABLE),
        ("[project]\n" + BUILD, "src/a.js", ProjectMode.DEPENDENCIES),
        ('[project]\nscripts = { a = "b:c" }\n', "", ProjectMode.EDITABLE),
        ("[project.scripts]\n", "", ProjectMode.DEPENDENCIES),
        ('[project.entry-points."x.y"]\na = "b"\n', "", ProjectMode.EDITABLE),
        ('[project]\ndynamic = ["dependencies"]\n', "", ProjectMode.EDITABLE),
        ('[project]\ndynamic = ["version"]\n', "", ProjectMode.DEPENDENCIES),
    ],
)
def test_what_is_chosen_for_those_who_say_nothing(
    tmp_path: Path, text: str, source: str, expected: ProjectMode
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    if source:
        (tmp_path / source).parent.mkdir(parents=True)
        (tmp_path / source).touch()
    assert choose_mode(read_project_table(tmp_path / "pyproject.toml"), tmp_path)[0] is expected


def test_only_what_is_installed_counts(tmp_path: Path) -> None:
    digest = read(tmp_path, BASE)[1].digest
    assert read(tmp_path, f"{BASE}\n[tool.x]\ny = 1\n")[1].digest == digest
    assert read(tmp_path, BASE.replace('"uvloop"', '"uvloop>1"'))[1].digest == digest
    assert read(tmp_path, BASE.replace("secret-word", "other-word"))[1].digest == digest
    assert read(tmp_path, BASE.replace("flask>=3", "flask>=4"))[1].digest != digest


@pytest.mark.parametrize(
    ("text", "variables", "said"),
    [
        ("project = 1\n", {}, "[project] is not a table"),
        ("[project]\ndependencies = 'a'\n", {}, "[project] dependencies is not an array"),
        ("[project]\ndependencies = ['a', {}]\n", {}, "is not a string: {}"),
        ("[project]\ndependencies = ['a b']\n", {}, "has an invalid requirement: a b"),
        ("[project]\ndependencies = ['--pre']\n", {}, "has an invalid requirement: --pre"),
        ("[project]\nrequires-python = '>3.13'\n", {}, ""),
        (
            "[tool.x]\ny = 1\n",
            {},
            "has no table [project], so it lists no dependencies List what the app needs",
        ),
        (f"{POETRY}{BUILD}", {}, "They are in [tool.poetry.dependencies], which pip cannot read. Commit"),
        (f"{POETRY}{BUILD}", {}, "Or set BP_PIP_PROJECT to wheel"),
        (f"[project]\nname = 'a'\n{POETRY}", {}, "in [tool.poetry.dependencies], not in [project]"),
        ("[tool.poetry.dependencies]\npython = '3'\n[project]\n", {}, ""),
        (f"[project]\ndependencies = []\n{POETRY}", {}, ""),
        ("[project]\nrequires-python = '>=3.14'\n", {}, "is for another Python"),
        ("[project]\nrequires-python = '3.12.*'\n", {}, "Write ==3.12.*"),
        (
            "[project]\nrequires-python = '3.12'\n",
            {},
            "Write ==3.12.* for this line, or >=3.12 for newer ones too.",
        ),
        (
            "[project]\ndependencies = ['x; os_name === \"a\"']\n",
            {},
            "has an invalid requirement: x; os_name",
        ),
        ("[project]\nrequires-python = '^3.12'\n", {}, "Write a specifier, such as: >=3.12"),
        (f"[project]\nrequires-python = '<{'9' * 5000}'\n", {}, "requires-python is no version specifier"),
        ("[project]\ndynamic = ['dependencies']\n", {}, "does not list its dependencies: they are dynamic"),
        (
            "[project]\ndynamic = ['optional-dependencies']\noptional-dependencies.a = []\n",
            {"BP_PIP_EXTRAS": "a"},
            "does not list its optional-dependencies",
        ),
        ("[dependency-groups]\na = ['x', 1]\n", {"BP_PIP_GROUPS": "a"}, "an entry that is not known: 1"),
        ("[dependency-groups]\na = [{include-group = 'a'}]\n", {"BP_PIP_GROUPS": "a"}, "a -> a"),
        ("[dependency-groups]\na = [{include-group = 'b'}]\n", {"BP_PIP_GROUPS": "a"}, "not known"),
        ("[dependency-groups]\na = []\n", {"BP_PIP_GROUPS": "A.b"}, "has no dependency group a-b It has: a."),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, variables: dict[str, str], said: str) -> None:
    if not said:
        read(tmp_path, text)
        return
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, text, ProjectMode.DEPENDENCIES, **variables)
    assert said in " ".join(str(refused.value).split())


@pytest.mark.parametrize("text", ["[tool.x]\n", POETRY])
def test_no_advice_leads_in_a_circle(tmp_path: Path, text: str) -> None:
    """What wheel refuses is not to be tried with dependencies, which refuses it as well."""
    with pytest.raises(ConfigurationError, match="describes no project") as refused:
        read(tmp_path, text, ProjectMode.WHEEL)
    assert "dependencies" not in refused.value.advice
    assert refused.value.advice.startswith("Remove BP_PIP_PROJECT.")


NAMES = st.sampled_from("abcd")
ENTRIES = st.lists(st.one_of(NAMES, NAMES.map(lambda name: {"include-group": name})), max_size=4)


@given(groups=st.dictionaries(NAMES, ENTRIES), name=NAMES)
def test_groups_end_in_requirements_or_in_an_error(groups: dict[str, list[object]], name: str) -> None:
    """Never in an endless walk, whatever includes what."""
    table = ProjectTable(None, groups)
    try:
        requirements = list(table.group(name))
    except ConfigurationError:
        assert any(isinstance(entry, dict) for entries in groups.values() for entry in entries)
    else:
        assert {entry for entry in groups.get(name, []) if isinstance(entry, str)} <= set(requirements)


@given(extras=st.dictionaries(NAMES, st.lists(st.one_of(NAMES, NAMES.map("me[{}]".format)), max_size=4)))
def test_extras_of_extras_come_to_an_end(extras: dict[str, list[str]]) -> None:
    table = ProjectTable({"name": "me", "optional-dependencies": extras})
    found = set(table.dependencies(tuple(extras)))
    assert found == {text for texts in extras.values() for text in texts if "[" not in text}


def test_groups_that_include_each_other_without_end_are_one_error(tmp_path: Path) -> None:
    """A thousand groups, each with the next, are no circle, and no bug of this buildpack."""
    groups = "".join(f"g{number} = [{{include-group = 'g{number + 1}'}}]\n" for number in range(1_000))
    with pytest.raises(ConfigurationError, match="include each other more than 100 levels deep"):
        read(tmp_path, f"[dependency-groups]\n{groups}g1000 = []\n", BP_PIP_GROUPS="g0")


def test_a_deep_file_is_one_error(tmp_path: Path) -> None:
    """TOML whose arrays are in each other three thousand times."""
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        read(tmp_path, f"a = {'[' * 3_000}{']' * 3_000}")
    assert "pyproject.toml" in caught.value.title
    assert "100 levels deep" in caught.value.detail
