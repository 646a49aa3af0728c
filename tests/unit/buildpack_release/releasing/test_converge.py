"""Look, do the first thing that is missing, look again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import ReleaseError, UsageError
from buildpack_release.releasing.converge import converge, derive
from buildpack_release.releasing.release_state import ReleaseState, read_release_state
from buildpack_release.releasing.status import Row, StepState
from support.versioned_repository import Git, versioned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from buildpack_release.releasing.status import Status
    from buildpack_release.releasing.step import ReleaseStep


@dataclass
class Written:
    """A step that is done when its file is there; `needs` is a file that has to be there before."""

    name: str
    needs: str = ""
    effect: Callable[[Path], None] = lambda path: path.touch()
    acts: list[str] = field(default_factory=list)
    is_preparation: bool = False

    def look(self, state: ReleaseState) -> Row:
        folder = state.repository.root
        if self.needs and not (folder / self.needs).exists():
            return Row(self.name, StepState.LATER, "later")
        return Row(self.name, StepState.DONE if (folder / self.name).exists() else StepState.DUE, "text")

    def act(self, state: ReleaseState) -> None:
        self.acts.append(self.name)
        self.effect(state.repository.root / self.name)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    versioned(tmp_path)
    Git.init(tmp_path)
    return tmp_path


@dataclass
class Answer:
    """Somebody who agrees or not, and keeps what there was by then."""

    root: Path
    agrees: bool = True
    seen: list[str] = field(default_factory=list)

    def announce(self, status: Status) -> None:
        """Keep it."""
        self.seen.append(f"announced {sum(row.is_settled for row in status.rows)}")

    def agree(self, status: Status, steps: Sequence[ReleaseStep]) -> None:
        """Agree or not."""
        self.seen.append(f"asked {sum(row.is_settled for row in status.rows)} of {len(steps)}")
        if not self.agrees:
            raise UsageError("no")


def run(root: Path, *steps: Written, answer: Answer | None = None) -> bool:
    """Converge, agreeing."""
    status = converge(steps, lambda: read_release_state(root), answer or Answer(root), say=lambda _text: None)
    return status.is_released


def test_in_order_and_only_what_is_missing(root: Path) -> None:
    """What is known only later is done as soon as it is known; a second run does nothing."""
    acts: list[str] = []
    steps = [Written("one", acts=acts), Written("two", needs="one", acts=acts), Written("three", acts=acts)]
    (root / "three").touch()
    assert run(root, *steps)
    assert run(root, *steps)
    assert acts == ["one", "two"]


def test_nothing_happens_unless_somebody_agrees(root: Path) -> None:
    with pytest.raises(UsageError):
        run(root, Written("one"), answer=Answer(root, agrees=False))
    assert not (root / "one").exists()


def test_what_prepares_comes_before_the_question(root: Path) -> None:
    """Only with the packages made is it known what would be published; they can be made anew."""
    answer = Answer(root, agrees=False)
    steps = (Written("branch"), Written("made", is_preparation=True), Written("push", needs="made"))
    with pytest.raises(UsageError):
        run(root, *steps, answer=answer)
    assert answer.seen == ["announced 0", "asked 1 of 3"]
    assert [name for name in ("branch", "made", "push") if (root / name).exists()] == ["made"]


def test_nobody_is_asked_when_all_is_done(root: Path) -> None:
    """Not even whether a terminal is there."""
    (root / "one").touch()
    answer = Answer(root)
    assert run(root, Written("one"), answer=answer)
    assert answer.seen == []


def test_what_does_not_take_effect_is_tried_once(root: Path) -> None:
    step = Written("one", effect=lambda _path: None)
    assert not run(root, step)
    assert step.acts == ["one"]


def test_a_failure_ends_the_run(root: Path) -> None:
    """What was done before stays; what comes after is not tried."""

    def fail(_path: Path) -> None:
        raise ReleaseError("broken")

    later = Written("three")
    with pytest.raises(ReleaseError, match="broken"):
        run(root, Written("one"), Written("two", effect=fail), later)
    assert (root / "one").exists()
    assert later.acts == []


def test_a_failure_because_somebody_else_was_faster_is_none(root: Path) -> None:
    """Two runs at once: the other one has done it."""

    def too_late(path: Path) -> None:
        path.touch()
        raise ReleaseError("it exists")

    assert run(root, Written("one", effect=too_late), Written("two"))


def test_what_cannot_be_found_out_is_wrong_and_stops_everything(root: Path) -> None:
    """The table shows it among the rest; the error is the one to end with."""

    class Broken(Written):
        def look(self, state: ReleaseState) -> Row:  # noqa: ARG002
            raise UsageError("no answer")

    _, status = derive([Written("one"), Broken("two")], lambda: read_release_state(root))
    assert [row.state for row in status.rows] == [StepState.DUE, StepState.WRONG]
    assert status.next is None
    with pytest.raises(UsageError, match="no answer"):
        status.raise_for()
