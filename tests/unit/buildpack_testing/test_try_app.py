"""Options must be understood or refused; an app must find its own last build again."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildpack_release.errors import UsageError
from buildpack_release.model.repository import Repository
from buildpack_testing.local_sources import RuntimeSource
from buildpack_testing.try_app import (
    AppTrial,
    outermost_composite,
    parse_source,
    parse_variables,
    try_app,
    workspace_of,
)
from support.sample_repository import component, composite


def test_variables_keep_everything_after_the_first_equals_sign() -> None:
    assert parse_variables(["A=b=c", "EMPTY="]) == {"A": "b=c", "EMPTY": ""}


@pytest.mark.parametrize("assignment", ["A", "=b", ""])
def test_what_is_no_assignment_is_refused(assignment: str) -> None:
    with pytest.raises(UsageError, match="is not NAME=VALUE"):
        parse_variables([assignment])


def test_a_runtime_source_is_known_or_refused() -> None:
    assert parse_source("") is None
    assert parse_source("download") is RuntimeSource.DOWNLOAD
    with pytest.raises(UsageError, match="no runtime source 'here'"):
        parse_source("here")


def test_each_app_has_one_workspace_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one/app", "two/app"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "one")
    work = tmp_path / "work"
    assert workspace_of(Path("app"), work) == workspace_of(tmp_path / "two/../one/app", work)
    assert workspace_of(Path("app"), work) != workspace_of(tmp_path / "two/app", work)


def test_a_missing_app_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a directory"):
        try_app(Repository(tmp_path, ()), AppTrial(tmp_path / "missing"), write=print, report=print)
    assert list(tmp_path.iterdir()) == []


def test_the_outermost_composite_is_what_is_tried(tmp_path: Path) -> None:
    """In a repository of whatever buildpacks; where there is not one, somebody has to choose."""
    component(tmp_path, "acme/a", plans={})
    with pytest.raises(UsageError, match="no composite") as refused:
        outermost_composite(Repository.discover(tmp_path))
    assert "--builder-order" in str(refused.value)
    composite(tmp_path, "acme/inner", ["acme/a"])
    composite(tmp_path, "acme/all", ["acme/inner"])
    assert outermost_composite(Repository.discover(tmp_path)) == "acme/all"
    composite(tmp_path, "acme/more", ["acme/a"])
    with pytest.raises(UsageError, match="several composites that no other contains: acme/all, acme/more"):
        outermost_composite(Repository.discover(tmp_path))
