"""Measures this project against its peers: one table, one JSON, plots. Started by `nox -s bench`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import (
    group_detect,
    group_fleet,
    group_growth,
    group_heavy,
    group_image,
    group_lifecycle,
    group_memory,
    group_package,
    group_poetry,
    group_publish,
    group_redaction,
    group_reuse,
    group_runtime,
    group_start,
    group_tasks,
    group_uv,
    group_venv,
)
from benchmarks.bench import ROOT, Bench
from benchmarks.machine import describe
from benchmarks.plot import draw
from benchmarks.report import Report, read_rows
from benchmarks.rows import Skipped
from buildpack_release.errors import ExitCode, MissingToolError, ReleaseError, shown_path
from buildpack_release.progress import Progress, say
from buildpack_release.text import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.rows import Curve, Row

    Measure = Callable[[Bench], Iterable["Row | Skipped | Curve"]]

_MODULES = (
    group_package,
    group_publish,
    group_memory,
    group_redaction,
    group_detect,
    group_reuse,
    group_runtime,
    group_venv,
    group_uv,
    group_poetry,
    group_start,
    group_image,
    group_lifecycle,
    group_tasks,
    group_fleet,
    group_growth,
)
GROUPS: dict[str, Measure] = {module.GROUP: module.measure for module in (*_MODULES, group_heavy)}
NAMED_ONLY = frozenset({group_heavy.GROUP})
"""Groups that take gigabytes and a long time: measured where they are asked for by name."""
_ROUNDS, _ROUNDS_QUICK = 5, 2


def main(arguments: Sequence[str]) -> int:
    """Measure the groups asked for and report; return the exit code: 0, or 1 if something failed."""
    options = _parse(arguments)
    before = _read_before(options.before)
    settings = {"groups": options.groups, "rounds": options.runs, "quick": options.quick}
    report = Report(describe(ROOT), settings, before)
    started = time.monotonic()
    failed = _measure(options, report)
    files = report.write(options.output)
    if report.curves:
        files += _draw(report, options.output)
    sys.stdout.write(report.table())
    spent = duration(time.monotonic() - started)
    say(f"\n{report.summary()}\nDone in {spent}: {', '.join(map(shown_path, files))}")
    say(f"Compare the next run with this one: nox -s bench -- --before {shown_path(files[1])}")
    for name, why in failed.items():
        say(f"Error: {name} could not be measured: {why}")
    return int(ExitCode.FAILED if failed else ExitCode.OK)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    usual = [name for name in GROUPS if name not in NAMED_ONLY]
    named = ", ".join(sorted(NAMED_ONLY))
    parser.add_argument(
        "groups",
        nargs="*",
        metavar="GROUP",
        help=f"what to measure (default: {', '.join(usual)}); only where it is named: {named}",
    )
    parser.add_argument("--runs", type=int, help=f"rounds of each measurement (default {_ROUNDS})")
    parser.add_argument(
        "--quick", action="store_true", help=f"fewer rounds ({_ROUNDS_QUICK}) and smaller sizes"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("bench"), help="the directory for the results (default: bench)"
    )
    parser.add_argument("--before", type=Path, metavar="JSON", help="show the ratios of an earlier run, too")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.groups) - set(GROUPS))
    if unknown:
        parser.error(f"there is no group {', '.join(unknown)}; choose from {', '.join(GROUPS)}")
    if options.runs is not None and options.runs < 1:
        parser.error("--runs must be at least 1")
    options.groups = [name for name in GROUPS if name in (options.groups or usual)]
    options.runs = options.runs or (_ROUNDS_QUICK if options.quick else _ROUNDS)
    return options


def _read_before(path: Path | None) -> dict[str, dict[str, object]]:
    if path is None:
        return {}
    try:
        return read_rows(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        say(f"Error: --before {path} is no report of an earlier run: {error}")
        raise SystemExit(int(ExitCode.USAGE)) from None


def _measure(options: argparse.Namespace, report: Report) -> dict[str, str]:
    """Measure group after group into the report; return what failed, and why."""
    failed = {}
    progress = Progress(len(options.groups))
    with tempfile.TemporaryDirectory(prefix="strata-bench-") as scratch, ExitStack() as stack:
        # Programs are started as other users, too: they have to get in.
        Path(scratch).chmod(0o755)
        bench = Bench(Path(scratch).resolve(), stack, say, options.runs, options.quick)
        for name in options.groups:
            try:
                with progress.step(name) as results:
                    results.append(f"{_add(report, GROUPS[name](bench))} rows")
            except MissingToolError as error:
                report.add(Skipped(name, "all", error.title))
            except ReleaseError as error:
                failed[name] = str(error)
    return failed


def _add(report: Report, findings: Iterable[Row | Skipped | Curve]) -> int:
    """Take all findings; return how many rows were among them."""
    before = len(report.rows)
    for found in findings:
        report.add(found)
    return len(report.rows) - before


def _draw(report: Report, directory: Path) -> list[Path]:
    try:
        return draw(report.curves, directory)
    except ModuleNotFoundError as error:
        say(f"No plot was drawn: {error.name} is not installed")
        return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
