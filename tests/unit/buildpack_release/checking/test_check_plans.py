from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from buildpack_release.checking.check_detect import check_detect
from buildpack_release.checking.check_plans import check_plans
from buildpack_release.model.build_plan import Alternative, BuildPlan
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.foreign import Foreign
from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, plan

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.checking.proof import GroupProof

Plans = dict[str, tuple[str | None, str]]
PYTHON: Plans = {"always": (None, plan(provides=("python",)))}
VENV: Plans = {"requirements": ("requirements.txt\n", plan(provides=("venv",), requires=("venv", "python")))}
PIP: Plans = {"always": (None, plan(provides=("pip",), requires=("python",)))}


def prove(
    root: Path, *, partial: bool = False, **foreign: Alternative
) -> tuple[tuple[GroupProof, ...], tuple[Finding, ...]]:
    repository = Repository.discover(root)
    plans = {}
    for buildpack in repository.buildpacks:
        declared, findings = check_detect(buildpack.directory)
        if declared is not None and not findings:
            plans[buildpack.id] = declared
    declared_foreign = {f"other/{name}": Foreign(name, BuildPlan((one,))) for name, one in foreign.items()}
    return check_plans(repository, plans, declared_foreign, partial=partial)


def selecting(directory: Path, *environments: str) -> None:
    """Let a buildpack take part in these execution environments only."""
    path = directory / "buildpack.toml"
    text = path.read_text().replace('api = "0.10"', 'api = "0.12"')
    path.write_text(
        text.replace(
            "[[buildpack.licenses]]", f"exec-env = {json.dumps(environments)}\n\n[[buildpack.licenses]]"
        )
    )


def test_each_execution_environment_is_proved(tmp_path: Path) -> None:
    """A buildpack of another one is left out, even a required one: then nobody provides Python to tests."""
    selecting(component(tmp_path, "acme/python", plans=PYTHON), "production")
    selecting(component(tmp_path, "acme/extra", plans=PIP), "test", "*")
    component(tmp_path, "acme/user", plans={"x": (None, plan(requires=("python",)))})
    composite(tmp_path, "acme/all", ["acme/python", "acme/user", "acme/extra?"])
    proofs, findings = prove(tmp_path)
    assert [proof.title for proof in proofs] == [
        "acme/all, group 1 in production",
        "acme/all, group 1 in test",
    ]
    assert [list(case.outcomes) for case in proofs[1].cases] == [["acme/user", "acme/extra"]]
    errors = [one.message for one in findings if one.severity is Severity.ERROR]
    assert errors
    assert all("in acme/all, group 1 in test" in message for message in errors)


def test_a_sound_group_is_proved(tmp_path: Path) -> None:
    """The report says who meets what."""
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/venv", plans=VENV)
    composite(tmp_path, "acme/all", ["acme/python", "acme/venv"])
    (proof,), findings = prove(tmp_path)
    assert findings == ()
    assert list(proof.lines()) == [
        "acme/all, group 1: the plans fit in 1 of 1 cases",
        "  acme/python by always, acme/venv by requirements",
        "    python  acme/python -> acme/venv",
        "    venv    acme/venv -> acme/venv",
    ]
    (case,) = json.loads(json.dumps(proof.data()))["cases"]
    assert case["resolves"]
    assert case["chosen"] == {"acme/python": "always", "acme/venv": "requirements"}
    assert case["entries"][0] == {
        "name": "python",
        "providers": ["acme/python"],
        "requires": [{"by": "acme/venv", "metadata": {}}],
    }


def test_an_unmet_requirement_is_found_in_its_plan(tmp_path: Path) -> None:
    """File, line and the likely slip."""
    component(tmp_path, "acme/python", plans={"always": (None, plan(provides=("pyton",)))})
    component(tmp_path, "acme/venv", plans=VENV)
    composite(tmp_path, "acme/all", ["acme/python", "acme/venv"])
    _, (finding,) = prove(tmp_path)
    assert finding.file == tmp_path / "buildpacks/venv/detect/requirements/plan.toml"
    assert (finding.code, finding.line) == ("plan-unmet", 6)
    assert "acme/venv requires python" in finding.message
    assert 'did you mean "pyton"?' in finding.advice


def test_a_provider_that_comes_too_late(tmp_path: Path) -> None:
    """The order is wrong, not the plan."""
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/venv", plans=VENV)
    composite(tmp_path, "acme/all", ["acme/venv", "acme/python"])
    _, (finding,) = prove(tmp_path)
    assert "acme/python provides it, but comes later in the order" in finding.advice


