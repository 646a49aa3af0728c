"""Newer releases of tools that are programs for one kind of machine: `data/tool-wheels.toml`."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from buildpack_release.errors import ReleaseError
from buildpack_release.updates.wheel_release import check_final, download_failure
from buildpack_release.wheels.pip_command import run_pip
from buildpack_release.wheels.vendor import WheelTags
from oci_registry.content import file_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildpack_release.embedded.tools import ToolFile


@dataclass(frozen=True)
class ToolRelease:
    """A release that could stand in the file: its version, and the SHA-256 (hex) of each platform's wheel."""

    file: ToolFile
    version: Version
    sums: Mapping[str, str]

    @property
    def change(self) -> str:
        """What changes, for people."""
        return f"{self.file.known.name} {self.version} instead of {self.file.known.version}"

    @property
    def is_newer(self) -> bool:
        """Whether it is newer than what is there."""
        return self.version > Version(self.file.known.version)

    @property
    def is_other(self) -> bool:
        """Whether it is another one than what is there."""
        return self.version != Version(self.file.known.version)

    def edited(self, text: str) -> str:
        """Return the text of the file with this release; its comments stay."""
        known = self.file.known
        text = text.replace(f'version = "{known.version}"', f'version = "{self.version}"', 1)
        for wheel in known.wheels:
            text = text.replace(wheel.sha256, self.sums[wheel.platform])
        return text


def find_tool_release(file: ToolFile, version: str = "") -> ToolRelease:
    """Return the newest final release, or the one that is named, with a wheel for every platform of the file.

    Raises:
        UsageError: the version that is named is a pre-release, or no version.
        NetworkError: the index cannot be reached.
        ReleaseError: the index has no such wheel for one of the platforms.
    """
    check_final(version)
    sums: dict[str, str] = {}
    for wheel in file.known.wheels:
        found = _download(file.known.name, version, wheel.platform)
        version, sums[wheel.platform] = found
    return ToolRelease(file, Version(version), sums)


def _download(name: str, version: str, platform: str) -> tuple[str, str]:
    wanted = f"{name}=={version}" if version else name
    with tempfile.TemporaryDirectory(prefix="strata-releases-") as scratch:
        files = Path(scratch, "files")
        options = (*WheelTags(platform).options, "--dest", str(files))
        done = run_pip("download", [*options, wanted], cwd=Path(scratch))
        if done.returncode:
            raise download_failure(done, f"{wanted} for {platform}")
        (wheel,) = files.glob("*.whl")
        try:
            _, found, _, _ = parse_wheel_filename(wheel.name)
        except InvalidWheelFilename as error:
            raise ReleaseError(f"cannot understand the name of {wheel.name}: {error}") from None
        return str(found), file_sha256(wheel).removeprefix("sha256:")
