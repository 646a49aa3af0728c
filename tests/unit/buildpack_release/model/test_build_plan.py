from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.errors import CheckFailed
from buildpack_release.model.build_plan import (
    Alternative,
    BuildPlan,
    PlanRequirement,
    declared_plans,
    read_plan,
)
from buildpack_release.model.finding import raise_first_error
from buildpack_release.model.toml_source import TomlSource
from support.sample_repository import component, plan

FILE = Path("plan.toml")
TEXT = """\
[[provides]]
name = "venv"
[[requires]]
name = "python"
[requires.metadata]
version = ">=3.10"
build = true
[[or]]
[[or.requires]]
name = "python"
[[or]]
"""


def read(text: str) -> BuildPlan:
    plan, findings = read_plan(TomlSource.parse(text, FILE))
    raise_first_error(findings)
    return plan


def test_reads_alternatives_and_metadata() -> None:
    """The top level is the first alternative, an empty `or` the last."""
    assert read(TEXT).alternatives == (
        Alternative(("venv",), (PlanRequirement("python", {"version": ">=3.10", "build": True}),)),
        Alternative((), (PlanRequirement("python"),)),
        Alternative(),
    )


def test_the_empty_plan_has_one_empty_alternative() -> None:
    """As the lifecycle sees an empty file."""
    assert read("") == BuildPlan()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[[requires]]\nname = "x"\nversion = "1"\n', 3),
        ("[[provides]]\n", 1),
        ('\n[[requires]]\nname = ""\n', 3),
        ('[requires]\nname = "x"\n', 1),
        ('[[or]]\nprovides = ["x"]\n', 2),
        ("[[requires]\n", 1),
    ],
)
def test_what_fails_detection_is_an_error(text: str, line: int) -> None:
    """With the file and the line."""
    with pytest.raises(CheckFailed) as caught:
        read(text)
    assert (caught.value.file, caught.value.line) == (FILE, line)


def test_declared_plans_come_in_the_order_of_detection(tmp_path: Path) -> None:
    """Names sort by bytes, as in the shell with LC_ALL=C; hidden directories and files are not looked at."""
    plans = {
        name: (None, plan(provides=(name,)))
        for name in ("b", "a-b", "a", "B", "10", "9", "\N{LATIN SMALL LETTER A WITH DIAERESIS}", ".hidden")
    }
    directory = component(tmp_path, "acme/a", plans=plans)
    (directory / "detect/README").write_text("")
    names = [declared.name for declared in declared_plans(directory)]
    assert names == ["10", "9", "B", "a", "a-b", "b", "\N{LATIN SMALL LETTER A WITH DIAERESIS}"]


def test_markers_read_as_in_the_shell(tmp_path: Path) -> None:
    """Blank lines and comments do not count, nor do blanks around and Windows line ends."""
    markers = "# comment\r\n\n  requirements.txt \r\n\t$BP_X\na b#c"
    directory = component(tmp_path, "acme/a", plans={"x": (markers, ""), "y": (None, "")})
    with_markers, without = declared_plans(directory)
    assert with_markers.markers == ("requirements.txt", "$BP_X", "a b#c")
    assert not with_markers.is_unconditional
    assert without.is_unconditional


def test_no_detect_folder_is_no_plan(tmp_path: Path) -> None:
    """A composite has none."""
    assert declared_plans(tmp_path) == ()


def test_a_declared_plan_must_be_sound(tmp_path: Path) -> None:
    """Unknown keys in our own files are slips."""
    directory = component(tmp_path, "acme/a", plans={"x": (None, '[[require]]\nname = "python"\n')})
    with pytest.raises(CheckFailed, match='unknown key "require"'):
        declared_plans(directory)
