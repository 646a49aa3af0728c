"""The benchmarks as `nox -s bench` starts them: one small group, in a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_group_is_measured_and_reported(tmp_path: Path) -> None:
    """The command measures the real bin/detect programs; how long they take is no concern of a test."""
    sources = [str(path) for path in (ROOT / "tests", *ROOT.glob("packages/*/src"))]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "detect", "--runs", "1", "--output", "out put"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sources)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "| detect: bin/detect of strata/app-venv | /bin/true |" in done.stdout
    rows = json.loads((tmp_path / "out put" / "benchmarks.json").read_text())["rows"]
    components = [*(ROOT / "buildpacks").glob("*/detect")]
    assert [len(row["ours"]) for row in rows] == [8] * len(components)
