"""Buildpacks whose plans cannot be read here: of other repositories, or with a bin/detect of their own.

What they provide and require is declared in the root's pyproject.toml:

    [tool.buildpack-release.foreign."acme/cpython"]
    provides = ["python"]
    requires = []
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.errors import ReleaseError
from buildpack_release.model.build_plan import Alternative, BuildPlan, PlanRequirement
from buildpack_release.model.buildpack_descriptor import id_fault
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.settings import PYPROJECT, settings_table

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.table import Table


@dataclass(frozen=True)
class Foreign:
    """A buildpack whose plan is declared, taken to pass detection always with this plan."""

    id: str
    plan: BuildPlan


def read_foreign(root: Path) -> tuple[dict[str, Foreign], tuple[Finding, ...]]:
    """Read the declarations of a repository, by id, and what is wrong with them."""
    findings: list[Finding] = []
    try:
        tables = settings_table(root, findings).table("foreign")
    except ReleaseError as error:
        return {}, (Finding(Severity.ERROR, "toml", error.title, root / PYPROJECT, error.line),)
    declared = {str(key): _read(str(key), tables) for key in tables.data}
    return declared, tuple(findings)


def _read(buildpack_id: str, tables: Table) -> Foreign:
    if fault := id_fault(buildpack_id):
        tables.error("id", f'the id "{buildpack_id}" {fault}', buildpack_id)
    table = tables.table(buildpack_id)
    table.refuse_unknown_keys(("provides", "requires"))
    requires = tuple(PlanRequirement(name) for name in table.strings("requires"))
    return Foreign(buildpack_id, BuildPlan((Alternative(table.strings("provides"), requires),)))
