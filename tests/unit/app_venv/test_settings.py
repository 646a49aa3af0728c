"""The variables: what their values mean, and which are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import app_venv
from app_venv.settings import (
    PIP_VERSION,
    VARIABLES,
    CheckMode,
    Kept,
    ProjectMode,
    Settings,
    StaticMode,
    read_settings,
)
from buildpack_api.errors import ConfigurationError

SOURCE = Path(app_venv.__file__).parent
BUILDPACK = SOURCE.parents[1]
OWN = re.compile(r"BP_[A-Z_]+|DISABLE_COLLECTSTATIC")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, Settings()),
        ({"BP_PIP_REQUIREMENT": " a.txt  b.txt "}, Settings(requirement=("a.txt", "b.txt"))),
        ({"BP_PIP_PROJECT": " Wheel"}, Settings(project=ProjectMode.WHEEL)),
        ({"BP_PIP_EXTRAS": "Web, post_gres web"}, Settings(extras=("web", "post-gres"))),
        ({"BP_PIP_GROUPS": "a b"}, Settings(groups=("a", "b"))),
        ({"BP_PIP_DEST_PATH": " w/ "}, Settings(dest_path="w/")),
        ({"BP_PIP_REQUIRE_HASHES": "1"}, Settings(require_hashes=True)),
        ({"BP_PIP_REQUIRE_HASHES": "No"}, Settings()),
        ({"BP_VENV_HEAVY": " Off "}, Settings(heavy=0)),
        ({"BP_VENV_HEAVY": "64"}, Settings(heavy=64)),
        ({"BP_VENV_HEAVY": ""}, Settings(heavy=16)),
        ({"BP_PIP_ONLY_BINARY": "left :all:"}, Settings(only_binary=(":all:",))),
        ({"BP_PIP_ONLY_BINARY": "Right, left left"}, Settings(only_binary=("left", "right"))),
        ({"BP_PIP_CACHE": "built"}, Settings(cache=Kept.BUILT)),
        ({"BP_PIP_CHECK": " Error "}, Settings(check=CheckMode.ERROR)),
        ({"BP_PIP_CHECK": "off"}, Settings(check=CheckMode.OFF)),
        ({"BP_DJANGO_COLLECTSTATIC": " On "}, Settings(static=StaticMode.ON)),
        ({"BP_DJANGO_COLLECTSTATIC": "off"}, Settings(static=StaticMode.OFF)),
        ({"DISABLE_COLLECTSTATIC": "1"}, Settings(static=StaticMode.OFF)),
        ({"DISABLE_COLLECTSTATIC": "true"}, Settings(static=StaticMode.OFF)),
        ({"DISABLE_COLLECTSTATIC": "0"}, Settings()),
        ({"DISABLE_COLLECTSTATIC": "1", "BP_DJANGO_COLLECTSTATIC": "auto"}, Settings()),
    ],
)
def test_values(variables: dict[str, str], expected: Settings) -> None:
    assert read_settings(variables) == expected


@pytest.mark.parametrize("variable", [one.name for one in VARIABLES])
def test_empty_is_unset(variable: str) -> None:
    assert read_settings({variable: " "}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("BP_PIP_CHECK", "yes", "Set it to warn (the default), error or off"),
        ("BP_PIP_CACHE", "some", "Set it to all (the default), built or none"),
        ("BP_PIP_PROJECT", "copy", "Set it to dependencies, editable or wheel"),
        ("BP_DJANGO_COLLECTSTATIC", "yes", "Set it to auto (the default), on or off"),
        ("BP_PIP_REQUIRE_HASHES", "maybe", "Write true"),
        ("BP_PIP_ONLY_BINARY", ":none:", "Write :all:"),
        ("BP_PIP_ONLY_BINARY", "left>1", "Write :all:"),
        ("BP_PIP_ONLY_BINARY", "--pre", "Write :all:"),
        ("BP_PIP_EXTRAS", "a[b]", "Write names"),
        ("BP_PIP_GROUPS", "-", "Write names"),
        ("BP_VENV_HEAVY", "0", "Set it to off or to a number of MiB"),
        ("BP_VENV_HEAVY", "-1", "Set it to off or to a number of MiB"),
        ("BP_VENV_HEAVY", "16 mib", "Set it to off or to a number of MiB"),
    ],
)
def test_other_values_are_refused_with_those_that_are_known(variable: str, value: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=variable) as refused:
        read_settings({variable: value})
    assert value in refused.value.title
    assert refused.value.advice.startswith(advice)


def test_all_that_are_named_anywhere_are_documented() -> None:
    known = {PIP_VERSION, *(one.name for one in VARIABLES)}
    files = [*SOURCE.rglob("*.py"), *(BUILDPACK / "detect").rglob("*.*"), BUILDPACK / "README.md"]
    files += (BUILDPACK / "detect").glob("*/markers")
    for path in files:
        assert set(OWN.findall(path.read_text("utf-8"))) <= known, path
