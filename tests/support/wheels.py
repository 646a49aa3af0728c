"""Tiny wheels and source distributions, made in a moment, for tests that install something."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TIME = (1980, 1, 1, 0, 0, 2)
# A build backend (PEP 517) in the source distribution itself: nothing else is needed to build it.
IN_TREE = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
SOURCE_BACKEND = """
import zipfile

def get_requires_for_build_wheel(config=None):
    return []

def build_wheel(directory, config=None, metadata=None):
    name = "source-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.writestr("source.py", "")
        info = "source-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: source\\nVersion: 1.0\\n")
        tags = "Root-Is-Purelib: true\\nTag: py3-none-any"
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nGenerator: x\\n{tags}\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
"""Builds source 1.0, with nothing else."""

NEEDS_LEFT = SOURCE_BACKEND.replace("return []", 'return ["left"]')
"""Builds source 1.0, and needs left for it."""

EDITABLE_BACKEND = """
import os, zipfile

def get_requires_for_build_editable(config=None):
    return []

def build_editable(directory, config=None, metadata=None):
    name = "private_pkg-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.writestr("private.pth", os.getcwd())
        info = "private_pkg-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: private-pkg\\nVersion: 1.0\\n")
        tags = "Root-Is-Purelib: true\\nTag: py3-none-any"
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\\nGenerator: x\\n{tags}\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
"""Installs private-pkg 1.0 as a link to the directory that it is in."""


@dataclass(frozen=True)
class Project:
    """A distribution with one module of its name; with ``script`` also a command of that name.

    Of ``files``, those in ``executable`` have that bit, as those in ``.data/scripts`` do.
    """

    name: str
    version: str = "1.0"
    requires: tuple[str, ...] = ()
    script: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    extras: tuple[str, ...] = ()
    executable: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The importable name."""
        return self.name.replace("-", "_")

    @property
    def source(self) -> str:
        """The module's text."""
        return f"VERSION = {self.version!r}\n\n\ndef main() -> None:\n    print({self.name!r}, VERSION)\n"

    @property
    def metadata(self) -> str:
        """METADATA or PKG-INFO."""
        requires = "".join(f"Provides-Extra: {one}\n" for one in self.extras)
        requires += "".join(f"Requires-Dist: {one}\n" for one in self.requires)
        requires += f"Requires-Python: {self.python}\n" if self.python else ""
        return f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n{requires}"


def make_wheel(project: Project, directory: Path, *, platform: str = "any") -> Path:
    """Write a wheel (binary distribution format 1.0) and return it; equal projects, equal bytes.

    Its code is Python alone, whatever ``platform`` its name says.
    """
    directory.mkdir(parents=True, exist_ok=True)
    info = f"{project.module}-{project.version}.dist-info"
    files = {f"{project.module}.py": project.source, **project.files}
    files[f"{info}/METADATA"] = project.metadata
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-{platform}\n"
    )
    if project.script:
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{project.name} = {project.module}:main\n"
    files[f"{info}/RECORD"] = "".join(map(_record, files.items())) + f"{info}/RECORD,,\n"
    path = directory / f"{project.module}-{project.version}-py3-none-{platform}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _TIME)
            is_executable = ".data/scripts/" in name or name in project.executable
            entry.external_attr = (0o100755 if is_executable else 0o100644) << 16
            archive.writestr(entry, text)
    return path


def make_sdist(project: Project, directory: Path, *, backend: str, build_system: str = IN_TREE) -> Path:
    """Write a source distribution that builds with the in-tree ``backend`` (a PEP 517 module's text)."""
    directory.mkdir(parents=True, exist_ok=True)
    stem = f"{project.module}-{project.version}"
    files = {
        "PKG-INFO": project.metadata,
        "pyproject.toml": build_system,
        "backend.py": backend,
    }
    path = directory / f"{stem}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{stem}/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def sha256(path: Path) -> str:
    """Return the hexadecimal digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _record(item: tuple[str, str]) -> str:
    name, text = item
    content = text.encode()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"{name},sha256={digest},{len(content)}\n"
