"""Lock files, ``pylock.toml`` and ``pylock.<name>.toml`` (PEP 751): whether pip can install them.

pip selects and installs. What it would refuse in the middle, or pass over in silence, is found here first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_venv.inputs.markers import marker_environment
from app_venv.inputs.pinning import Evidence, Pinning
from app_venv.inputs.requirement_files import check_readable
from app_venv.settings import PIP_VERSION
from buildpack_api import toml
from buildpack_api.errors import ConfigurationError, PlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path
    from typing import Literal

    from packaging.markers import Marker
    from packaging.pylock import Package, Pylock

    from app_venv.inputs.selection import Selection, Wanted
    from buildpack_api.interpreter import Interpreter

_STRONG = frozenset({"sha256", "sha384", "sha512"})
_OLDEST, _OLDEST_MIXING, _OLDEST_SELECTING = (26, 1), (26, 2), (26, 3)
# pip checks hashes of everything or refuses, unless it is told not to insist; then it checks those that are
# there. And it installs nothing that the lock does not list: the lock is complete (PEP 751, 'Installing').
_MIXED = ("--no-require-hashes", "--no-deps")


@dataclass(frozen=True)
class _Source:
    """Where a package of the lock comes from, if not as hashed files."""

    package: str
    kind: str


def read_lock(name: str, wanted: Wanted, found: Evidence, *, alone: bool = True) -> tuple[str, ...]:
    """Add the lock to ``found`` and return the arguments that make pip install from it.

    Not ``alone``: other files are installed with it. Raises ConfigurationError for a lock that is broken,
    for something else than this build, or such that pip cannot install it; PlatformError if pip is too old.
    """
    selection = wanted.selection
    _check_pip(name, wanted)
    path = wanted.app_dir / name
    check_readable(path)
    lock = _load(path, name)
    _check_place(lock, name, wanted.interpreter)
    selection.check(name, lock.extras or (), lock.dependency_groups or ())
    text = path.read_text("utf-8")
    found.add(name, text)
    found.know(text, name)
    mixed = _classify(lock, name, wanted, found)
    if mixed and not (alone and wanted.pip is not None and wanted.pip.release >= _OLDEST_MIXING):
        _refuse_mixture(name, mixed)
    return (*(_MIXED if mixed else ()), *_arguments(name, selection))


def _check_pip(name: str, wanted: Wanted) -> None:
    pip, selection = wanted.pip, wanted.selection
    if pip is None:
        return
    release = _OLDEST_SELECTING if selection.wanted else _OLDEST
    if pip.release >= release:
        return
    what = f"{selection.shown} of {name}" if selection.wanted else name
    needed = ".".join(map(str, release))
    advice = "Put strata/pip-tool, or another provider of a newer 'pip', before this buildpack."
    if wanted.variables.get(PIP_VERSION):
        chosen = f"{PIP_VERSION}={wanted.variables[PIP_VERSION]}"
        advice = f"{chosen} chooses it: set that to {needed} or newer, or remove it."
    raise PlatformError(
        f"pip {pip.version} cannot install {what}",
        detail=f"It is {pip.command[0]}. Lock files need pip {needed} or newer.",
        advice=advice,
    )


def _load(path: Path, name: str) -> Pylock:
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    try:
        return Pylock.from_dict(toml.load(path))
    except toml.TomlError as error:
        raise ConfigurationError(error.title, detail=error.detail, advice=_ANEW) from error
    except RecursionError:
        detail = "A marker has too many brackets."
        raise ConfigurationError(f"{name} is not a valid lock file", detail=detail, advice=_ANEW) from None
    except PylockUnsupportedVersionError as error:
        raise ConfigurationError(
            f"{name} has a lock-version that is not known", detail=f"{error}.", advice=_ANEW
        ) from error
    except PylockValidationError as error:
        raise ConfigurationError(
            f"{name} is not a valid lock file", detail=f"{error} (PEP 751).", advice=_ANEW
        ) from error


def _check_place(lock: Pylock, name: str, interpreter: Interpreter) -> None:
    """Hold ``requires-python`` and ``environments`` against the Python that the app gets."""
    version = interpreter.version
    try:
        fits = not lock.requires_python or lock.requires_python.contains(version, prereleases=True)
    except ValueError as error:  # a number of thousands of digits
        raise ConfigurationError(
            f"{name} is not a valid lock file", detail=f"requires-python: {error}.", advice=_ANEW
        ) from error
    if not fits:
        raise ConfigurationError(
            f"{name} is for another Python: requires-python is {lock.requires_python}",
            detail=f"The app gets Python {version}.",
            advice="Choose the version with .python-version, or lock again for it.",
        )
    environment = marker_environment(interpreter)
    if lock.environments and not any(_holds(one, name, environment) for one in lock.environments):
        listed = "\n".join(f"  {one}" for one in lock.environments)
        raise ConfigurationError(
            f"{name} is for other environments than this one",
            detail=f"Here are {environment['sys_platform']}, {environment['platform_machine']} and Python "
            f"{version}; 'environments' lists only\n{listed}",
            advice="Lock again for the environment that the app is built for.",
        )


def _classify(lock: Pylock, name: str, wanted: Wanted, found: Evidence) -> list[_Source]:
    """Note what the lock has; return what has no hash if there is something that has one."""
    environment = _environment(lock, wanted)
    chosen = [
        package
        for package in lock.packages
        if package.marker is None or _holds(package.marker, name, environment, context="lock_file")
    ]
    loose = [_Source(package.name, kind) for package in chosen if (kind := _kind(package))]
    for source in loose:
        found.note(name, source.package, Pinning.UNPROVABLE, f"comes from {source.kind}")
    for package in chosen:
        if not _kind(package) and not _all_strong(package):
            found.note(name, package.name, Pinning.OPEN, "has no strong hash")
    if len(loose) == len(chosen):
        return []
    found.note(name, f"{len(chosen) - len(loose)} packages", Pinning.LOCKED)
    return loose


def _holds(
    marker: Marker,
    name: str,
    environment: Mapping[str, str | AbstractSet[str]],
    context: Literal["metadata", "lock_file"] = "metadata",
) -> bool:
    try:
        return marker.evaluate(environment, context=context)
    except ValueError as error:  # it may compare what cannot be compared
        detail = f"The marker {marker} cannot be evaluated: {error}"
        raise ConfigurationError(f"{name} is not a valid lock file", detail=detail, advice=_ANEW) from error


def _environment(lock: Pylock, wanted: Wanted) -> dict[str, str | AbstractSet[str]]:
    selection = wanted.selection
    return {
        **marker_environment(wanted.interpreter),
        "extras": set(selection.extras),
        "dependency_groups": {*selection.groups, *(lock.default_groups or ())},
    }


def _kind(package: Package) -> str:
    if package.vcs:
        return "a version control system"
    return "a local directory" if package.directory else ""


def _all_strong(package: Package) -> bool:
    files = [*(package.wheels or ()), *(one for one in (package.sdist, package.archive) if one)]
    return all(_STRONG & set(file.hashes) for file in files)


def _refuse_mixture(name: str, loose: list[_Source]) -> None:
    listed = "\n".join(f"{source.package} comes from {source.kind}" for source in loose)
    raise ConfigurationError(
        f"pip cannot install {name}: not everything in it has a hash",
        detail=f"{listed}\npip {'.'.join(map(str, _OLDEST_MIXING))} can if it is the only file to install.",
        advice="Leave the project itself out of the lock (uv export --no-emit-project --format pylock.toml, "
        "for instance): its modules are found in the app directory, or in src with PYTHONPATH=src.",
    )


def _arguments(name: str, selection: Selection) -> tuple[str, ...]:
    extras = f"[{','.join(selection.extras)}]" if selection.extras else ""
    groups = (part for group in selection.groups for part in ("--group", f"{name}:{group}"))
    return ("--requirement", f"{name}{extras}", *groups)


_ANEW = "Make the file again with the program that wrote it, and commit it unchanged."
