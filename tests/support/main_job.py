"""The whole job for tests: the composite on the local platform, fed from loopback, a probe at its end."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildpack_testing.platform import LocalPlatform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_testing.launched_process import ImageFileSystem
    from buildpack_testing.platform import BuildResult

ROOT = Path(__file__).resolve().parents[2]
APPS = ROOT / "tests" / "apps"
PROBE = ROOT / "tests" / "fixtures" / "probe"
PROBED = """\
python-m-pip python -m pip --version
pip pip --version
python python -c 'import json, sys; print(json.dumps([sys.version.split()[0], sys.prefix, sys.path]))'
pip-list pip list --format=json
system-libraries cat /proc/self/maps
"""
"""What the probe is asked ($PROBE_COMMANDS) where a test looks at it: a second of each build."""
COMPOSITE = "strata/python"
RUNTIME, PIP, VENV, START = (
    "strata/python-runtime",
    "strata/pip-tool",
    "strata/app-venv",
    "strata/app-start",
)


@dataclass(frozen=True)
class Recorded:
    """What the probe has found: environment, and by name the output and exit code of its commands."""

    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        pairs = (self.directory / "environment").read_text().rstrip("\0").split("\0")
        return dict(pair.partition("=")[::2] for pair in pairs)

    def output(self, name: str) -> str:
        return (self.directory / name).read_text()

    def code(self, name: str) -> int:
        return int((self.directory / f"{name}.code").read_text())


class MainJob:
    """One workspace; sources are the variables that name the loopback mirror and index."""

    def __init__(self, root: Path, directories: Sequence[Path], sources: Mapping[str, str]) -> None:
        self._root = root
        self._sources = dict(sources)
        self.platform = LocalPlatform(root / "w", [*directories, PROBE], [[COMPOSITE, "test/probe"]])

    @property
    def layers(self) -> Path:
        """The layers directory, the same at build and at launch."""
        return self.platform.workspace.layers

    @property
    def venv(self) -> Path:
        return self.layers / "strata_app-venv" / "venv" / "venv"

    @property
    def python(self) -> Path:
        return self.layers / "strata_python-runtime" / "python" / "cpython"

    @property
    def recorded(self) -> Recorded:
        """What the probe found in the last build; only until a container is started."""
        return Recorded(self.layers / "test_probe" / "record")

    def build(self, app: Path, **variables: str) -> BuildResult:
        return self.platform.build(app, variables=self._sources | variables)

    def copy(self, name: str) -> Path:
        """Return a copy of a sample app, to be changed."""
        target = self._root / "apps" / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(APPS / name, target)
        return target


def python_json(container: ImageFileSystem, expression: str) -> Any:  # noqa: ANN401 (any JSON value)
    """Evaluate an expression with the image's Python; json and sys are imported."""
    command = ["python", "-c", f"import json, sys; print(json.dumps({expression}))"]
    return json.loads(container.run(command).stdout)
