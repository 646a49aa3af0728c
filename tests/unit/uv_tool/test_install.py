"""A wheel that is none of uv, or whose uv does not run here: one clear error each."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from buildpack_api.errors import BuildpackError, PlatformError
from buildpack_api.tools.wheel import ToolWheel, read_wheel
from uv_tool.install import install_uv

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "UV_CONFIG_FILE": "/nowhere"}
ANSWERS = "#!/bin/sh\necho uv 1.2.3 from $UV_CONFIG_FILE here\n"


def uv_wheel(directory: Path, programs: dict[str, str]) -> ToolWheel:
    """Write a wheel of uv 1.2.3 with these programs."""
    path = directory / "uv-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("uv-1.2.3.dist-info/METADATA", "Name: uv\n")
        for name, text in programs.items():
            archive.writestr(f"uv-1.2.3.data/scripts/{name}", text)
    return read_wheel(path)


def test_programs_and_metadata_are_taken_out_and_nothing_else(tmp_path: Path) -> None:
    """Whatever the umask; and no setting of the user reaches the first start."""
    wheel = uv_wheel(tmp_path, {"uv": ANSWERS, "uvx": "#!/bin/sh\n", "../out": "x", "deep/er": "x"})
    install_uv(wheel, tmp_path / "uv", environment=ENVIRONMENT)
    found = {path.relative_to(tmp_path / "uv").as_posix() for path in (tmp_path / "uv").rglob("*")}
    info = "site/uv-1.2.3.dist-info"
    assert found == {"bin", "bin/uv", "bin/uvx", "site", info, f"{info}/METADATA"}
    assert [path.stat().st_mode & 0o777 for path in sorted((tmp_path / "uv/bin").iterdir())] == [0o755, 0o755]


@pytest.mark.parametrize("programs", [{}, {"uvx": ANSWERS}, {"uv": "#!/bin/sh\necho uv 9.9.9\n"}])
def test_a_wheel_without_this_uv_is_damaged(tmp_path: Path, programs: dict[str, str]) -> None:
    with pytest.raises(BuildpackError, match=r"uv-1\.2\.3-py3-none-any\.whl is not a wheel of uv 1\.2\.3"):
        install_uv(uv_wheel(tmp_path, programs), tmp_path / "uv", environment=ENVIRONMENT)


def test_a_uv_of_another_machine_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    wheel = uv_wheel(tmp_path, {"uv": "\x7fELF of another machine"})
    with pytest.raises(PlatformError, match=r"uv 1\.2\.3 does not run in this build image"):
        install_uv(wheel, tmp_path / "uv", environment=ENVIRONMENT)


def test_no_archive_at_all(tmp_path: Path) -> None:
    path = tmp_path / "uv-1.2.3-py3-none-any.whl"
    path.write_text("no zip")
    with pytest.raises(BuildpackError, match="is not a wheel of uv"):
        install_uv(read_wheel(path), tmp_path / "uv", environment=ENVIRONMENT)
