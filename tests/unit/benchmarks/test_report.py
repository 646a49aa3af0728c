"""The report: table, data, worst rows, comparison with an earlier run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks.report import Report, read_rows
from benchmarks.rows import Aim, Curve, Row, Series, Skipped, Unit

if TYPE_CHECKING:
    from pathlib import Path


def make(*, before: dict[str, dict[str, object]] | None = None) -> Report:
    report = Report({"cores": "2"}, {"rounds": 3}, before or {})
    theirs = Series((2.0, 2.0, 2.0))
    for what, ours in (("good", 0.5), ("bad", 4.0)):
        series = Series((ours, ours, ours * 2))
        report.add(Row(group="g", what=what, against="peer", ours=series, theirs=theirs, aim=Aim.ratio(1.0)))
    report.add(
        Row(group="g", what="size", against="limit", ours=Series((5e6,)), unit=Unit.BYTES, note="a note")
    )
    report.add(Skipped("h", "everything", "skopeo is not here"))
    report.add(Curve("c", "items", ((1, Series((1.0,)), Series((0.5,))),)))
    return report


def test_the_table_says_everything() -> None:
    """Figures with their spread, ratio, aim, verdict; notes; what was skipped and why; the machine."""
    lines = make().table().splitlines()
    good = "| g: good | peer | 0.50 s (0.50 s .. 1.00 s) | 2.00 s (2.00 s .. 2.00 s) "
    assert f"{good}| 0.25 (0.25 .. 0.50) |  | ≤ 1 x | yes |" in lines
    assert any("| **no** |" in line for line in lines if "bad" in line)
    assert "| g: size | limit | 5.0 MB |  |  |  | reported |  |" in lines
    assert "- size: a note" in lines
    assert "- not measured: h, everything: skopeo is not here" in lines
    assert "- measured on: cores 2" in lines


def test_the_summary_names_the_worst() -> None:
    """Whoever reads only the last lines learns what is missed."""
    first, worst, *_ = make().summary().splitlines()
    assert first == "3 rows; 1 of 2 aims met; 1 not measured"
    assert "MISSED, 200% of what is allowed: g: bad (peer)" in worst


def test_a_report_can_be_compared_with_a_later_one(tmp_path: Path) -> None:
    """What was written is read back by the next run, whose table shows both ratios."""
    make().write(tmp_path / "new")
    before = read_rows(tmp_path / "new" / "benchmarks.json")
    table = make(before=before).table()
    assert "| what | against | ours | theirs | ratio (spread) | before |" in table
    assert "| 0.25 (0.25 .. 0.50) | 0.25 |" in table
    assert "| 5.0 MB |  |  | 5e+06 |" in table


def test_a_new_row_has_nothing_before(tmp_path: Path) -> None:
    """A row that the earlier run has not is marked, not dropped."""
    table = make(before={"another": {}}).table()
    assert "| 0.25 (0.25 .. 0.50) | - |" in table


def test_the_data_hold_every_run(tmp_path: Path) -> None:
    """Programs get all figures, so that other statistics can be made of them."""
    make().write(tmp_path)
    data = json.loads((tmp_path / "benchmarks.json").read_text())
    assert data["rows"][0]["ours"] == [0.5, 0.5, 1.0]
    assert data["rows"][0]["met"] is True
    assert data["settings"] == {"rounds": 3}
    assert data["skipped"] == [{"group": "h", "what": "everything", "reason": "skopeo is not here"}]
    assert data["curves"][0]["points"] == [{"count": 1, "seconds": [1.0], "processor": [0.5]}]
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": [1]}'])
def test_another_file_is_no_report(tmp_path: Path, text: str) -> None:
    """A wrong file is told from a report by the errors that the caller expects."""
    file = tmp_path / "x.json"
    file.write_text(text)
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_rows(file)
