"""The proof of a builder's order: our plans from the layers, others declared, the rest unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.builder.builder_check import check_builder
from buildpack_release.errors import CheckFailed
from support.builder_parts import Parts, buildpack, order, package
from support.sample_repository import plan, write

if TYPE_CHECKING:
    from buildpack_release.checking.repository_check import Report


def check(parts: Parts) -> Report:
    return check_builder(parts.config, root=parts.folder, report=lambda _: None)


def codes(report: Report) -> list[str]:
    """Give the codes of the findings, but for the note about a run image without a registry."""
    return [finding.code for finding in report.findings if finding.code != "run-image"]


def test_our_plans_are_read_from_the_layers_of_a_package(parts: Parts) -> None:
    """The composite stands for its group; nothing has to be declared."""
    report = check(parts)
    assert (report.ok, codes(report)) == (True, [])
    assert list(report.lines())[:3] == [
        "builder.toml, group 1: the plans fit in 1 of 1 cases",
        "  acme/a by 10-always, acme/b by 10-some",
        "    a  acme/a -> acme/b",
    ]


def test_an_unmet_requirement_is_an_error_at_its_plan(parts: Parts) -> None:
    """What a user would read as "no buildpacks participating"."""
    parts.configure("all.cnb", order=order(["acme/b"]))
    report = check(parts)
    assert not report.ok
    (error,) = (finding for finding in report.findings if finding.is_error)
    assert error.message == "acme/b requires a, which nothing before it provides, in builder.toml, group 1"
    assert error.file.parts[-3:] == ("detect", "10-some", "plan.toml")
    assert "acme_b@2.0.0" in str(error.file)


def test_the_order_of_a_group_matters(parts: Parts) -> None:
    parts.configure("all.cnb", order=order(["acme/b", "acme/a"]))
    report = check(parts)
    advice = " ".join(finding.advice for finding in report.findings if finding.is_error)
    assert "acme/a provides it, but comes later in the order" in advice


def test_a_plan_that_is_not_known_is_not_assumed(parts: Parts) -> None:
    """The group is said to be unproved, and how to change that; other groups are proved."""
    package(parts.folder / "f.cnb", buildpack(parts.folder / "f", "foreign/f@1.0.0"))
    parts.configure("all.cnb", "f.cnb", order=order(["foreign/f", "acme/b"], ["acme/all"]))
    report = check(parts)
    assert report.ok
    assert codes(report) == ["unknown-plan"]
    (finding,) = (one for one in report.findings if one.code == "unknown-plan")
    assert finding.message == "group 1 is not proved: the plans of foreign/f are not known"
    assert finding.advice == 'declare [foreign."foreign/f"] in builder.plans.toml'
    assert [proof.number for proof in report.proofs] == [2]


def test_a_folder_called_detect_does_not_make_a_buildpack_ours(parts: Parts) -> None:
    """Somebody else's program may keep anything there."""
    folder = buildpack(parts.folder / "f", "foreign/f@1.0.0")
    write(folder / "detect/10-always/plan.toml", plan(provides=("a",)))
    parts.configure("f", order=order(["foreign/f"]))
    assert codes(check(parts)) == ["unknown-plan"]


DECLARED = '[foreign."foreign/f"]\nprovides = ["a"]\n'


@pytest.mark.parametrize("file", ["builder.plans.toml", "pyproject.toml"])
def test_declared_plans_count(parts: Parts, file: str) -> None:
    """Beside the configuration or in the repository's settings."""
    buildpack(parts.folder / "f", "foreign/f@1.0.0")
    parts.configure("f", "all.cnb", order=order(["foreign/f", "acme/b"]))
    text = DECLARED if file == "builder.plans.toml" else DECLARED.replace("[", "[tool.buildpack-release.", 1)
    write(parts.folder / file, text)
    report = check(parts)
    assert (report.ok, codes(report)) == (True, ["unused", "unused"])
    assert any("a  foreign/f -> acme/b" in line for line in report.lines())


def test_the_file_beside_the_configuration_wins(parts: Parts) -> None:
    buildpack(parts.folder / "f", "foreign/f@1.0.0")
    parts.configure("f", "all.cnb", order=order(["foreign/f", "acme/b"]))
    write(parts.folder / "pyproject.toml", DECLARED.replace("[", "[tool.buildpack-release.", 1))
    write(parts.folder / "builder.plans.toml", DECLARED.replace('"a"', '"b"'))
    assert not check(parts).ok


def test_what_a_layer_says_counts_more_than_what_is_declared(parts: Parts) -> None:
    write(parts.folder / "builder.plans.toml", '[foreign."acme/a"]\nprovides = ["other"]\n')
    assert check(parts).ok


