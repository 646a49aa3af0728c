"""Plans of other people's buildpacks, declared by those who put them into a builder.

In a file beside the configuration, `builder.plans.toml` for `builder.toml`, since pack refuses unknown keys:

    [foreign."acme/cpython"]
    provides = ["python"]
    requires = []
    may-fail = false        # whether detection can fail for an app that the group is for

    [[foreign."acme/cpython".or]]
    provides = []

What it does not declare is looked for in the repository's pyproject.toml (module `foreign`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.model.build_plan import Alternative, BuildPlan, DeclaredPlan, PlanRequirement
from buildpack_release.model.buildpack_descriptor import id_fault
from buildpack_release.model.finding import raise_first_error
from buildpack_release.model.foreign import read_foreign
from buildpack_release.model.settings import PYPROJECT
from buildpack_release.model.table import Table
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.finding import Finding

_DECLARED = "declaration"
# A marker that stands for whatever the buildpack looks for.
_SOMETHING = ("its own conditions",)


def side_file(config: Path) -> Path:
    """Return the path of the file with declarations for a configuration."""
    return config.with_name(f"{config.stem}.plans.toml")


def read_declarations(config: Path, root: Path) -> dict[str, tuple[DeclaredPlan, ...]]:
    """Read the declarations that count for a configuration in a repository, by id.

    Raises CheckFailed for what is not sound, ReleaseError for what cannot be read.
    """
    foreign, findings = read_foreign(root)
    raise_first_error(findings)
    found: dict[str, tuple[DeclaredPlan, ...]] = {}
    if foreign:
        source = TomlSource.read(root / PYPROJECT)
        found = {one.id: (DeclaredPlan(_DECLARED, None, one.plan, source),) for one in foreign.values()}
    path = side_file(config)
    return found | (_read(path) if path.exists() else {})


def _read(path: Path) -> dict[str, tuple[DeclaredPlan, ...]]:
    source = TomlSource.read(path)
    findings: list[Finding] = []
    root = Table.root(source, findings)
    root.refuse_unknown_keys(("foreign",))
    tables = root.table("foreign")
    found: dict[str, tuple[DeclaredPlan, ...]] = {
        str(key): (_declaration(str(key), tables),) for key in tables.data
    }
    raise_first_error(findings)
    return found


def _declaration(buildpack_id: str, tables: Table) -> DeclaredPlan:
    if fault := id_fault(buildpack_id):
        tables.error("id", f'the id "{buildpack_id}" {fault}', buildpack_id)
    table = tables.table(buildpack_id)
    table.refuse_unknown_keys(("provides", "requires", "may-fail", "or"))
    alternatives = [_alternative(table)]
    for other in table.tables("or"):
        other.refuse_unknown_keys(("provides", "requires"))
        alternatives.append(_alternative(other))
    markers = _SOMETHING if table.boolean("may-fail") else None
    return DeclaredPlan(_DECLARED, markers, BuildPlan(tuple(alternatives)), table.source)


def _alternative(table: Table) -> Alternative:
    return Alternative(
        table.strings("provides"), tuple(PlanRequirement(name) for name in table.strings("requires"))
    )
