from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from buildpack_release.checking.repository_check import check
from buildpack_release.model.repository import Repository
from support.sample_repository import component, composite, library, plan, write, write_settings

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = {"always": (None, plan(provides=("python",)))}
USER = {"always": (None, plan(requires=("python",)))}


def sound(root: Path) -> None:
    library(root)
    component(root, "acme/python", plans=PYTHON)
    component(root, "acme/user", plans=USER)
    composite(root, "acme/all", ["acme/python", "acme/user"])


def test_a_sound_repository(tmp_path: Path) -> None:
    """Passes with its proof and nothing else."""
    sound(tmp_path)
    report = check(Repository.survey(tmp_path))
    assert (report.ok, report.findings, report.summary) == (True, (), "nothing found")
    assert len(report.proofs) == 1
    assert list(report.lines()) == list(report.proofs[0].lines())


def test_a_note_does_not_fail_the_check(tmp_path: Path) -> None:
    """Only errors do."""
    sound(tmp_path)
    component(tmp_path, "acme/alone", plans=USER)
    report = check(Repository.survey(tmp_path))
    assert (report.ok, report.summary) == (True, "1 note")


def test_all_faults_of_all_kinds_in_one_run(tmp_path: Path) -> None:
    """One broken file hides nothing in the others; findings come sorted by file and line."""
    sound(tmp_path)
    write(tmp_path / "buildpacks/broken/buildpack.toml", "[")
    write(tmp_path / "buildpacks/user/detect/always/markers", "/etc/x\n")
    (tmp_path / "buildpacks/python/README.md").unlink()
    path = tmp_path / "buildpacks/all/buildpack.toml"
    path.write_text(
        path.read_text().replace('id = "acme/user"\nversion = "1.0.0"', 'id = "acme/user"\nversion = "2.0.0"')
    )
    write_settings(tmp_path, "foreign = 1\n")
    report = check(Repository.survey(tmp_path))
    assert [finding.code for finding in report.findings] == [
        "order-version", "toml", "missing-file", "marker", "type",
    ]  # fmt: skip
    assert report.summary == "5 errors"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('versioning = "fixd"', 'there is no versioning "fixd"'),
        ("[tool.buildpack-release.publish]\nmoving-tags = ['newest']", '"newest" is no kind of moving tag'),
        ("[tool.buildpack-release.signing]\nkye = 'x'", 'signing.kye"'),
    ],
)
def test_settings_that_another_task_would_refuse(tmp_path: Path, setting: str, message: str) -> None:
    """They are found before anybody wants to release."""
    sound(tmp_path)
    write_settings(tmp_path, f"{setting}\n")
    (finding,) = check(Repository.survey(tmp_path)).findings
    assert (finding.code, finding.file) == ("settings", tmp_path / "pyproject.toml")
    assert message in finding.message
    assert finding.line


def test_data_for_programs(tmp_path: Path) -> None:
    """JSON with files relative to the root."""
    sound(tmp_path)
    (tmp_path / "buildpacks/all/README.md").unlink()
    data = json.loads(json.dumps(check(Repository.survey(tmp_path)).data()))
    assert data["ok"] is False
    assert data["findings"] == [
        {
            "severity": "error",
            "code": "missing-file",
            "message": "this file is missing",
            "advice": "",
            "file": "buildpacks/all/README.md",
            "line": None,
        }
    ]
    assert data["proofs"][0]["composite"] == "acme/all"
