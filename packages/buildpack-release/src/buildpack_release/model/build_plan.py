"""Build plans: what buildpacks provide to and require of each other (Buildpack API 0.10, "Build Plan").

In this repository detection is data: `detect/<name>/plan.toml` is the plan, `detect/<name>/markers` says when
it is chosen. A directory with `message.txt` instead makes detection fail and says why. So every plan is known
without running anything. How plans are matched: `checking.plan_resolution`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from buildpack_release.errors import CheckFailed, ReleaseError
from buildpack_release.model.finding import raise_first_error
from buildpack_release.model.table import Table
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from buildpack_release.model.finding import Finding

DETECT = "detect"
MARKERS = "markers"
PLAN = "plan.toml"
MESSAGE = "message.txt"


@dataclass(frozen=True)
class PlanRequirement:
    """One `[[requires]]`; the lifecycle hands the metadata to the provider and never looks at it."""

    name: str
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Alternative:
    """The top level of a build plan, or one `[[or]]` of it."""

    provides: tuple[str, ...] = ()
    requires: tuple[PlanRequirement, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it neither provides nor requires anything; such an alternative always fits."""
        return not (self.provides or self.requires)


@dataclass(frozen=True)
class BuildPlan:
    """A build plan: alternatives, the preferred one first. The empty plan has one empty alternative."""

    alternatives: tuple[Alternative, ...] = (Alternative(),)


@dataclass(frozen=True)
class DeclaredPlan:
    """One directory below `detect/`: chosen when one of its markers is there, or if it has none."""

    name: str
    markers: tuple[str, ...] | None
    plan: BuildPlan
    source: TomlSource = field(repr=False, compare=False)

    @property
    def is_unconditional(self) -> bool:
        """Whether detection can never go past this plan."""
        return self.markers is None


def read_plan(source: TomlSource) -> tuple[BuildPlan, tuple[Finding, ...]]:
    """Read a build plan, and find what is wrong with it. Alternative 0 is the top level, N the Nth `or`."""
    findings: list[Finding] = []
    root = Table.root(source, findings)
    root.refuse_unknown_keys(("provides", "requires", "or"))
    alternatives = [_read_alternative(root)]
    for table in root.tables("or"):
        table.refuse_unknown_keys(("provides", "requires"))
        alternatives.append(_read_alternative(table))
    return BuildPlan(tuple(alternatives)), tuple(findings)


def _read_alternative(table: Table) -> Alternative:
    provides = []
    for provided in table.tables("provides"):
        provided.refuse_unknown_keys(("name",))
        provides.append(provided.string("name", required=True))
    return Alternative(
        tuple(provides), tuple(_read_requirement(required) for required in table.tables("requires"))
    )


def _read_requirement(table: Table) -> PlanRequirement:
    if "version" in table.data:
        advice = "write it below [requires.metadata]"
        table.error(
            "plan-version", "a version directly in a requirement fails detection", "version", advice=advice
        )
    table.refuse_unknown_keys(("name", "version", "metadata"))
    return PlanRequirement(table.string("name", required=True), table.table("metadata").data)


def detect_directories(buildpack_dir: Path) -> tuple[Path, ...]:
    """Return the directories below `detect/` as bin/detect tries them: in the order of their names' bytes.

    Raises ReleaseError if `detect` is there and cannot be listed.
    """
    detect = buildpack_dir / DETECT
    try:
        names = [entry.name for entry in os.scandir(detect) if entry.is_dir()]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ReleaseError(f"cannot list this directory: {error.strerror or error}", file=detect) from error
    # A shell's `*` does not match hidden names.
    return tuple(detect / name for name in sorted(names, key=os.fsencode) if not name.startswith("."))


def read_markers(directory: Path) -> tuple[str, ...] | None:
    """Read the markers of one detect directory, without blank and comment lines; None if there is no file.

    Raises CheckFailed when the file is not UTF-8, ReleaseError when it cannot be read.
    """
    path = directory / MARKERS
    try:
        text = path.read_text(encoding="utf-8", errors="strict")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise CheckFailed("not UTF-8", file=path) from None
    except OSError as error:
        raise ReleaseError(f"cannot read this file: {error.strerror or error}", file=path) from error
    # As the shell's `read` sees them: without blanks around.
    lines = (line.strip(" \t\r") for line in text.split("\n"))
    return tuple(line for line in lines if line and not line.startswith("#"))


def declared_plans(buildpack_dir: Path) -> tuple[DeclaredPlan, ...]:
    """Return the plans that a buildpack's detection can choose from, in the order in which it tries them.

    Raises CheckFailed for a plan that detection could not use, ReleaseError for unreadable files.
    """
    plans = []
    for directory in detect_directories(buildpack_dir):
        if (directory / MESSAGE).is_file():
            continue
        source = TomlSource.read(directory / PLAN)
        plan, findings = read_plan(source)
        raise_first_error(findings)
        plans.append(DeclaredPlan(directory.name, read_markers(directory), plan, source))
    return tuple(plans)
