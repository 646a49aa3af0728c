"""A small buildpack in a directory, shaped as the assembled ones are, and a platform to build with it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from buildpack_api.context import BuildContext

PACKAGE = Path(__file__).parents[3] / "packages/buildpack-api"


@dataclass(frozen=True)
class ExampleBuildpack:
    """All directories of a build lie below ``root``, whose name holds a blank."""

    root: Path

    @classmethod
    def create(cls, parent: Path, body: str = "pass") -> ExampleBuildpack:
        """Write a buildpack whose build function has ``body`` as its (unindented) text."""
        example = cls(parent / "a platform")
        for directory in (example.app, example.layers, example.platform / "env", example.directory / "lib"):
            directory.mkdir(parents=True)
        shutil.copytree(PACKAGE / "share/bin", example.directory / "bin")
        example.plan.touch()
        (example.directory / "buildpack.toml").write_text(
            'api = "0.10"\n[buildpack]\nid = "acme/example"\nname = "Example"\nversion = "1.2.3"\n'
        )
        example._write_library(body)
        return example

    def _write_library(self, body: str) -> None:
        library = self.directory / "lib"
        for name in (
            "buildpack_common",
            "buildpack_api",
            "tomli_w",
            *(() if sys.version_info >= (3, 11) else ("tomli",)),
        ):
            spec = importlib.util.find_spec(name)
            assert spec is not None
            assert spec.origin is not None
            (library / name).symlink_to(Path(spec.origin).parent)
        indented = "".join(f"    {line}\n" for line in body.splitlines())
        (library / "__main__.py").write_text(
            f"from buildpack_api.main import main\ndef build(context):\n{indented}main(build)\n"
        )

    @property
    def directory(self) -> Path:
        return self.root / "buildpack"

    @property
    def app(self) -> Path:
        return self.root / "the app"

    @property
    def layers(self) -> Path:
        return self.root / "layers"

    @property
    def platform(self) -> Path:
        return self.root / "platform"

    @property
    def plan(self) -> Path:
        return self.root / "plan.toml"

    def environment(self, **variables: str) -> dict[str, str]:
        """What a lifecycle sets, and ``variables``."""
        return {
            "PATH": os.environ["PATH"],
            "CNB_BUILDPACK_DIR": str(self.directory),
            "CNB_PLATFORM_DIR": str(self.platform),
            "CNB_LAYERS_DIR": str(self.layers),
            "CNB_BP_PLAN_PATH": str(self.plan),
            "CNB_TARGET_OS": "linux",
            "CNB_TARGET_ARCH": "amd64",
            **variables,
        }

    def context(self, **variables: str) -> BuildContext:
        """The inputs as the build function gets them."""
        return BuildContext.from_environment(self.environment(**variables), ["lib"], self.app)

    def command(self) -> list[str]:
        """The Python part of bin/build."""
        return [sys.executable, "-E", "-s", "-S", "-B", str(self.directory / "lib/__main__.py")]

    def build(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the Python part of bin/build to its end."""
        return subprocess.run(
            self.command(),
            env=self.environment(**variables),
            cwd=self.app,
            capture_output=True,
            text=True,
            check=False,
        )
