"""One choice or an error that lists what contradicts: nothing wins in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_venv.inputs.choice import InputChoice, choose
from app_venv.inputs.selection import Selection
from app_venv.settings import ProjectMode, read_settings
from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

PROJECT, SETTINGS = '[project]\nname = "a"\n', "[tool.x]\ny = 1\n"
COMMAND = "[project.scripts]\na = 'a:b'\n"
REQUIREMENTS, LOCK, NAMED = "requirements.txt", "pylock.toml", "pylock.web.toml"


def make(app: Path, files: Collection[str], pyproject: str = "") -> Path:
    for name in files:
        (app / name).write_text("")
    if pyproject:
        (app / "pyproject.toml").write_text(pyproject)
    return app


def chosen(app: Path, variables: Mapping[str, str] | None = None) -> InputChoice:
    settings = read_settings(variables or {})
    return choose(app, settings, Selection(settings.extras, settings.groups))


@pytest.mark.parametrize(
    ("files", "pyproject", "variables", "expected"),
    [
        ([REQUIREMENTS], "", {}, InputChoice((REQUIREMENTS,))),
        ([REQUIREMENTS], PROJECT, {}, InputChoice((REQUIREMENTS,))),
        ([REQUIREMENTS, "uv.lock"], PROJECT, {}, InputChoice((REQUIREMENTS,))),
        ([LOCK], PROJECT, {}, InputChoice((LOCK,))),
        ([NAMED], SETTINGS, {}, InputChoice((NAMED,))),
        (["pdm.lock"], PROJECT, {}, InputChoice(("pdm.lock",))),
        (["Pipfile.lock", "Pipfile"], PROJECT, {}, InputChoice(("Pipfile.lock",))),
        ([REQUIREMENTS, "pdm.lock"], PROJECT, {}, InputChoice((REQUIREMENTS,))),
        (["pdm.lock", "uv.lock"], "", {"BP_PIP_REQUIREMENT": "pdm.lock"}, InputChoice(("pdm.lock",))),
        (["pdm.lock"], PROJECT, {"BP_PIP_PROJECT": "wheel"}, InputChoice((), ProjectMode.WHEEL)),
        (["pdm.lock"], "", {"BP_PIP_EXTRAS": "a"}, InputChoice(("pdm.lock",))),
        ([], PROJECT, {}, InputChoice()),
        ([REQUIREMENTS, LOCK], "", {"BP_PIP_REQUIREMENT": "pylock.toml"}, InputChoice((LOCK,))),
        ([], "", {"BP_PIP_REQUIREMENT": "a.txt  b.txt"}, InputChoice(("a.txt", "b.txt"))),
        (
            [REQUIREMENTS, LOCK, "uv.lock"],
            SETTINGS,
            {"BP_PIP_PROJECT": "wheel"},
            InputChoice((), ProjectMode.WHEEL),
        ),
        ([], '[dependency-groups]\na = ["x"]\n', {"BP_PIP_GROUPS": "a"}, InputChoice()),
        ([LOCK], "", {"BP_PIP_EXTRAS": "a", "BP_PIP_GROUPS": "b"}, InputChoice((LOCK,))),
    ],
)
def test_what_is_chosen(
    tmp_path: Path, files: list[str], pyproject: str, variables: dict[str, str], expected: InputChoice
) -> None:
    assert chosen(make(tmp_path, files, pyproject), variables) == expected


@pytest.mark.parametrize(
    ("files", "pyproject", "variables", "said"),
    [
        ([REQUIREMENTS, LOCK, NAMED], "", {}, f"{REQUIREMENTS}, {LOCK}, {NAMED}"),
        ([NAMED, "pylock.b.toml"], PROJECT, {}, f"pylock.b.toml, {NAMED}"),
        ([], "", {}, "Nothing says what this app needs installed"),
        ([], SETTINGS, {}, "Nothing says what this app needs installed"),
        ([], '[dependency-groups]\na = ["x"]\n', {}, "Nothing says what this app needs installed"),
        ([], "[project", {}, "not valid TOML"),
        (["poetry.lock"], PROJECT, {}, "pyproject.toml comes with poetry.lock"),
        (["uv.lock"], PROJECT, {}, "uv export --no-default-groups --no-emit-project --format pylock.toml"),
        (["uv.lock"], f"{PROJECT}{COMMAND}", {}, "uv export --no-default-groups --format pylock.toml"),
        (
            ["uv.lock"],
            f"{PROJECT}{COMMAND}",
            {},
            "It installs the project too, since it has [project.scripts]",
        ),
        (["poetry.lock"], f"{PROJECT}{COMMAND}", {}, "poetry export --without-hashes"),
        (["Pipfile"], PROJECT, {}, "Commit what this gives:\n  pipenv lock"),
        (["pdm.lock", "uv.lock"], PROJECT, {}, "such as BP_PIP_REQUIREMENT=pdm.lock"),
        (["pdm.lock", "Pipfile"], PROJECT, {}, "several managers: pdm.lock, Pipfile"),
        (["Pipfile.lock", "poetry.lock"], "", {}, "several managers: poetry.lock, Pipfile.lock"),
        ([], "[tool.poetry.dependencies]\nflask = '3'\n", {}, "poetry lock\n  poetry export"),
        ([], "[tool.flit.metadata]\nrequires = ['flask']\n", {}, "are in [tool.flit.metadata]"),
        (
            [REQUIREMENTS],
            PROJECT,
            {"BP_PIP_PROJECT": "wheel", "BP_PIP_REQUIREMENT": "a.txt"},
            "are both set",
        ),
        ([REQUIREMENTS], "", {"BP_PIP_PROJECT": "wheel"}, "the app has no pyproject.toml"),
        (
            [REQUIREMENTS],
            PROJECT,
            {"BP_PIP_EXTRAS": "a", "BP_PIP_GROUPS": "b"},
            "BP_PIP_EXTRAS and BP_PIP_GROUPS cannot be used with requirements.txt",
        ),
    ],
)
def test_what_cannot_be_chosen(
    tmp_path: Path, files: list[str], pyproject: str, variables: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        chosen(make(tmp_path, files, pyproject), variables)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("files", "variables", "expected"),
    [
        ([REQUIREMENTS, "uv.lock"], {}, ("uv.lock",)),
        ([LOCK, "poetry.lock", "Pipfile.lock"], {}, ("poetry.lock", "Pipfile.lock")),
        (["uv.lock"], {"BP_PIP_PROJECT": "dependencies"}, ("uv.lock",)),
        ([REQUIREMENTS], {}, ()),
        (["pdm.lock"], {}, ()),
        (["pdm.lock", "uv.lock"], {"BP_PIP_REQUIREMENT": "pdm.lock"}, ("uv.lock",)),
    ],
)
def test_lock_files_that_are_not_read_are_noted(
    tmp_path: Path, files: list[str], variables: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert chosen(make(tmp_path, files, PROJECT), variables).passed_over == expected


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["requirement.txt"], "if it is the one that is meant, set BP_PIP_REQUIREMENT=requirement.txt"),
        (["REQUIREMENTS.TXT"], "REQUIREMENTS.TXT is there"),
        (["requirements.txt.txt"], "requirements.txt.txt is there"),
        (["requirements-prod.txt"], "requirements-prod.txt is there"),
        (["prod-requirements.txt"], "prod-requirements.txt is there"),
        (["requirements.in"], "requirements.in is there"),
        (["reqs.txt"], "reqs.txt is there"),
        (["Pylock.toml"], "Pylock.toml is there"),
        (["requirements/base.txt", "requirements/x.md"], "can name files in it, of requirements/base.txt"),
        (["requirements.txt/x"], "requirements.txt"),
        (["backend/requirements.txt"], "is backend the directory of the app (pack build --path)?"),
        (["a/b/pyproject.toml"], "a/b/pyproject.toml is there"),
        (["Pipfile"], "This gives a file that it can read:\n  pipenv lock"),
        (["environment.yml"], "that is for Conda"),
        (["setup.py"], "a requirements.txt with the line '.'"),
        (["pyproject.toml"], "but has no table [project]"),
        (["main.go"], "It is committed, and neither .gitignore nor project.toml keeps it out."),
    ],
)
def test_what_may_have_been_meant_is_named(tmp_path: Path, files: list[str], said: str) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(ConfigurationError) as refused:
        chosen(tmp_path)
    assert said in str(refused.value)


NAMES = st.sets(st.sampled_from([REQUIREMENTS, LOCK, NAMED, "pylock.a.toml", "uv.lock", "Pipfile.lock"]))


@given(names=NAMES, project=st.booleans())
def test_of_equals_none_wins(
    tmp_path_factory: pytest.TempPathFactory, names: set[str], *, project: bool
) -> None:
    app = make(tmp_path_factory.mktemp("app"), names, PROJECT if project else "")
    equals = sorted(names - {"uv.lock", "Pipfile.lock"})
    if names == {"Pipfile.lock"}:
        assert chosen(app) == InputChoice(("Pipfile.lock",))
    elif len(equals) == 1:
        assert list(chosen(app).files) == equals
    elif equals or not project or names:
        with pytest.raises(ConfigurationError) as refused:
            chosen(app)
        assert all(name in refused.value.title for name in equals)
    else:
        assert chosen(app) == InputChoice()


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("https://me:secret-word@host/r.txt", "names an address, and only files of the app can be named"),
        ("pyproject.toml", "names no requirements file: pyproject.toml Set BP_PIP_PROJECT"),
        ("a/poetry.lock", "names no requirements file: a/poetry.lock It is a file of Poetry. Commit what"),
        ("pdm.prod.lock", "with other names than pdm.lock and Pipfile.lock nothing is known"),
        ("uv.lock", "uv export --no-default-groups"),
        ("environment.yml", "It is a file of Conda. List what the app needs."),
        ("setup.py", "A requirements file with the line '.' installs the project."),
        ('"r.txt"', "without quotation marks"),
        ("r.txt,s.txt", "with blanks between"),
        ("requirements/*.txt", "patterns are not known"),
    ],
)
def test_what_is_named_and_is_no_requirements_file(tmp_path: Path, named: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        chosen(tmp_path, {"BP_PIP_REQUIREMENT": named})
    text = f"{refused.value.title} {refused.value.advice}"
    assert said in text
    assert "secret-word" not in text


def test_odd_names_of_files_that_are_there_are_taken(tmp_path: Path) -> None:
    make(tmp_path, ["a,b;'c.txt"])
    assert chosen(tmp_path, {"BP_PIP_REQUIREMENT": "a,b;'c.txt"}).files == ("a,b;'c.txt",)
