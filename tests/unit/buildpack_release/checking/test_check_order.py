from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.checking.check_order import check_licenses, check_order
from buildpack_release.model.finding import Severity
from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, plan, write

if TYPE_CHECKING:
    from pathlib import Path

PLANS = {"x": (None, plan(provides=("a",)))}


def test_a_sound_order(tmp_path: Path) -> None:
    """Nothing is found."""
    component(tmp_path, "acme/a", plans=PLANS)
    composite(tmp_path, "acme/all", ["acme/a"])
    repository = Repository.discover(tmp_path)
    assert [*check_order(repository, ()), *check_licenses(repository)] == []


def test_entries_without_a_buildpack(tmp_path: Path) -> None:
    """A near miss gets a suggestion, a stranger the way to declare it, a declared one is fine."""
    component(tmp_path, "acme/python", plans=PLANS)
    composite(tmp_path, "acme/all", ["acme/pyton", "other/x", "acme/python", "other/fine"])
    found = list(check_order(Repository.discover(tmp_path), {"other/fine"}))
    assert [(finding.line, finding.code) for finding in found] == [
        (13, "missing-buildpack"),
        (17, "missing-buildpack"),
    ]
    assert found[0].advice == 'did you mean "acme/python"?'
    assert '[tool.buildpack-release.foreign."other/x"]' in found[1].advice


def test_an_entry_whose_descriptor_may_be_the_broken_one(tmp_path: Path) -> None:
    """The second error of one fault points to the first."""
    composite(tmp_path, "acme/all", ["acme/a"])
    path = write(tmp_path / "buildpacks/a/buildpack.toml", "[")
    (finding,) = check_order(Repository.survey(tmp_path), ())
    assert str(path) in finding.advice


def test_an_order_with_another_version(tmp_path: Path) -> None:
    """The package would hold a buildpack that its order does not name."""
    component(tmp_path, "acme/a", plans=PLANS, version="1.1.0")
    composite(tmp_path, "acme/all", ["acme/a@1.0.0"])
    (finding,) = check_order(Repository.discover(tmp_path), ())
    assert finding.line == 14
    assert finding.message == 'the order names acme/a@1.0.0, but acme/a has the version "1.1.0"'


def test_a_cycle_is_shown_as_a_path(tmp_path: Path) -> None:
    """At an entry that is part of it."""
    composite(tmp_path, "acme/a", ["acme/b"])
    composite(tmp_path, "acme/b", ["acme/c"])
    composite(tmp_path, "acme/c", ["acme/a"])
    (finding,) = check_order(Repository.discover(tmp_path), ())
    assert finding.message == "the orders are cyclic: acme/a -> acme/b -> acme/c -> acme/a"
    assert (finding.file.parent.name, finding.line) == ("a", 13)


def test_an_unused_component_is_only_a_note(tmp_path: Path) -> None:
    """It may be meant for other people's builders."""
    component(tmp_path, "acme/a", plans=PLANS)
    (finding,) = check_order(Repository.discover(tmp_path), ())
    assert (finding.severity, finding.line) == (Severity.NOTE, 4)


def test_a_component_without_an_id_is_not_said_to_be_unused(tmp_path: Path) -> None:
    """That it has none is an error of its own; a note about nobody says nothing."""
    path = component(tmp_path, "acme/a", plans=PLANS) / "buildpack.toml"
    path.write_text(path.read_text().replace("id = ", "Id = "))
    assert not list(check_order(Repository.survey(tmp_path), ()))


def test_licences(tmp_path: Path) -> None:
    """An expression that is not SPDX's, and none at all."""
    path = component(tmp_path, "acme/a", plans=PLANS) / "buildpack.toml"
    text = path.read_text()
    path.write_text(text.replace("Apache-2.0", "Apache 2"))
    (finding,) = check_licenses(Repository.discover(tmp_path))
    assert (finding.is_error, finding.line) == (True, 8)
    path.write_text(text.replace('[[buildpack.licenses]]\ntype = "Apache-2.0"\n', ""))
    (finding,) = check_licenses(Repository.discover(tmp_path))
    assert (finding.severity, finding.line) == (Severity.WARNING, 3)
