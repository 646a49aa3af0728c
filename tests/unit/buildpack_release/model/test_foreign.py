from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_release.model.build_plan import Alternative, PlanRequirement
from buildpack_release.model.foreign import read_foreign
from support.sample_repository import write

if TYPE_CHECKING:
    from pathlib import Path

DECLARED = '[tool.buildpack-release.foreign."acme/py"]\nprovides = ["python"]\nrequires = ["x"]\n'


def test_reads_what_a_foreign_buildpack_is_taken_for(tmp_path: Path) -> None:
    """One plan, chosen always."""
    write(tmp_path / "pyproject.toml", DECLARED)
    declared, findings = read_foreign(tmp_path)
    assert findings == ()
    assert declared["acme/py"].plan.alternatives == (Alternative(("python",), (PlanRequirement("x"),)),)


@pytest.mark.parametrize("text", [None, "", "[tool.other]\nx = 1\n"])
def test_nothing_has_to_be_declared(tmp_path: Path, text: str | None) -> None:
    """Most repositories need no foreign buildpacks."""
    if text is not None:
        write(tmp_path / "pyproject.toml", text)
    assert read_foreign(tmp_path) == ({}, ())


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (DECLARED.replace("provides", "provide"), 2, 'did you mean "provides"?'),
        (DECLARED.replace('["x"]', '"x"'), 3, "must be an array"),
        (DECLARED.replace("acme/py", "acme py"), 1, "may hold only"),
        ("[tool", 1, "not valid TOML"),
    ],
)
def test_faults_have_a_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    """A slip here would make the proof wrong."""
    write(tmp_path / "pyproject.toml", text)
    (finding,) = read_foreign(tmp_path)[1]
    assert finding.line == line
    assert said in str(finding)
