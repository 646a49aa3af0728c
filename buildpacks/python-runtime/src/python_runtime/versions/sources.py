"""All sources of a wish for a Python version, in the order in which they are named to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from buildpack_api.output import printable
from python_runtime.versions import project_files, runtime_txt, version_file
from python_runtime.versions.request import Request, parse_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from buildpack_api.plan import VersionWish
    from python_runtime.catalogue import Catalogue

VARIABLE = "BP_PYTHON_VERSION"


@dataclass(frozen=True)
class Found:
    """What the sources ask for, and notices about the sources themselves as (title, text)."""

    requests: tuple[Request, ...]
    notices: tuple[tuple[str, str], ...] = ()


def find_requests(
    app: Path, environment: Mapping[str, str], wishes: Iterable[VersionWish], catalogue: Catalogue
) -> Found:
    """Read every source. Raises ConfigurationError for the first one that is not understood."""
    requests: list[Request] = []
    notices: list[tuple[str, str]] = []
    requests += _variable(environment, catalogue)
    if _exists(app / version_file.FILE):
        requests.append(version_file.read(app / version_file.FILE, catalogue))
    if (app / runtime_txt.FILE).is_file():
        former = runtime_txt.read(app / runtime_txt.FILE, catalogue)
        if former is not None:
            requests.append(former)
            notices.append((f"{runtime_txt.FILE} is a file of the past", runtime_txt.advice(former)))
    requests += project_files.read(app)
    requests += (_wish(wish) for wish in wishes)
    return Found(tuple(requests), tuple(notices))


def _variable(environment: Mapping[str, str], catalogue: Catalogue) -> Iterator[Request]:
    value = environment.get(VARIABLE, "").strip()
    if not value:
        return
    try:
        yield parse_request(value, VARIABLE)
    except ValueError as error:
        raise ConfigurationError(
            f"{VARIABLE} is not a Python version",
            detail=f"Found: {printable(value)}",
            advice=(
                f"Set it to a line ({catalogue.default}), an exact version ({_newest(catalogue)}) "
                "or a range (>=3.12,<3.14)."
            ),
        ) from error


def _wish(wish: VersionWish) -> Request:
    source = wish.source or "a buildpack that requires python"
    try:
        return parse_request(wish.version, f"build plan ({source})")
    except ValueError as error:
        raise ConfigurationError(
            f"The build plan asks for the Python version {printable(wish.version)!r}, which is not one",
            detail=f"Source: {source}",
            advice="Whoever requires 'python' must write X.Y, X.Y.Z or a PEP 440 range as 'version'.",
        ) from error


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _newest(catalogue: Catalogue) -> str:
    return next(r.version for r in reversed(catalogue.runtimes) if r.line == catalogue.default)
