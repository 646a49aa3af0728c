"""A restored environment is used only when it is proved right, and pip is asked only when it matters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from app_venv.evidence.resolution import InstallationResolution, ResolvedDistribution
from app_venv.evidence.reuse import Decision, decide
from app_venv.inputs.pinning import PinnedInputs, PinnedRequirement, Pinning
from buildpack_api.layers import Layer, LayerKey

if TYPE_CHECKING:
    from pathlib import Path

OLD = InstallationResolution((ResolvedDistribution("left", "1.0", "sha256:1"),))
NEW = InstallationResolution((ResolvedDistribution("left", "1.1", "sha256:2"),))


@dataclass
class Questions:
    """Answers, and counts what was asked."""

    answer: InstallationResolution = OLD
    working: bool = True
    asked: list[str] = field(default_factory=list)

    def resolve(self) -> InstallationResolution:
        self.asked.append("pip")
        return self.answer

    def works(self) -> bool:
        self.asked.append("venv")
        return self.working


def requirements(*pinnings: Pinning) -> PinnedInputs:
    lines = tuple(
        PinnedRequirement(f"r.txt:{n}", "x", pinning, "is so") for n, pinning in enumerate(pinnings, 1)
    )
    return PinnedInputs("r.txt", (), ("r.txt",), "", lines)


def layer(directory: Path, *reasons: str, restored: bool = True) -> Layer:
    return Layer("venv", directory / "venv", LayerKey(), restored=restored, reasons=reasons)


def ask(
    layer: Layer, needed: PinnedInputs, questions: Questions, before: InstallationResolution = OLD
) -> Decision:
    return decide(layer, needed, before, works=questions.works, resolve=questions.resolve)


def test_nothing_restored_is_no_reason_to_explain(tmp_path: Path) -> None:
    questions = Questions()
    assert ask(layer(tmp_path, restored=False), requirements(), questions) == Decision(reuse=False)
    assert questions.asked == []


def test_another_key_is_enough_to_make_it_anew(tmp_path: Path) -> None:
    questions = Questions()
    decision = ask(layer(tmp_path, "Python: 1 -> 2"), requirements(Pinning.OPEN), questions)
    assert decision == Decision(reuse=False, reasons=("Python: 1 -> 2",))
    assert questions.asked == []


def test_what_is_locked_needs_no_question_to_pip(tmp_path: Path) -> None:
    questions = Questions()
    assert ask(layer(tmp_path), requirements(Pinning.LOCKED), questions).reuse
    assert questions.asked == ["venv"]


@pytest.mark.parametrize("other", [Pinning.LOCKED, Pinning.OPEN])
def test_source_code_is_never_reused(tmp_path: Path, other: Pinning) -> None:
    questions = Questions()
    decision = ask(layer(tmp_path), requirements(other, Pinning.UNPROVABLE), questions)
    assert decision.reasons == ("r.txt:2 (x) is so, so it is always installed anew",)
    assert not decision.reuse
    assert questions.asked == []


def test_what_is_open_is_compared(tmp_path: Path) -> None:
    same, newer = Questions(OLD), Questions(NEW)
    assert ask(layer(tmp_path), requirements(Pinning.OPEN), same).reuse
    decision = ask(layer(tmp_path), requirements(Pinning.OPEN), newer)
    assert decision == Decision(reuse=False, reasons=("left 1.0 -> 1.1",))
    assert same.asked == newer.asked == ["venv", "pip"]


def test_what_was_built_from_source_is_proved_by_what_its_build_saw_as_well(tmp_path: Path) -> None:
    built = InstallationResolution((ResolvedDistribution("left", "1.0", "sha256:1", built=True),))
    for before, reasons in (
        (built, ("CFLAGS has changed; built from source: left",)),
        (OLD, ()),
    ):
        questions = Questions()
        decision = decide(
            layer(tmp_path),
            requirements(Pinning.LOCKED),
            before,
            works=questions.works,
            resolve=questions.resolve,
            build_changes=lambda: ("CFLAGS has changed",),
        )
        assert decision.reasons == reasons
        assert decision.reuse is not bool(reasons)


def test_links_into_layers_that_will_not_be_there_are_seen_before_anybody_is_asked(tmp_path: Path) -> None:
    questions = Questions()
    decision = decide(
        layer(tmp_path),
        requirements(Pinning.OPEN),
        OLD,
        works=questions.works,
        resolve=questions.resolve,
        lost_layers=lambda: ("the heavy files of left are gone",),
    )
    assert decision == Decision(reuse=False, reasons=("the heavy files of left are gone",))
    assert questions.asked == []


def test_a_repository_deep_in_the_dependencies_is_never_reused(tmp_path: Path) -> None:
    deep = InstallationResolution((ResolvedDistribution("deep", "1", "unprovable"),))
    decision = ask(layer(tmp_path), requirements(Pinning.OPEN), Questions(deep), deep)
    assert not decision.reuse
    assert "deep comes from a directory or a version control system" in decision.reasons[0]


def test_an_environment_that_does_not_start_is_made_anew(tmp_path: Path) -> None:
    decision = ask(layer(tmp_path), requirements(Pinning.LOCKED), Questions(working=False))
    assert decision == Decision(reuse=False, reasons=("its Python does not start",))
