"""The report: one table for people, one JSON for programs, and the worst rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.rows import Curve, Row, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_HEAD = ("what", "against", "ours", "theirs", "ratio (spread)", "CPU", "aim", "met")
_WORST = 3


@dataclass
class Report:
    """Everything that a run has found. `before` are the rows of an earlier report by their keys."""

    machine: Mapping[str, str]
    settings: Mapping[str, object]
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)

    def add(self, found: Row | Skipped | Curve) -> None:
        """Take one finding."""
        if isinstance(found, Row):
            self.rows.append(found)
        elif isinstance(found, Curve):
            self.curves.append(found)
        else:
            self.skipped.append(found)

    def table(self) -> str:
        """Return the rows as a Markdown table, with what was measured on, and what was not measured."""
        head = [*_HEAD[:5], *(("before",) if self.before else ()), *_HEAD[5:]]
        lines = [_line(head), _line(["---"] * len(head)), *(_line(self._cells(row)) for row in self.rows)]
        notes = [f"- {row.what}: {row.note}" for row in self.rows if row.note]
        missing = [f"- not measured: {one.group}, {one.what}: {one.reason}" for one in self.skipped]
        facts = "; ".join(f"{name} {value}" for name, value in self.machine.items())
        return "\n".join([*lines, "", *notes, *missing, f"- measured on: {facts}", ""])

    def worst(self) -> list[Row]:
        """Return the rows that are closest to missing their aims, or miss them by most."""
        judged = [row for row in self.rows if row.met is not None]
        return sorted(judged, key=lambda row: row.pressure, reverse=True)[:_WORST]

    def summary(self) -> str:
        """Return the closing lines: how many aims are met, and the worst rows."""
        judged = [row for row in self.rows if row.met is not None]
        met = sum(bool(row.met) for row in judged)
        lines = [f"{len(self.rows)} rows; {met} of {len(judged)} aims met; {len(self.skipped)} not measured"]
        for row in self.worst():
            state = "met" if row.met else "MISSED"
            lines.append(
                f"  {state}, {row.pressure:.0%} of what is allowed: {row.group}: {row.what} ({row.against})"
            )
        return "\n".join(lines)

    def data(self) -> dict[str, Any]:
        """Return everything for programs."""
        return {
            "machine": dict(self.machine),
            "settings": dict(self.settings),
            "rows": [row.data() for row in self.rows],
            "skipped": [vars(one) for one in self.skipped],
            "curves": [curve.data() for curve in self.curves],
        }

    def write(self, directory: Path) -> list[Path]:
        """Write the table and the data into a directory; return the files."""
        directory.mkdir(parents=True, exist_ok=True)
        files = {
            directory / "benchmarks.md": self.table(),
            directory / "benchmarks.json": json.dumps(self.data(), indent=1) + "\n",
        }
        for path, text in files.items():
            beside = path.with_name(f".{path.name}.new")
            beside.write_text(text, "utf-8")
            beside.replace(path)
        return list(files)

    def _cells(self, row: Row) -> list[str]:
        cells = [
            f"{row.group}: {row.what}",
            row.against,
            row.ours.show(row.unit),
            row.theirs.show(row.unit) if row.theirs else "",
            _ratio(row),
        ]
        if self.before:
            cells.append(_earlier(self.before.get(row.key, {})))
        processor = f"{row.processor.median:.2f}" if row.processor else ""
        met = {True: "yes", False: "**no**", None: ""}[row.met]
        return [*cells, processor, row.aim.show(row.unit), met]


def read_rows(path: Path) -> dict[str, dict[str, Any]]:
    """Read the rows of an earlier report. Raises OSError, ValueError or KeyError if it is none."""
    rows: Iterable[dict[str, Any]] = json.loads(path.read_text("utf-8"))["rows"]
    return {f"{row['group']}: {row['what']} / {row['against']}": row for row in rows}


def _ratio(row: Row) -> str:
    if row.ratio is None or row.ratios is None:
        return ""
    values = row.ratios.values
    spread = f" ({min(values):.2f} .. {max(values):.2f})" if len(values) > 1 else ""
    return f"{row.ratio:.2f}{spread}"


def _earlier(row: Mapping[str, Any]) -> str:
    if not row:
        return "-"
    ratio = row.get("ratio")
    return f"{ratio:.2f}" if ratio is not None else f"{row['ours_median']:.3g}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
