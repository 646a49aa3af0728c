"""All that a build gets from the platform (Buildpack API 0.10, 'Build' and 'Environment Variables')."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.bindings import Binding, read_bindings
from buildpack_api.environment import read_platform_env
from buildpack_api.errors import PlatformError
from buildpack_api.identity import BuildpackIdentity
from buildpack_api.layers import Layers
from buildpack_api.output import Output
from buildpack_api.plan import BuildpackPlan
from buildpack_api.target import Target
from buildpack_api.toml import TomlError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True)
class BuildContext:
    """The inputs of one build.

    ``environment`` is the process environment: base image, earlier buildpacks, user. ``platform_env`` holds
    the user's variables alone, verbatim: the files of ``<platform>/env``.
    """

    app_dir: Path
    buildpack_dir: Path
    platform_dir: Path
    layers: Layers
    plan: BuildpackPlan
    target: Target
    descriptor: BuildpackIdentity
    environment: Mapping[str, str] = field(repr=False)
    platform_env: Mapping[str, str] = field(default_factory=dict, repr=False)
    bindings: tuple[Binding, ...] = ()
    output: Output = field(default_factory=Output)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], argv: Sequence[str], cwd: Path) -> BuildContext:
        """Read the ``CNB_*`` variables; the positional arguments ``argv[1:]`` serve where one is not set.

        Raises PlatformError, naming the variable, for whatever is missing or broken.
        """
        inputs = _Inputs(environ, argv)
        platform_dir = inputs.path("CNB_PLATFORM_DIR", 2)
        buildpack_dir = inputs.directory("CNB_BUILDPACK_DIR", 0)
        with _naming("CNB_BUILDPACK_DIR"):
            descriptor = BuildpackIdentity.from_file(buildpack_dir / "buildpack.toml")
        with _naming("CNB_BP_PLAN_PATH"):
            plan = BuildpackPlan.from_file(inputs.file("CNB_BP_PLAN_PATH", 3))
        return cls(
            app_dir=cwd,
            buildpack_dir=buildpack_dir,
            platform_dir=platform_dir,
            layers=Layers(inputs.directory("CNB_LAYERS_DIR", 1), sbom_formats=descriptor.sbom_formats),
            plan=plan,
            target=Target.from_environment(environ),
            descriptor=descriptor,
            environment=dict(environ),
            platform_env=read_platform_env(platform_dir / "env"),
            bindings=read_bindings(environ, platform_dir),
        )


@contextlib.contextmanager
def _naming(variable: str) -> Iterator[None]:
    """Name the variable through which a broken file came in."""
    try:
        yield
    except TomlError as error:
        raise PlatformError(f"{variable}: {error.title}", detail=error.detail) from error


@dataclass(frozen=True)
class _Inputs:
    """The variables, and the arguments that serve where one is not set."""

    environ: Mapping[str, str]
    argv: Sequence[str]

    def path(self, variable: str, position: int) -> Path:
        value = self.environ.get(variable) or self._argument(position)
        if not value:
            raise PlatformError(
                f"{variable} is not set",
                detail="A lifecycle that supports Buildpack API 0.8 sets it for every build.",
                advice="Start this program through a CNB platform, or set the variable by hand.",
            )
        return Path(value).absolute()

    def directory(self, variable: str, position: int) -> Path:
        path = self.path(variable, position)
        if not path.is_dir():
            raise PlatformError(f"{variable}: {path} is not a directory")
        return path

    def file(self, variable: str, position: int) -> Path:
        path = self.path(variable, position)
        if not path.is_file():
            raise PlatformError(f"{variable}: {path} is not a file")
        return path

    def _argument(self, position: int) -> str:
        """Argument 0 is the program ``<buildpack>/lib/__main__.py``, which tells where the buildpack is."""
        if position == 0:
            return str(Path(os.path.realpath(self.argv[0])).parents[1]) if self.argv else ""
        return self.argv[position] if position < len(self.argv) else ""
