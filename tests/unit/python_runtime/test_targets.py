"""An image without glibc is refused; a foreign architecture is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import PlatformError
from buildpack_api.target import Target
from python_runtime.targets import refuse_unsupported, runs_here

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
        refuse_unsupported(Target("linux", "amd64", distro_name=distro), root_with(tmp_path, GLIBC), "x86_64")


@pytest.mark.parametrize(
    ("files", "distro", "title"),
    [
        ((MUSL,), "", "on this build image: it has musl, not glibc"),
        ((MUSL,), "something-new", "on something-new: it has musl, not glibc"),
        ((), "", "on this build image: it has no glibc"),
        ((GLIBC_ARM,), "nixos", "on nixos: it has no glibc"),
    ],
)
def test_an_image_without_glibc_is_refused_whatever_its_name(
    files: tuple[str, ...], distro: str, title: str, tmp_path: Path
) -> None:
    target = Target("linux", "amd64", distro_name=distro)
    with pytest.raises(PlatformError, match=title) as caught:
        refuse_unsupported(target, root_with(tmp_path, *files), "x86_64")

    assert caught.value.detail.endswith("Missing: /lib64/ld-linux-x86-64.so.2")


@pytest.mark.parametrize("files", [(GLIBC,), (MUSL, GLIBC)])
@pytest.mark.parametrize("distro", ["", "ubuntu", "something-new"])
def test_glibc_is_all_it_takes(distro: str, files: tuple[str, ...], tmp_path: Path) -> None:
    refuse_unsupported(Target("linux", "amd64", distro_name=distro), root_with(tmp_path, *files), "x86_64")


def test_each_architecture_has_its_loader_and_a_foreign_one_cannot_be_seen(tmp_path: Path) -> None:
    arm = Target("linux", "arm64")
    refuse_unsupported(arm, root_with(tmp_path, GLIBC), "x86_64")
    with pytest.raises(PlatformError, match="it has no glibc"):
        refuse_unsupported(arm, tmp_path, "aarch64")
    refuse_unsupported(arm, root_with(tmp_path, GLIBC_ARM), "aarch64")


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
