"""Detection must try the groups the lifecycle tries, in its order, and tell why nobody passed."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from buildpack_release.errors import UsageError
from buildpack_testing.detect_phase import GroupOutcome, TriedGroup
from buildpack_testing.failure import LifecycleCode, PhaseError
from support.scripted import Platforms, ScriptedBuildpacks, provides, requires

if TYPE_CHECKING:
    from pathlib import Path


def test_composites_are_expanded_in_the_lifecycles_order(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """First each group of the composite with what follows it, last nothing in its place if it is optional."""
    for name in ("a", "b"):
        scripted.add(name, detect="exit 100")
    scripted.add("c")
    scripted.compose("all", "a b", "b")
    tried = platforms("all c").build
    with pytest.raises(PhaseError, match="No group"):
        tried(app)
    scripted.compose("maybe", "all? c")
    result = platforms("maybe").build(app)
    assert result.detection.tried == (
        TriedGroup(("a", "b", "c"), GroupOutcome.NOT_DETECTED),
        TriedGroup(("b", "c"), GroupOutcome.NOT_DETECTED),
        TriedGroup(("c",), GroupOutcome.RESOLVED),
    )


def test_each_detect_runs_once_whatever_the_order(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    count = app.parent / "count"
    scripted.add("a", detect=f"echo once >> '{count}'")
    scripted.add("b", detect="exit 100")
    platforms("a b", "a").build(app)
    assert count.read_text() == "once\n"


def test_a_buildpack_that_comes_twice_counts_once(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a")
    scripted.add("b")
    scripted.compose("all", "a b")
    assert [run.id for run in platforms("a all b").build(app).runs] == ["a", "b"]


def test_the_plan_decides_who_takes_part(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("tool", plan=provides("tool"))
    scripted.add("unused", plan=provides("unused"))
    scripted.add("user", plan=requires("tool", metadata="build = true"))
    with pytest.raises(PhaseError, match=r"no plan fits\n  tool passed\n  unused passed\n"):
        platforms("tool unused user").build(app)
    scripted.compose("all", "tool unused? user")
    result = platforms("all").build(app)
    assert [run.id for run in result.runs] == ["tool", "user"]
    assert [(one.name, one.metadata) for one in result.run("tool").plan] == [("tool", {"build": True})]
    assert result.run("user").plan == ()


@pytest.mark.parametrize(
    "failure",
    [
        ("echo no file; exit 100", LifecycleCode.DETECT_NOBODY, "a ended with 100: no file"),
        ("exit 100", LifecycleCode.DETECT_NOBODY, r"a ended with 100: \(no output\)$"),
        ("echo broken >&2; exit 1", LifecycleCode.DETECT_ERROR, "a ended with 1: broken"),
        ("kill -9 $$", LifecycleCode.DETECT_ERROR, "a ended with -9"),
        ("echo '[[provides' > \"$CNB_BUILD_PLAN_PATH\"", LifecycleCode.DETECT_ERROR, "plan cannot be read"),
        (
            'printf \'[[requires]]\\nname = "x"\\nversion = "1"\\n\' > "$CNB_BUILD_PLAN_PATH"',
            LifecycleCode.DETECT_ERROR,
            "version",
        ),
    ],
)
def test_failures_end_with_the_lifecycles_code_and_the_buildpacks_words(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path, failure: tuple[str, LifecycleCode, str]
) -> None:
    detect, code, told = failure
    scripted.add("a", detect=detect)
    with pytest.raises(PhaseError, match=told) as failed:
        platforms("a").build(app)
    assert failed.value.code is code


ODD_PLAN = """\ufeff[[requires]]
name = "y"
[[OR]]
[[OR.PROVIDES]]
Name = "x"
[[OR.Requires]]
NAME = "x"
"""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[[provides]]", LifecycleCode.DETECT_NOBODY),
        ("[[provides]]\n[[Requires]]\nVersion = 'x'", LifecycleCode.DETECT_ERROR),
        ("[[provides]]\n[[requires]]\nversion = ''\nmetadata = 'x'", None),
        (ODD_PLAN, None),
    ],
)
def test_plans_that_nobody_would_write(
    *,
    scripted: ScriptedBuildpacks,
    platforms: Platforms,
    app: Path,
    text: str,
    code: LifecycleCode | None,
) -> None:
    """A missing name is an empty one, keys count in any case, and so does a version."""
    scripted.add("a", plan=text)
    with pytest.raises(PhaseError) if code else nullcontext() as failed:
        platforms("a").build(app)
    assert (failed.value.code if failed else None) is code


def test_an_error_of_an_optional_buildpack_is_survived(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a", detect="exit 1")
    scripted.add("b")
    scripted.compose("all", "a? b")
    assert [run.id for run in platforms("all").build(app).runs] == ["b"]


def test_an_error_of_an_optional_buildpack_counts_where_a_required_one_fails(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """Then the lifecycle ends with 21; with nothing but optional members it is 20."""
    scripted.add("a", detect="exit 1")
    scripted.add("b", detect="exit 100")
    scripted.compose("both", "a? b")
    scripted.compose("one", "a?")
    for name, code in (("both", LifecycleCode.DETECT_ERROR), ("one", LifecycleCode.DETECT_NOBODY)):
        with pytest.raises(PhaseError) as failed:
            platforms(name).build(app)
        assert failed.value.code is code, name


def test_a_buildpack_for_another_target(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    """A required one ends detection, and its program never starts; of an optional one nobody asks."""
    for name in ("a", "b"):
        directory = scripted.add(name, detect="exit 1" if name == "a" else "")
        path = directory / "buildpack.toml"
        path.write_text(path.read_text() + 'arch = "s390x"\n')
    scripted.compose("optional", "b?")
    with pytest.raises(PhaseError, match="for another target") as failed:
        platforms("a").build(app)
    assert failed.value.code is LifecycleCode.DETECT_ERROR
    assert "a ended with" not in str(failed.value)
    assert [run.id for run in platforms("optional").build(app).runs] == ["b"]


def test_a_missing_program_is_an_error(scripted: ScriptedBuildpacks, platforms: Platforms, app: Path) -> None:
    (scripted.add("a") / "bin" / "detect").unlink()
    with pytest.raises(PhaseError, match="cannot be run") as failed:
        platforms("a").build(app)
    assert failed.value.code is LifecycleCode.DETECT_ERROR


def test_an_unknown_buildpack_in_the_order_is_named(
    scripted: ScriptedBuildpacks, platforms: Platforms, app: Path
) -> None:
    scripted.add("a")
    with pytest.raises(UsageError, match="names b"):
        platforms("a b").build(app)
