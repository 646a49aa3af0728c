"""The check of a whole repository: everything that can be known to be wrong before anything is built."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_release.checking.check_detect import check_detect, check_program
from buildpack_release.checking.check_files import check_files, check_git, check_homes
from buildpack_release.checking.check_order import check_licenses, check_order
from buildpack_release.checking.check_plans import check_plans
from buildpack_release.errors import CheckFailed
from buildpack_release.model.build_plan import DETECT
from buildpack_release.model.finding import Finding, Severity
from buildpack_release.model.foreign import read_foreign
from buildpack_release.model.settings import PublishSettings, SigningSettings, read_versioning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from buildpack_release.checking.proof import GroupProof
    from buildpack_release.model.build_plan import DeclaredPlan
    from buildpack_release.model.repository import Repository


@dataclass(frozen=True)
class Report:
    """All findings, sorted by file and line, and the proof for each group of each composite's order."""

    root: Path
    findings: tuple[Finding, ...]
    proofs: tuple[GroupProof, ...]

    @property
    def ok(self) -> bool:
        """Whether there are no errors."""
        return not any(finding.is_error for finding in self.findings)

    @property
    def summary(self) -> str:
        """Return how many findings there are, such as `2 errors, 1 note`."""
        counts = Counter(finding.severity for finding in self.findings)
        parts = [_count(counts[severity], severity.value) for severity in Severity if counts[severity]]
        return ", ".join(parts) or "nothing found"

    def lines(self) -> Iterator[str]:
        """Return the report for people: the proofs, then the findings, one a line."""
        for proof in self.proofs:
            yield from proof.lines()
        for finding in self.findings:
            yield str(finding)

    def data(self) -> dict[str, Any]:
        """Return the report as data for JSON; files are relative to the root."""
        return {
            "ok": self.ok,
            "findings": [
                {
                    "severity": finding.severity.value,
                    "code": finding.code,
                    "message": finding.message,
                    "advice": finding.advice,
                    "file": os.path.relpath(finding.file, self.root),
                    "line": finding.line,
                }
                for finding in self.findings
            ],
            "proofs": [proof.data() for proof in self.proofs],
        }


def check(repository: Repository) -> Report:
    """Check a repository as `Repository.survey` gives it, and collect all findings.

    Raises ReleaseError only when a directory cannot be listed.
    """
    foreign, foreign_findings = read_foreign(repository.root)
    findings = [
        *repository.findings,
        *_settings(repository.root),
        *foreign_findings,
        *check_homes(repository.root),
        *check_git(repository),
        *check_licenses(repository),
        *check_order(repository, foreign),
    ]
    plans: dict[str, tuple[DeclaredPlan, ...]] = {}
    for buildpack in repository.buildpacks:
        findings += check_files(repository, buildpack)
        if buildpack.brings_programs and not (buildpack.directory / DETECT).is_dir():
            findings += check_program(buildpack, foreign)
        elif not buildpack.descriptor.is_composite:
            declared, found = check_detect(buildpack.directory)
            findings += found
            if declared is not None:
                plans[buildpack.id] = declared
    proofs, proof_findings = check_plans(repository, plans, foreign)
    findings += proof_findings
    return Report(repository.root, tuple(sorted(dict.fromkeys(findings), key=_position)), proofs)


def _settings(root: Path) -> Iterator[Finding]:
    """Find settings that only a task about versions or publishing would refuse."""
    for read in (read_versioning, PublishSettings.read, SigningSettings.read):
        try:
            read(root)
        except CheckFailed as error:
            yield Finding(
                Severity.ERROR, "settings", error.title, error.file or root, error.line, error.advice
            )


def _position(finding: Finding) -> tuple[str, int, str]:
    return str(finding.file), finding.line or 0, finding.message


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