def test_an_optional_provider_of_what_a_required_one_needs(tmp_path: Path) -> None:
    """The case in which it fails detection is the latent fault that nobody tries by hand."""
    component(tmp_path, "acme/python", plans={"version": (".python-version\n", plan(provides=("python",)))})
    component(tmp_path, "acme/venv", plans=VENV)
    composite(tmp_path, "acme/all", ["acme/python?", "acme/venv"])
    (proof,), (finding,) = prove(tmp_path)
    assert (finding.code, finding.line) == ("plan-unmet", 6)
    assert "when acme/python fails detection, acme/venv by requirements" in finding.advice
    assert [case.resolution is not None for case in proof.cases] == [True, False]


def test_a_group_that_is_not_for_an_app_is_no_fault(tmp_path: Path) -> None:
    """A runtime nobody asks for just means that another group has to serve."""
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/venv", plans=VENV)
    composite(tmp_path, "acme/all", ["acme/python", "acme/venv?"])
    (proof,), findings = prove(tmp_path)
    assert findings == ()
    assert [case.resolution is not None for case in proof.cases] == [True, False]
    assert not any(case.is_broken for case in proof.cases)


TWO_TOOLS: Plans = {
    "10-pip": ("requirements.txt\n", plan(provides=("venv",), requires=("venv", "python", "pip"))),
    "20-uv": ("uv.lock\n", plan(provides=("venv",), requires=("venv", "python", "uv"))),
}


def test_a_group_may_leave_apps_to_others_if_its_author_chose_its_members(tmp_path: Path) -> None:
    """A note says which; for one's own composite it is an error: a member was forgotten."""
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/pip", plans=PIP)
    component(tmp_path, "acme/venv", plans=TWO_TOOLS)
    composite(tmp_path, "acme/all", ["acme/python", "acme/pip?", "acme/venv"])
    _, (finding,) = prove(tmp_path, partial=True)
    assert (finding.code, finding.severity) == ("plan-left-out", Severity.NOTE)
    assert finding.message == (
        "acme/all, group 1, is not for apps that acme/venv detects by 20-uv: it requires uv, "
        "which nothing in the group provides"
    )
    assert finding.file == tmp_path / "buildpacks/venv/detect/20-uv/plan.toml"
    _, (strict,) = prove(tmp_path)
    assert (strict.code, strict.severity) == ("plan-unmet", Severity.ERROR)


@pytest.mark.parametrize(
    "order",
    [
        ["acme/python", "acme/venv", "acme/pip?"],  # a provider, but too late
        ["acme/python", "acme/venv"],  # no plan fits
        ["acme/pip?", "acme/venv"],  # nor here
    ],
)
def test_a_group_that_could_serve_its_apps_is_wrong_whoever_wrote_it(
    tmp_path: Path, order: list[str]
) -> None:
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/pip", plans=PIP)
    component(tmp_path, "acme/venv", plans=TWO_TOOLS)
    composite(tmp_path, "acme/all", order)
    _, findings = prove(tmp_path, partial=True)
    assert "plan-unmet" in {one.code for one in findings if one.is_error}


def test_every_plan_of_a_member_is_tried(tmp_path: Path) -> None:
    """One of two plans asks for something that is not there."""
    two: Plans = {
        "10-good": ("a\n", plan(requires=("python",))),
        "20-bad": ("b\n", plan(requires=("python", "pip"))),
    }
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/two", plans=two)
    composite(tmp_path, "acme/all", ["acme/python", "acme/two"])
    (proof,), findings = prove(tmp_path)
    (finding,) = findings
    assert (finding.code, finding.file.parent.name, finding.line) == ("plan-unmet", "20-bad", 4)
    assert len(proof.cases) == 2


def test_alternatives_are_resolved_and_named(tmp_path: Path) -> None:
    """`or` sections as the lifecycle takes them, numbered in the proof; a fault points into the right one."""
    either = '[[requires]]\nname = "conda"\n[[or]]\n[[or.requires]]\nname = "python"\n'
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/either", plans={"x": (None, either)})
    composite(tmp_path, "acme/all", ["acme/python", "acme/either"])
    (proof,), findings = prove(tmp_path)
    assert findings == ()
    assert "    python  acme/python -> acme/either (alternative 2)" in list(proof.lines())
    (tmp_path / "buildpacks/either/detect/x/plan.toml").write_text(either.replace('"python"', '"pyhton"'))
    _, findings = prove(tmp_path)
    assert [(finding.line, finding.message.split(",")[0]) for finding in findings] == [
        (2, "acme/either requires conda"),
        (5, "acme/either requires pyhton"),
    ]


