from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api import toml
from buildpack_api.build_toml import write_unmet
from buildpack_api.plan import BuildpackPlan, PlanEntry

if TYPE_CHECKING:
    from pathlib import Path

PLAN = BuildpackPlan((PlanEntry("python"), PlanEntry("pip"), PlanEntry("python")))


def test_entries_are_handed_on_once(tmp_path: Path) -> None:
    write_unmet(tmp_path, PLAN, ["python", "python"])
    assert toml.load(tmp_path / "build.toml") == {"unmet": [{"name": "python"}]}


def test_all_met_is_no_file(tmp_path: Path) -> None:
    write_unmet(tmp_path, PLAN, ["pip"])
    write_unmet(tmp_path, PLAN, [])
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_not_in_the_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not in the buildpack plan: node"):
        write_unmet(tmp_path, PLAN, ["node", "pip"])
    assert not list(tmp_path.iterdir())
