"""Files of Debian packages of any suite: fetched by this machine's apt, unpacked, nothing installed.

apt gets a list of sources, a state and a cache of its own in the project's cache directory. The mirror and
the keys are those that the machine itself uses.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import remove
from buildpack_release.errors import MissingToolError, NetworkError, ReleaseError
from buildpack_release.files.cache import cache_directory
from buildpack_testing.file_locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PROGRAMS = ("apt-get", "dpkg-deb")
# What a machine does after its own updates is not for ours.
_HOOKS = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success")
_FORMAT = "$(REPO_URI)\t$(RELEASE)\t$(SOURCESENTRY)"
_NOT_A_SUITE = re.compile(r"security|updates|backports|proposed")
_SIGNED_BY = re.compile(r"signed-by\s*[:=]\s*(/[^\s\]]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Mirror:
    """Where the machine gets its own packages from, and which keys it checks them with ("": apt's own)."""

    url: str
    signed_by: str = ""


def unpacked_packages(
    suite: str, packages: Sequence[str], *, report: Callable[[str], None] = lambda _line: None
) -> Path:
    """Return a directory with the files of packages of a suite, without their dependencies; kept once made.

    Delete it to get the newest. Raises MissingToolError on a machine that is not Debian, NetworkError when
    apt cannot fetch, ReleaseError.
    """
    root = cache_directory() / "debian" / suite
    target = root / "files" / "+".join(packages)
    with exclusive(root / ".lock"):
        if not target.is_dir():
            mirror = find_mirror()
            report(f"fetching {', '.join(packages)} of Debian {suite} (once)")
            apt = _Apt(root)
            apt.configure(mirror, suite)
            apt.run("update")
            _unpack(apt, packages, target)
    return target


def find_mirror() -> Mirror:
    """Read the Debian mirror from the machine's apt configuration. Raises MissingToolError without one."""
    lacking = [program for program in _PROGRAMS if not shutil.which(program)]
    try:
        is_debian = platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        is_debian = False
    if lacking or not is_debian:
        raise MissingToolError(
            "Debian packages can only be fetched on Debian",
            detail=f"Not on PATH: {', '.join(lacking)}." if lacking else "",
        )
    listed = subprocess.run(
        # Also of sources whose lists are not there: images of containers come without any.
        ["apt-get", "indextargets", "--no-release-info", "--format", _FORMAT, "Created-By: Packages"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    for line in listed.stdout.splitlines():
        url, release, entry = line.split("\t")
        # Other vendors' sources have other words for a suite, and their addresses end otherwise.
        if url.rstrip("/").endswith("/debian") and not _NOT_A_SUITE.search(release):
            return Mirror(url, _keyring(entry))
    raise MissingToolError(
        "apt's configuration names no Debian mirror", advice="See /etc/apt/sources.list.d."
    )


def _keyring(entry: str) -> str:
    """Return what the entry of a list of sources (file:number) says of its keys."""
    try:
        text = Path(entry.rpartition(":")[0]).read_text("utf-8")
    except OSError:
        return ""
    found = _SIGNED_BY.search(text)
    return found[1] if found else ""


class _Apt:
    """An apt-get that leaves the machine's state alone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._configuration = root / "apt.conf"

    def configure(self, mirror: Mirror, suite: str) -> None:
        """Write the list of sources and the settings."""
        for name in ("lists/partial", "archives/partial", "parts"):
            (self._root / name).mkdir(parents=True, exist_ok=True)
        (self._root / "status").touch()
        keys = f"[signed-by={mirror.signed_by}] " if mirror.signed_by else ""
        (self._root / "sources.list").write_text(f"deb {keys}{mirror.url} {suite} main\n", encoding="utf-8")
        settings = {
            "Dir::State": self._root,
            "Dir::State::lists": self._root / "lists",
            "Dir::State::status": self._root / "status",
            "Dir::Cache": self._root,
            "Dir::Cache::archives": self._root / "archives",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Dir::Etc::SourceList": self._root / "sources.list",
            "Dir::Etc::SourceParts": self._root / "parts",
            # A mirror that stands still is a mirror.
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::Retries": "2",
            # The user _apt cannot enter a home directory.
            "APT::Sandbox::User": "",
        }
        lines = [f"#clear {name};\n" for name in _HOOKS]
        lines += [f'{name} "{value}";\n' for name, value in settings.items()]
        self._configuration.write_text("".join(lines), encoding="utf-8")

    def run(self, *arguments: str, cwd: Path | None = None) -> None:
        """Run apt-get with arguments. Raises NetworkError."""
        result = subprocess.run(
            # --config-file is read after the machine's own settings, APT_CONFIG before them.
            ["apt-get", "--quiet=2", f"--config-file={self._configuration}", *arguments],
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        # A list that could not be fetched is a warning to apt-get update.
        if result.returncode or (arguments[0] == "update" and "W: Failed to fetch" in result.stderr):
            raise NetworkError(
                f"`apt-get {' '.join(arguments)}` failed",
                detail="\n".join(result.stderr.strip().splitlines()[-8:]),
                advice="Check that apt reaches its mirror (apt-get update).",
            )


def _unpack(apt: _Apt, packages: Sequence[str], target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    for left in target.parent.glob(".work-*"):  # of a killed run: we hold the lock
        remove(left)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=target.parent) as name:
        work = Path(name)
        apt.run("download", *packages, cwd=work)
        for file in sorted(work.glob("*.deb")):
            result = subprocess.run(
                ["dpkg-deb", "--extract", file, work / "files"], capture_output=True, text=True, check=False
            )
            if result.returncode:
                raise ReleaseError(f"Cannot unpack {file.name}", detail=result.stderr.strip())
        (work / "files").rename(target)
