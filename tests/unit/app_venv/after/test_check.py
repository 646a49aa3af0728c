"""What does not fit is a warning, an error or nothing, as BP_PIP_CHECK says."""

from __future__ import annotations

import pytest

from app_venv.after.check import report_problems
from app_venv.settings import CheckMode
from buildpack_api.errors import BuildpackError
from buildpack_api.output import Output

PROBLEM = "right 2.0 requires left<2, but left 3.0 is installed"


def test_a_warning_names_both_packages_and_the_way_to_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    report_problems([PROBLEM], CheckMode.WARN, Output())
    printed = " ".join(capsys.readouterr().out.split())
    assert f"Warning: Installed packages do not fit together {PROBLEM}." in printed
    assert "BP_PIP_CHECK=error" in printed


def test_an_error_names_both_packages_and_the_way_out() -> None:
    with pytest.raises(BuildpackError) as raised:
        report_problems([PROBLEM, "more"], CheckMode.ERROR, Output())
    assert raised.value.detail == f"{PROBLEM}.\nmore."
    assert "BP_PIP_CHECK=warn" in raised.value.advice


@pytest.mark.parametrize(("problems", "mode"), [((), CheckMode.ERROR), ((PROBLEM,), CheckMode.OFF)])
def test_otherwise_nothing_is_said(
    problems: tuple[str, ...], mode: CheckMode, capsys: pytest.CaptureFixture[str]
) -> None:
    report_problems(problems, mode, Output())
    assert capsys.readouterr().out == ""
