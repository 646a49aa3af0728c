"""The README of the package is kept true."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from buildpack_api import errors
from unit.buildpack_api.example_buildpack import PACKAGE, ExampleBuildpack

if TYPE_CHECKING:
    from pathlib import Path

README = (PACKAGE / "README.md").read_text()


def test_the_example_makes_its_layer_and_reuses_it(tmp_path: Path) -> None:
    example = ExampleBuildpack.create(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (example.directory / "lib/__main__.py").write_text(code)
    (tmp_path / "python3").symlink_to(sys.executable)
    outputs = []
    for version in ("1.0", "1.0", "2.0"):
        done = example.build(PATH=str(tmp_path), BP_TOOL_VERSION=version)
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout.splitlines()[1:])
    made, reused = "  tool  made", "  tool  reused"
    assert outputs == [
        ["[Strata] Done", made],
        ["[Strata] Done", reused],
        ["  tool: 1.0 -> 2.0", "[Strata] Done", made],
    ]


def test_every_module_and_every_exit_code_is_in_the_tables() -> None:
    source = PACKAGE / "src/buildpack_api"
    modules = {path.stem for path in source.glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in source.glob("*/__init__.py")}
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == modules
    kinds: list[type[errors.BuildpackError]] = [
        errors.ConfigurationError,
        errors.DownloadError,
        errors.CommandFailed,
        errors.PlatformError,
    ]
    for kind in kinds:
        assert f"| {kind.exit_code} | `{kind.__name__}`" in README
