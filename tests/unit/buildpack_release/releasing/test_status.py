"""What follows from the rows: what comes next, what people have to do, and how a run ends."""

from __future__ import annotations

import pytest

from buildpack_release.errors import ConflictError, ExitCode, ManualStepError, ReleaseError, exit_code_of
from buildpack_release.releasing.release_report import status_data, status_table
from buildpack_release.releasing.status import Row, Status, StepState

DONE = Row("first", StepState.DONE, "fine")
SKIPPED = Row("registered", StepState.SKIPPED, "not wanted")
DUE = Row("second", StepState.DUE, "to be made")
LATER = Row("third", StepState.LATER, "after that")
PERSON = Row("you", StepState.PERSON, "decide", ("git push",))
ASIDE = Row("aside", StepState.PERSON, "decide some time", ("git push tags",), blocking=False)
WRONG = Row("bad", StepState.WRONG, "other content", error=ConflictError("other content"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((DONE, DUE, LATER), DUE),
        ((DONE, SKIPPED), None),
        ((PERSON, DUE), None),
        ((ASIDE, DUE), DUE),
        ((DUE, WRONG), None),
        ((LATER, DUE), None),
    ],
)
def test_what_comes_next(rows: tuple[Row, ...], expected: Row | None) -> None:
    """The first thing to do, unless a person comes before it or anything at all is wrong."""
    assert Status(rows).next is expected


def test_released_is_when_nothing_is_left() -> None:
    assert Status((DONE, SKIPPED)).is_released
    for row in (DUE, LATER, PERSON, ASIDE, WRONG):
        assert not Status((DONE, row)).is_released


def test_the_commands_up_to_where_everything_waits() -> None:
    """What comes after that may look different by then."""
    assert Status((ASIDE, PERSON, ASIDE)).commands == ("git push tags", "git push")


def test_how_a_run_ends() -> None:
    Status((DONE, SKIPPED)).raise_for()
    Status((DUE, LATER)).raise_for(planned=True)
    with pytest.raises(ConflictError):
        Status((DUE, WRONG)).raise_for()
    with pytest.raises(ManualStepError, match="1 step needs you") as caught:
        Status((DONE, PERSON, WRONG)).raise_for(planned=True)
    assert "Next: git push" in str(caught.value), "what comes first is told, not what may follow from it"
    with pytest.raises(ReleaseError, match="not everything took effect") as open_rows:
        Status((DUE,)).raise_for()
    assert "second: to be made" in str(open_rows.value)
    with pytest.raises(ReleaseError) as without:
        Status((Row("bad", StepState.WRONG, "broken"),)).raise_for()
    assert exit_code_of(without.value) is ExitCode.CHECK


def test_for_people_and_for_programs() -> None:
    status = Status((DONE, Row("you", StepState.PERSON, "one\ntwo", ("x",))))
    assert status_table(status).splitlines()[2] == "you    needs you  one"
    assert status_data(status) == {
        "released": False,
        "steps": [
            {"step": "first", "state": "done", "text": "fine", "commands": []},
            {"step": "you", "state": "needs you", "text": "one\ntwo", "commands": ["x"]},
        ],
    }
