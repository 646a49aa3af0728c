"""Every archive of the catalogue has a form, and of each form it is known whether it ever ran."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from python_runtime import catalogue
from python_runtime.forms import FORMS, form_of

BUILDPACK = Path(__file__).parents[3] / "buildpacks" / "python-runtime"
OWN = catalogue.load(BUILDPACK / "data" / "runtimes.toml")
README = (BUILDPACK / "README.md").read_text("utf-8")
ROWS = {(runtime.version, runtime.arch): runtime for runtime in OWN.runtimes}


def versions(name: str) -> list[str]:
    """Return the versions whose archive has the form of this name, oldest first."""
    return [
        runtime.version
        for runtime in OWN.for_target("linux", "amd64")
        if (form := form_of(runtime)) and form.name == name
    ]


def test_every_archive_of_the_catalogue_has_a_form_and_every_form_an_archive() -> None:
    found = {runtime.path: form_of(runtime) for runtime in OWN.runtimes}

    assert [path for path, form in found.items() if form is None] == []
    assert set(found.values()) == set(FORMS)


def test_a_version_has_the_same_form_on_both_architectures() -> None:
    for runtime in OWN.for_target("linux", "amd64"):
        assert form_of(runtime) == form_of(ROWS[runtime.version, "arm64"])


def test_the_forms_are_in_order_and_have_names_of_their_own() -> None:
    assert [form.first for form in FORMS] == sorted({form.first for form in FORMS})
    assert [form.name for form in FORMS if not form.last] == [FORMS[-1].name]
    assert len({form.name for form in FORMS}) == len(FORMS)
    for is_stripped in (False, True):
        of_flavour = [form for form in FORMS if form.is_stripped is is_stripped]
        assert all(one.last < after.first for one, after in pairwise(of_flavour))


def test_a_form_counts_as_tried_by_trees_of_its_own_releases() -> None:
    """What a tree of one form shows says nothing of another's."""
    for form in FORMS:
        for tree in form.tried:
            version, tag = tree.split(" of ")
            assert re.fullmatch(r"3\.\d+\.\d+", version)
            assert form.first <= tag <= (form.last or tag)


@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_the_default_of_each_line_has_a_form_that_was_tried(arch: str) -> None:
    """If this fails after an update, the new form is to be tried before anybody gets it."""
    newest = {runtime.line: runtime for runtime in OWN.for_target("linux", arch)}

    assert set(newest) == set(OWN.lines)
    for runtime in newest.values():
        form = form_of(runtime)
        assert form
        assert form.tried


def test_the_readme_lists_each_form_with_its_versions_and_what_was_tried() -> None:
    for form in FORMS:
        (row,) = [line for line in README.splitlines() if line.startswith(f"| {form.name} |")]
        _, _, releases, listed, tried, _ = (cell.strip() for cell in row.split("|"))
        assert releases == (f"{form.first} to {form.last}" if form.last else f"from {form.first} on")
        assert listed == spans(versions(form.name), is_open=not form.last)
        assert tried == (", ".join(form.tried) or "**nothing**")


def spans(found: list[str], *, is_open: bool) -> str:
    """Return versions as the README has them: "3.10.2 to 3.10.5, 3.11.1", or those that others follow."""
    ends = []
    for line in dict.fromkeys(version.rpartition(".")[0] for version in found):
        of_line = [version for version in found if version.rpartition(".")[0] == line]
        ends.append(of_line[0] if is_open else " to ".join(dict.fromkeys((of_line[0], of_line[-1]))))
    return ", ".join(ends) + (" and all later ones" if is_open else "")


@pytest.mark.parametrize(
    "path",
    [
        "20260610/cpython-3.14.6-linux-x86_64.tar.gz",
        "20260610/cpython-3.14.6%2B20260610-x86_64-unknown-linux-musl-install_only_stripped.tar.gz",
        "20260610/cpython-3.14.6%2B20250610-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
        "20260610/cpython-3.14.6%2B20260610-x86_64-unknown-linux-gnu-install_only.tar.gz",
        "20211017/cpython-3.10.0%2B20211017-x86_64-unknown-linux-gnu-install_only.tar.gz",
        "mine.tar.gz",
    ],
)
def test_archives_that_are_none_of_these_have_no_form(path: str) -> None:
    assert form_of(replace(ROWS["3.14.6", "amd64"], path=path)) is None


def test_the_flavour_tells_forms_apart_as_the_release_does() -> None:
    path = "20241016/cpython-3.13.0+20241016-aarch64-unknown-linux-gnu-install_only{}.tar.gz"
    names = [
        form.name if (form := form_of(replace(ROWS["3.13.0", "arm64"], path=path.format(end)))) else ""
        for end in ("_stripped", "")
    ]

    assert names == ["shared libpython, stripped", "shared libpython"]
