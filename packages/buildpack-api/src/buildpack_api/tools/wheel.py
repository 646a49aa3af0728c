"""A wheel of a tool: the one that the buildpack carries, or another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.errors import BuildpackError, PlatformError
from buildpack_common.archives import read_member
from buildpack_common.files import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_api.interpreter import Interpreter

_HEADER = "Requires-Python:"


@dataclass(frozen=True)
class ToolWheel:
    """A wheel file, named and told apart by its SHA-256 (hex)."""

    path: Path
    name: str
    version: str
    sha256: str

    @property
    def requires_python(self) -> str:
        """The version specifier of its metadata (PEP 345); empty: any Python.

        Raises BuildpackError if the file is no wheel of that project.
        """
        return _requires_python(self)


def bundled_wheel(directory: Path, name: str) -> ToolWheel:
    """Return the only ``<name>-*.whl`` in ``directory``. Raises BuildpackError if it is not there."""
    found = sorted(directory.glob(f"{name}-*.whl"))
    if len(found) != 1:
        raise BuildpackError(
            f"{directory} holds {len(found)} wheels of {name} instead of one",
            advice="The buildpack is damaged: package it again, or use a published one.",
        )
    return read_wheel(found[0])


def carried_wheel(directory: Path, name: str, sha256: str) -> ToolWheel | None:
    """Return the wheel in ``directory`` that has this SHA-256; None if it is not there."""
    found = (read_wheel(path) for path in sorted(directory.glob(f"{name}-*.whl")))
    return next((wheel for wheel in found if wheel.sha256 == sha256), None)


def read_wheel(path: Path) -> ToolWheel:
    """Return a wheel, by its name."""
    name, version, *_ = path.name.split("-")
    return ToolWheel(path, name, version, file_sha256(path))


def check_supports(wheel: ToolWheel, interpreter: Interpreter) -> None:
    """Raise PlatformError if this tool does not run with ``interpreter``."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # a build on reuse needs it not

    try:
        fits = SpecifierSet(wheel.requires_python).contains(interpreter.version, prereleases=True)
    except InvalidSpecifier as error:
        raise _no_wheel(wheel, error) from error
    if not fits:
        raise PlatformError(
            f"{wheel.name} {wheel.version} does not run with Python {interpreter.version}",
            detail=f"It needs {wheel.requires_python}; the first Python on PATH is {interpreter.executable}.",
            advice="Choose another Python, with strata/python-runtime in .python-version, "
            f"or another {wheel.name}.",
        )


def _requires_python(wheel: ToolWheel) -> str:
    import zipfile  # a build that reuses its layer needs it not
    import zlib

    try:
        with zipfile.ZipFile(wheel.path) as archive:
            name = f"{wheel.name}-{wheel.version}.dist-info/METADATA"
            text = read_member(archive, name).decode("utf-8")
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise _no_wheel(wheel, error) from error
    headers = text.partition("\n\n")[0].splitlines()
    return next((line.removeprefix(_HEADER).strip() for line in headers if line.startswith(_HEADER)), "")


def _no_wheel(wheel: ToolWheel, error: Exception) -> BuildpackError:
    return BuildpackError(
        f"{wheel.path} is not a wheel of {wheel.name} {wheel.version}",
        detail=str(error),
        advice="Whoever packaged this buildpack, or the package index, has a damaged file.",
    )
