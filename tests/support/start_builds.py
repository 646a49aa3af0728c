"""Builds of strata/app-start: an app to write, an environment to fill, the real code."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import app_start
from app_start.build import build
from buildpack_api import toml
from buildpack_api.context import BuildContext
from buildpack_api.identity import BuildpackIdentity
from buildpack_api.layers import Layers
from buildpack_api.output import Output
from buildpack_api.plan import BuildpackPlan
from buildpack_api.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

BUILDPACK = Path(app_start.__file__).parents[2]


@dataclass
class App:
    """An app below ``root`` and the layers of its build: a virtual environment with the named packages."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    printed: str = ""

    @property
    def directory(self) -> Path:
        return self.root / "workspace"

    @property
    def venv(self) -> Path:
        return self.root / "layers/strata_app-venv/venv/venv"

    @property
    def layers(self) -> Path:
        return self.root / "layers/strata_app-start"

    def write(self, files: Mapping[str, str]) -> App:
        """Write files of the app."""
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return self

    def install(self, *packages: str, programs: tuple[str, ...] = ()) -> App:
        """Install packages, name or name==version, as far as their metadata and programs tell."""
        minor = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        for package in packages:
            name, _, version = package.partition("==")
            info = (
                self.venv / f"lib/{minor}/site-packages/{name.replace('-', '_')}-{version or '1.0'}.dist-info"
            )
            info.mkdir(parents=True)
            (info / "REQUESTED").touch()
        for program in (*programs, *(package.partition("==")[0] for package in packages)):
            path = self.venv / "bin" / program
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)
        return self

    def build(self, **variables: str) -> dict[str, str]:
        """Build, and return each process as the command for people; the default has a star before it."""
        stream = io.StringIO()
        self.layers.mkdir(exist_ok=True)
        environment = {"PATH": f"{self.venv}/bin:/usr/bin:/bin", "VIRTUAL_ENV": str(self.venv)}
        build(
            BuildContext(
                app_dir=self.directory,
                buildpack_dir=BUILDPACK,
                platform_dir=self.root,
                layers=Layers(self.layers),
                plan=BuildpackPlan(),
                target=Target("linux", "amd64"),
                descriptor=BuildpackIdentity.from_file(BUILDPACK / "buildpack.toml"),
                environment={**environment, **self.variables, **variables},
                output=Output(stdout=stream, stderr=stream),
            )
        )
        self.printed = stream.getvalue()
        return {
            f"{'*' if one.get('default') else ''}{one['type']}": _shown(one["command"])
            for one in self.processes()
        }

    def processes(self) -> list[dict[str, Any]]:
        """Return what launch.toml says."""
        file = self.layers / "launch.toml"
        return list(toml.load(file).get("processes", [])) if file.exists() else []

    @property
    def text(self) -> str:
        """What was printed, in one line."""
        return " ".join(self.printed.split())


def _shown(command: list[str]) -> str:
    """Leave out the shell that only fills in variables, or hands signals on."""
    if command[:2] != ["sh", "-c"] or '"$@"' not in command[2]:
        return " ".join(command)
    line = next(line for line in command[2].splitlines() if '"$@"' in line)
    return line.partition(' "$@"')[0].removeprefix("exec ")
