"""musl is refused; a foreign architecture is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import PlatformError
from buildpack_api.target import Target
from python_runtime.targets import refuse_musl, runs_here

if TYPE_CHECKING:
    from pathlib import Path

MUSL, GLIBC, GLIBC_ARM = "lib/ld-musl-x86_64.so.1", "lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1"


def root_with(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("distro", ["alpine", "Alpine"])
def test_a_distribution_with_musl_is_refused_by_its_name(distro: str, tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match=rf"on {distro}: it has musl"):
        refuse_musl(Target("linux", "amd64", distro_name=distro), tmp_path)


def test_an_image_with_nothing_but_musl_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="on this build image: it has musl"):
        refuse_musl(Target("linux", "amd64"), root_with(tmp_path, MUSL))


@pytest.mark.parametrize("files", [(), (GLIBC,), (MUSL, GLIBC), ("lib/ld-musl-aarch64.so.1", GLIBC_ARM)])
@pytest.mark.parametrize("distro", ["", "ubuntu", "something-new"])
def test_anything_else_is_fine(distro: str, files: tuple[str, ...], tmp_path: Path) -> None:
    refuse_musl(Target("linux", "amd64", distro_name=distro), root_with(tmp_path, *files))


@pytest.mark.parametrize(
    ("machine", "arch", "runs"),
    [
        ("x86_64", "amd64", True),
        ("aarch64", "arm64", True),
        ("arm64", "arm64", True),
        ("x86_64", "arm64", False),
        ("riscv64", "riscv64", False),
    ],
)
def test_who_can_run_what(machine: str, arch: str, *, runs: bool) -> None:
    assert runs_here(Target("linux", arch), machine) is runs
