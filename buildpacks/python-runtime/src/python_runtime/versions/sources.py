"""All sources of constraints on the Python version, in the order in which they are named to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from python_runtime.settings import VERSION
from python_runtime.versions import app_file, pipfile_lock, project_files, runtime_txt, version_file
from python_runtime.versions.request import PythonRequest, parse_request
from python_runtime.versions.spelling import meant, specifier, unseen, visible, why_no_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from buildpack_api.plan import VersionConstraint
    from buildpack_common.runtimes_catalogue import RuntimesCatalogue


@dataclass(frozen=True)
class Found:
    """What the sources ask for, and notices about the sources themselves as (title, text)."""

    requests: tuple[PythonRequest, ...]
    notices: tuple[tuple[str, str], ...] = ()


def find_requests(
    app: Path,
    environment: Mapping[str, str],
    merged: Iterable[VersionConstraint],
    catalogue: RuntimesCatalogue,
) -> Found:
    """Read every source. Raises ConfigurationError for the first one that is not understood."""
    requests: list[PythonRequest] = []
    notices: list[tuple[str, str]] = []
    requests += _variable(environment, catalogue)
    if app_file.is_there(app / version_file.FILE):
        requests.append(version_file.read(app / version_file.FILE, catalogue))
    if _may_be_of_python(app / runtime_txt.FILE):
        former = runtime_txt.read(app / runtime_txt.FILE, catalogue)
        if former is not None:
            requests.append(former)
            notices.append((f"{runtime_txt.FILE} is a file of the past", runtime_txt.advice(former)))
    requests += project_files.read(app)
    requests += pipfile_lock.read(app)
    requests += (_constraint(constraint) for constraint in merged)
    return Found(tuple(requests), tuple(notices))


def _variable(environment: Mapping[str, str], catalogue: RuntimesCatalogue) -> Iterator[PythonRequest]:
    value = VERSION.text(environment)
    if not value:
        return
    try:
        yield parse_request(value, VERSION.name)
    except ValueError as error:
        raise ConfigurationError(
            f"{VERSION.name} is not a Python version",
            detail=f"Found: {visible(value)}\n{_reason(value)}",
            advice=(
                f"Set it to a line ({catalogue.default}), an exact version ({_newest(catalogue)}) "
                f"or a range (>=3.12,<3.14), such as\n{VERSION.name}={meant(value, catalogue)}"
            ),
        ) from error


def _constraint(constraint: VersionConstraint) -> PythonRequest:
    source = constraint.source or "a buildpack that requires python"
    try:
        return parse_request(constraint.version, f"build plan ({source})")
    except ValueError as error:
        raise ConfigurationError(
            f"The build plan asks for the Python version {visible(constraint.version)!r}, which is not one",
            detail=f"Source: {source}",
            advice="Whoever requires 'python' must write X.Y, X.Y.Z or a PEP 440 range as 'version'.",
        ) from error


def _reason(value: str) -> str:
    names = unseen(value)
    if names:
        return f"It holds characters that cannot be seen: {names}"
    converted = specifier(value)
    return f"As a specifier of PEP 440 that is {converted}" if converted else why_no_version(value)


def _may_be_of_python(path: Path) -> bool:
    """Other languages and people have a file of this name too: pipes, folders and long texts are theirs."""
    if path.is_symlink() and not path.exists():
        return True  # which is said
    return path.is_file() and path.stat().st_size <= app_file.LIMIT


def _newest(catalogue: RuntimesCatalogue) -> str:
    return next(r.version for r in reversed(catalogue.runtimes) if r.line == catalogue.default)