def test_only_the_nearest_miss_is_reported(tmp_path: Path) -> None:
    """What fails merely because a provider tried another alternative is no fault of its own."""
    either = '[[provides]]\nname = "python"\n[[or]]\n[[or.provides]]\nname = "conda"\n'
    component(tmp_path, "acme/either", plans={"x": (None, either)})
    component(tmp_path, "acme/venv", plans=VENV)
    component(tmp_path, "acme/typo", plans={"x": (None, plan(requires=("pyhton",)))})
    composite(tmp_path, "acme/all", ["acme/either", "acme/venv", "acme/typo"])
    _, (finding,) = prove(tmp_path)
    assert finding.message.startswith("acme/typo requires pyhton")
    assert 'did you mean "python"?' in finding.advice


def test_a_group_that_never_fits(tmp_path: Path) -> None:
    """Even without an unmet requirement: something is provided that nobody ever wants."""
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/pip", plans=PIP)
    composite(tmp_path, "acme/all", ["acme/python", "acme/pip"])
    _, findings = prove(tmp_path)
    assert [(finding.code, finding.file.name, finding.line) for finding in findings] == [
        ("plan-never-fits", "buildpack.toml", 10),
        ("plan-unused", "plan.toml", 2),
    ]


def test_an_optional_member_that_is_always_dropped(tmp_path: Path) -> None:
    """It is dead weight in the package."""
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/pip", plans=PIP)
    component(tmp_path, "acme/venv", plans=VENV)
    composite(tmp_path, "acme/all", ["acme/python", "acme/pip?", "acme/venv"])
    (proof,), (finding,) = prove(tmp_path)
    assert (finding.code, finding.severity) == ("plan-dropped", Severity.WARNING)
    assert finding.message.startswith("acme/pip is always dropped")
    assert "    acme/pip is dropped" in list(proof.lines())


def test_nested_composites_are_expanded(tmp_path: Path) -> None:
    """Each group that the lifecycle would make is proved; a fault in one of them is found."""
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/venv", plans=VENV)
    component(tmp_path, "acme/other", plans={"x": (None, plan(requires=("ruby",)))})
    composite(tmp_path, "acme/inner", ["acme/venv"], ["acme/other"])
    composite(tmp_path, "acme/outer", ["acme/python", "acme/inner"])
    proofs, findings = prove(tmp_path)
    groups = [list(proof.cases[0].outcomes) for proof in proofs if proof.composite == "acme/outer"]
    assert groups == [["acme/python", "acme/venv"], ["acme/python", "acme/other"]]
    assert any("requires ruby" in finding.message and "acme/outer" in finding.message for finding in findings)


def test_foreign_buildpacks_take_part_as_declared(tmp_path: Path) -> None:
    """A swapped-in provider is as good as our own; its faults are reported at the group."""
    component(tmp_path, "acme/venv", plans=VENV)
    composite(tmp_path, "acme/all", ["other/cpython", "acme/venv"])
    (proof,), findings = prove(tmp_path, cpython=Alternative(("python",)))
    assert findings == ()
    assert proof.cases[0].resolution is not None
    _, findings = prove(tmp_path, cpython=Alternative(("conda",)))
    assert [finding.code for finding in findings] == ["plan-unmet"]


@pytest.mark.parametrize("member", ["other/unknown", "acme/broken"])
def test_unknown_members_are_left_to_other_checks(tmp_path: Path, member: str) -> None:
    """No second error for one fault."""
    component(tmp_path, "acme/python", plans=PYTHON)
    component(tmp_path, "acme/broken", plans={"x": (None, "[[")})
    composite(tmp_path, "acme/all", ["acme/python", member])
    assert prove(tmp_path) == ((), ())


def test_cycles_are_left_to_other_checks(tmp_path: Path) -> None:
    """Expanding them would never end."""
    composite(tmp_path, "acme/a", ["acme/b"])
    composite(tmp_path, "acme/b", ["acme/a"])
    assert prove(tmp_path) == ((), ())


def test_too_many_cases_are_said_to_be_unproved(tmp_path: Path) -> None:
    """Never silently."""
    many: Plans = {f"{number:02}": (f"{number}\n", plan(requires=("python",))) for number in range(25)}
    component(tmp_path, "acme/python", plans=PYTHON)
    names = [f"acme/m{number}" for number in range(3)]
    for name in names:
        component(tmp_path, name, plans=many)
    composite(tmp_path, "acme/all", ["acme/python", *names])
    _, (finding,) = prove(tmp_path)
    assert (finding.code, finding.line) == ("plan-size", 10)
    assert "15625" in finding.message
