"""A small catalogue, and a context for the functions that need one."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildpack_api.context import BuildContext
from buildpack_api.identity import BuildpackIdentity
from buildpack_api.layers import Layers
from buildpack_api.plan import BuildpackPlan
from buildpack_api.target import Target
from buildpack_common.runtimes_catalogue import Runtime, RuntimesCatalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from buildpack_api.bindings import Binding

BASES = ("https://first.example/releases/download", "https://second.example/copy/of/first")
PATCHES = {"3.10": 20, "3.11": 14, "3.12": 12, "3.13": 9, "3.14": 2, "3.15": 1}


def runtime(version: str, arch: str = "amd64") -> Runtime:
    tag = "20250101"
    sha256 = hashlib.sha256(f"{version} {arch}".encode()).hexdigest()
    return Runtime(
        version, "linux", arch, "gnu", tag, f"{tag}/cpython-{version}%2B{tag}-{arch}.tar.gz", sha256
    )


@pytest.fixture
def catalogue() -> RuntimesCatalogue:
    """Two patches of each line from 3.10 to 3.15, for amd64; the default line is 3.14."""
    return RuntimesCatalogue(
        default="3.14",
        bases=BASES,
        lines={line: dt.date(2016 + int(line.partition(".")[2]), 10, 31) for line in PATCHES},
        runtimes=tuple(
            runtime(f"{line}.{patch}") for line, last in PATCHES.items() for patch in (last - 1, last)
        ),
        file=Path("/buildpack/data/runtimes.toml"),
    )


@pytest.fixture
def make_context(tmp_path: Path) -> Callable[..., BuildContext]:
    """Return a context whose directories exist and are empty."""

    def make(
        environment: Mapping[str, str] | None = None, bindings: tuple[Binding, ...] = ()
    ) -> BuildContext:
        for name in ("app", "buildpack", "platform", "layers"):
            (tmp_path / name).mkdir(exist_ok=True)
        return BuildContext(
            app_dir=tmp_path / "app",
            buildpack_dir=tmp_path / "buildpack",
            platform_dir=tmp_path / "platform",
            layers=Layers(tmp_path / "layers"),
            plan=BuildpackPlan(),
            target=Target("linux", "amd64"),
            descriptor=BuildpackIdentity("strata/python-runtime", "0.1.0", "0.10", "Strata Python Runtime"),
            environment=environment or {},
            bindings=bindings,
        )

    return make
