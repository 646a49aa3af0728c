"""A wheel of pip: the one that the buildpack carries, or another one."""

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
class PipWheel:
    """A wheel file, named and told apart by its SHA-256 (hex)."""

    path: Path
    version: str
    sha256: str

    @property
    def requires_python(self) -> str:
        """The version specifier of its metadata (PEP 345); empty: any Python.

        Raises BuildpackError if the file is no wheel of pip.
        """
        return _requires_python(self.path, self.version)


def bundled_wheel(directory: Path) -> PipWheel:
    """Return the only ``pip-*.whl`` in ``directory``. Raises BuildpackError if it is not there."""
    found = sorted(directory.glob("pip-*.whl"))
    if len(found) != 1:
        raise BuildpackError(
            f"{directory} holds {len(found)} wheels of pip instead of one",
            advice="The buildpack is damaged: package it again, or use a published one.",
        )
    return read_wheel(found[0])


def read_wheel(path: Path) -> PipWheel:
    """Return a wheel of pip, by its name."""
    return PipWheel(path, path.name.split("-")[1], file_sha256(path))


def check_supports(wheel: PipWheel, interpreter: Interpreter) -> None:
    """Raise PlatformError if this pip does not run with ``interpreter``."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # a build on reuse needs it not

    try:
        fits = SpecifierSet(wheel.requires_python).contains(interpreter.version, prereleases=True)
    except InvalidSpecifier as error:
        raise _no_wheel_of_pip(wheel.path, wheel.version, error) from error
    if not fits:
        raise PlatformError(
            f"pip {wheel.version} does not run with Python {interpreter.version}",
            detail=f"It needs {wheel.requires_python}; the first Python on PATH is {interpreter.executable}.",
            advice="Choose another Python, with strata/python-runtime in .python-version, or another pip.",
        )


def _requires_python(path: Path, version: str) -> str:
    import zipfile  # a build that reuses its layer needs it not
    import zlib

    try:
        with zipfile.ZipFile(path) as archive:
            text = read_member(archive, f"pip-{version}.dist-info/METADATA").decode("utf-8")
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise _no_wheel_of_pip(path, version, error) from error
    headers = text.partition("\n\n")[0].splitlines()
    return next((line.removeprefix(_HEADER).strip() for line in headers if line.startswith(_HEADER)), "")


def _no_wheel_of_pip(path: Path, version: str, error: Exception) -> BuildpackError:
    return BuildpackError(
        f"{path} is not a wheel of pip {version}",
        detail=str(error),
        advice="Whoever packaged this buildpack, or the package index, has a damaged file.",
    )