def test_a_declared_buildpack_may_fail_and_have_alternatives(parts: Parts) -> None:
    """An optional one that may fail makes a second case, in which nobody provides what acme/b requires."""
    buildpack(parts.folder / "f", "foreign/f@1.0.0")
    parts.configure("f", "all.cnb", order=order(["foreign/f?", "acme/b"]))
    alternatives = '[foreign."foreign/f"]\nprovides = ["x"]\n[[foreign."foreign/f".or]]\nprovides = ["a"]\n'
    write(parts.folder / "builder.plans.toml", alternatives)
    report = check(parts)
    assert report.ok
    assert any("a  foreign/f (alternative 2) -> acme/b" in line for line in report.lines())
    write(
        parts.folder / "builder.plans.toml", alternatives.replace("provides", "may-fail = true\nprovides", 1)
    )
    assert not check(parts).ok


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[foreing."a/b"]\n', 'did you mean "foreign"'),
        ('[foreign."a/b"]\nprovide = []\n', 'did you mean "provides"'),
        ('[foreign."a/b"]\nprovides = "a"\n', "must be an array"),
        ('[foreign."a b"]\nprovides = ["a"]\n', 'the id "a b" may hold only'),
        ('[[foreign."a/b".or]]\nneeds = []\n', 'unknown key "foreign.a/b.or.needs"'),
    ],
)
def test_a_fault_in_a_declaration_is_found(parts: Parts, text: str, message: str) -> None:
    write(parts.folder / "builder.plans.toml", text)
    with pytest.raises(CheckFailed) as caught:
        check(parts)
    assert message in str(caught.value)


PROVIDES_PYTHON = '[[provides]]\nname = "python"\n[[requires]]\nname = "python"\n'


def ours(parts: Parts, id_version: str, *, interpreter: bool = False, plan_text: str = "") -> str:
    """Package a buildpack with a launcher's program in it; return the package's name."""
    name = id_version.partition("@")[0].rpartition("/")[2]
    folder = buildpack(parts.folder / name, id_version, plans={"10-always": (None, plan_text)})
    write(folder / "lib/__main__.py")
    if interpreter:
        write(folder / "interpreter/bin/python3")
    return package(parts.folder / f"{name}.cnb", folder).name


def test_a_base_without_python_is_an_error_for_those_that_need_one(parts: Parts) -> None:
    """The first of a group; those behind a buildpack that provides Python run with that one."""
    runtime = ours(parts, "acme/runtime@1.0.0", plan_text=PROVIDES_PYTHON)
    after = ours(parts, "acme/after@1.0.0")
    parts.configure(runtime, after, order=order(["acme/runtime", "acme/after"]))
    (error,) = (finding for finding in check(parts).findings if finding.is_error)
    assert error.code == "no-python"
    assert error.message.startswith("acme/runtime needs Python 3.10 or newer to run")
    assert error.line == parts.config.read_text().splitlines().index('image = "oci:base/layout"') + 1


def test_a_self_contained_package_needs_no_python(parts: Parts) -> None:
    """Nor do those that come after it and a Python."""
    runtime = ours(parts, "acme/runtime@1.0.0", interpreter=True, plan_text=PROVIDES_PYTHON)
    after = ours(parts, "acme/after@1.0.0")
    parts.configure(runtime, after, order=order(["acme/runtime", "acme/after"]))
    assert check(parts).ok


def test_system_buildpacks_are_in_every_group(parts: Parts) -> None:
    """As the lifecycle adds them: before, they can provide what the group requires."""
    more = '[[system.pre.buildpacks]]\nid = "acme/a"\n'
    parts.configure("all.cnb", order=order(["acme/b"]), more=more)
    assert check(parts).ok


def test_two_versions_of_a_buildpack_have_their_own_plans(parts: Parts) -> None:
    plans = {"10-always": (None, plan(provides=("other",)))}
    package(parts.folder / "new.cnb", buildpack(parts.folder / "new", "acme/a@1.1.0", plans=plans))
    parts.configure("all.cnb", "new.cnb", order=order(["acme/all"], ["acme/a@1.1.0", "acme/b"]))
    report = check(parts)
    errors = [finding.message for finding in report.findings if finding.is_error]
    assert errors == ["acme/b requires a, which nothing before it provides, in builder.toml, group 2"]


def test_faults_of_the_configuration_and_of_its_parts_are_all_told(parts: Parts) -> None:
    """Where creating stops at the first."""
    parts.configure("all.cnb", order=order(["acme/c", "acme/d"]))
    assert codes(check(parts)).count("missing-buildpack") == 2
    text = parts.config.read_text().replace("[lifecycle]", "[lifecycel]").replace("[[order]]", "[[ordre]]")
    write(parts.config, text)
    assert codes(check(parts)).count("unknown-key") == 2


def test_the_report_is_data_as_well(parts: Parts) -> None:
    data = check(parts).data()
    assert data["ok"] is True
    assert data["proofs"][0]["composite"] == "builder.toml"
    assert data["findings"][0]["file"] == "builder.toml"
