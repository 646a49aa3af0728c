from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.checking.check_detect import check_detect
from buildpack_release.model.build_plan import declared_plans
from support.sample_repository import component, plan, write

if TYPE_CHECKING:
    from pathlib import Path

GOOD = plan(provides=("a",))


def test_a_sound_folder_has_no_findings(tmp_path: Path) -> None:
    """And its plans come in the order of detection."""
    markers = "# one of\nsetup.py\n\n$BP_THIS_1\nsub/file..txt\n"
    directory = component(tmp_path, "acme/a", plans={"20-b": (None, GOOD), "10-a": (markers, GOOD)})
    plans, findings = check_detect(directory)
    assert findings == ()
    assert plans is not None
    assert [one.name for one in plans] == ["10-a", "20-b"]


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("../x", "leads out of the app"),
        ("a/../../x", "leads out of the app"),
        ("..", "leads out of the app"),
        ("/etc/x", "is absolute"),
        ("$", "is not the name of a variable"),
        ("$A-B", "is not the name of a variable"),
        ("$1", "is not the name of a variable"),
        ("sub/", "is a directory"),
        ("$BP-X is y", "is not the name of a variable"),
        ("a without /etc/x", "is absolute"),
        ("a without b ../x", "leads out of the app"),
        ("/a without b", "is absolute"),
    ],
)
def test_markers_that_cannot_be_meant(tmp_path: Path, marker: str, said: str) -> None:
    """At their line."""
    directory = component(tmp_path, "acme/a", plans={"x": (f"# comment\n\n  {marker}\n", GOOD)})
    (finding,) = check_detect(directory)[1]
    assert (finding.line, finding.file.name) == (3, "markers")
    assert said in finding.message


@pytest.mark.parametrize(
    ("texts", "file", "line", "said"),
    [
        (("# only a comment\n", GOOD), "markers", None, "never be chosen"),
        ((None, ""), "plan.toml", None, "provides nothing and requires nothing"),
        ((None, "[[or]]\n"), "plan.toml", None, "provides nothing and requires nothing"),
        ((None, GOOD + "[[require]]\n"), "plan.toml", 3, 'did you mean "requires"?'),
        ((None, GOOD + '[[requires]]\nname = "x"\nversion = "3"\n'), "plan.toml", 5, "[requires.metadata]"),
        (
            (None, GOOD + '[[requires]]\nname = "x"\nmetdata = {}\n'),
            "plan.toml",
            5,
            'did you mean "metadata"?',
        ),
        ((None, "[[provides\n"), "plan.toml", 1, "not valid TOML"),
    ],
)
def test_faults_of_one_directory(
    tmp_path: Path, texts: tuple[str | None, str], file: str, line: int | None, said: str
) -> None:
    """Each with its file, and a line where there is one."""
    directory = component(tmp_path, "acme/a", plans={"x": texts})
    (finding,) = check_detect(directory)[1]
    assert (finding.file.name, finding.line, finding.is_error) == (file, line, True)
    assert said in str(finding)


def test_a_directory_without_a_plan(tmp_path: Path) -> None:
    """The launcher would stop there; so the plans are not all known."""
    directory = component(tmp_path, "acme/a", plans={"x": (None, GOOD)})
    write(directory / "detect/y/markers", "a\n")
    plans, findings = check_detect(directory)
    assert plans is None
    assert "this file is missing" in next(
        finding.message for finding in findings if finding.file.parent.name == "y"
    )


def test_a_file_that_detection_does_not_know(tmp_path: Path) -> None:
    """`marker` instead of `markers` would make the plan unconditional."""
    directory = component(tmp_path, "acme/a", plans={"x": (None, GOOD)})
    write(directory / "detect/x/marker", "a\n")
    (finding,) = check_detect(directory)[1]
    assert finding.advice == 'did you mean "markers"?'


def test_a_plan_behind_an_unconditional_one(tmp_path: Path) -> None:
    """It would never be chosen."""
    directory = component(tmp_path, "acme/a", plans={"10": (None, GOOD), "20": ("a\n", GOOD)})
    (finding,) = check_detect(directory)[1]
    assert finding.file == directory / "detect/20/plan.toml"
    assert "never chosen" in finding.message


@pytest.mark.parametrize("make", [True, False])
def test_no_plan_at_all(tmp_path: Path, *, make: bool) -> None:
    """Detection would fail for every app."""
    if make:
        (tmp_path / "detect").mkdir()
    plans, (finding,) = check_detect(tmp_path)
    assert plans is None
    assert finding.file == tmp_path / "detect"


def test_a_message_instead_of_a_plan(tmp_path: Path) -> None:
    """It makes no plan, and is checked like one."""
    directory = component(tmp_path, "acme/a", plans={"10-a": ("a has [b.c]\n*.toml\n", GOOD)})
    write(directory / "detect/20-b/markers", "b\n")
    write(directory / "detect/20-b/message.txt", "Use a.\n")
    plans, findings = check_detect(directory)
    assert findings == ()
    assert plans is not None
    assert [one.name for one in plans] == ["10-a"]
    assert [one.name for one in declared_plans(directory)] == ["10-a"]


@pytest.mark.parametrize(
    ("name", "markers", "message", "said"),
    [
        ("20-b", "b\n", "", "this message is empty"),
        ("20-b", "../b\n", "Use a.\n", "leads out of the app"),
        ("20-b", "*.b has [c]\n", "Use a.\n", "has a pattern"),
        ("05-b", "b\n", "Use a.\n", 'ends detection before "10-a" is tried'),
    ],
)
def test_messages_that_cannot_be_meant(
    tmp_path: Path, name: str, markers: str, message: str, said: str
) -> None:
    directory = component(tmp_path, "acme/a", plans={"10-a": ("a\n", GOOD)})
    write(directory / "detect" / name / "markers", markers)
    write(directory / "detect" / name / "message.txt", message)
    (finding,) = check_detect(directory)[1]
    assert said in finding.message


def test_what_refuses_variables_may_come_before_the_plans(tmp_path: Path) -> None:
    directory = component(tmp_path, "acme/a", plans={"10-a": ("a\n", GOOD)})
    write(directory / "detect/05-b/markers", "# these\n$A\n$B\n")
    write(directory / "detect/05-b/message.txt", "Not with {}.\n")
    assert check_detect(directory)[1] == ()


def test_a_message_beside_a_plan(tmp_path: Path) -> None:
    directory = component(tmp_path, "acme/a", plans={"10-a": ("a\n", GOOD), "20-b": ("b\n", GOOD)})
    write(directory / "detect/20-b/message.txt", "Use a.\n")
    (finding,) = check_detect(directory)[1]
    assert finding.file.name == "plan.toml"
