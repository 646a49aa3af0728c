"""Lock files of PDM and Pipenv, read into lines of a requirements file: then pip or uv installs them.

Both hold what such a file can say: names, versions, hashes, markers, addresses. The markers are evaluated
here, since those of PDM are partly about groups, which no requirements file knows. The lock is complete, so
nothing is installed that it does not list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app_venv.inputs import PDM_LOCK, manager_lock
from app_venv.inputs.locked_entries import LockedEntry, ManagerLock, broken
from app_venv.inputs.markers import marker_environment
from app_venv.inputs.requirement_files import check_readable, weigh_made_lines
from app_venv.settings import REQUIREMENT
from buildpack_api.errors import ConfigurationError, PlatformError
from buildpack_common.known_secrets import address_secrets
from buildpack_common.names import is_name, normalise
from buildpack_common.redaction import hide_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app_venv.inputs.pinning import Evidence
    from app_venv.inputs.selection import Wanted
    from app_venv.program import Program

_DEFAULT_SOURCE = "pypi"
_OLDEST_MIXING = (26, 2)
_WITHOUT_DEPENDENCIES = ("--no-deps",)
_MIXED = ("--no-require-hashes", "--no-deps")
_HASH = re.compile(r"sha256:[0-9a-fA-F]{64}|sha384:[0-9a-fA-F]{96}|sha512:[0-9a-fA-F]{128}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_BRACED = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class MadeRequirements:
    """The text of a requirements file that was made of a lock, and how pip is to read it.

    Without ``arguments`` there is nothing to install.
    """

    text: str
    arguments: tuple[str, ...]
    remark: str


def read_manager_lock(name: str, wanted: Wanted, found: Evidence, *, alone: bool) -> MadeRequirements:
    """Add the lock to ``found`` and return the requirements in it that are for this build.

    ``name`` is relative to the app. Raises ConfigurationError for a lock that is broken, out of date, for
    another Python, or not ``alone``; PlatformError if pip is too old for it.
    """
    if not alone:
        raise ConfigurationError(
            f"{name} cannot be installed together with other files",
            detail="It lists all that is installed, with what that requires.",
            advice=f"Name it alone in {REQUIREMENT.name}.",
        )
    path = wanted.app_dir / name
    check_readable(path)
    if manager_lock(name) == PDM_LOCK:
        from app_venv.inputs.pdm_lock import read_pdm_lock as read  # one kind of file in each build
    else:
        from app_venv.inputs.pipfile_lock import read_pipfile_lock as read
    lock = read(path, wanted)
    entries = tuple(_merged(_applying(lock.entries, name, wanted)))
    for entry in entries:
        _check(entry, name)
    written = path.read_text("utf-8", "replace")
    hide_credentials(written)
    found.written += address_secrets(written, name)
    text = "".join(f"{line}\n" for line in (*_source_lines(lock, name, wanted), *(e.line for e in entries)))
    weigh_made_lines(text, name, wanted.app_dir, wanted.variables, found)
    if not entries:
        return MadeRequirements("", (), lock.remark)
    mixed = len({bool(entry.hashes) for entry in entries}) > 1
    if mixed and wanted.pip is not None and wanted.pip.release < _OLDEST_MIXING:
        raise _too_old(name, wanted.pip, found)
    return MadeRequirements(text, _MIXED if mixed else _WITHOUT_DEPENDENCIES, lock.remark)


def _too_old(name: str, pip: Program, found: Evidence) -> PlatformError:
    listed = "\n".join(str(one) for one in found.requirements if one.place == name and one.reason)
    needed = ".".join(map(str, _OLDEST_MIXING))
    return PlatformError(
        f"pip {pip.version} cannot install {name}: not everything in it has a hash",
        detail=listed,
        advice=f"pip {needed} and newer can. Put strata/pip-tool, or another provider of a newer 'pip', "
        "before this buildpack.",
    )


def _applying(entries: Iterable[LockedEntry], name: str, wanted: Wanted) -> Iterator[LockedEntry]:
    """Yield those whose markers hold for the Python that the app gets."""
    environment = {**marker_environment(wanted.interpreter), "extra": ""}
    verdicts: dict[str, bool] = {}
    for entry in entries:
        for text in entry.markers:
            if text not in verdicts:
                verdicts[text] = _holds(text, name, environment)
        if all(verdicts[text] for text in entry.markers):
            yield entry


def _holds(text: str, name: str, environment: Mapping[str, str]) -> bool:
    from packaging.markers import InvalidMarker, Marker  # 10 ms

    try:
        return Marker(text).evaluate(dict(environment))
    except InvalidMarker as error:
        raise broken(name, f"It has a marker that is none: {text[:200]}") from error
    except RecursionError:
        raise broken(name, "A marker has too many brackets.") from None
    except ValueError as error:  # it may compare what cannot be compared
        raise broken(name, f"The marker {text[:200]} cannot be evaluated: {error}") from error


def _merged(entries: Iterable[LockedEntry]) -> Iterator[LockedEntry]:
    """Yield one for each package: PDM lists it once more for each set of extras."""
    found: dict[tuple[str, str, str, bool], LockedEntry] = {}
    for entry in entries:
        key = (normalise(entry.name), entry.version, entry.address, entry.editable)
        same = found.get(key, entry)
        found[key] = replace(
            same,
            extras=tuple(dict.fromkeys([*same.extras, *entry.extras])),
            hashes=tuple(dict.fromkeys([*same.hashes, *entry.hashes])),
        )
    yield from found.values()


def _check(entry: LockedEntry, name: str) -> None:
    """Refuse what would be something else as a line of a requirements file."""
    if not all(map(is_name, (entry.name, *entry.extras))):
        raise broken(name, f"No package is called so: {', '.join((entry.name, *entry.extras))!r}"[:200])
    if entry.version and not _VERSION.fullmatch(entry.version):
        raise broken(name, f"{entry.name} has a version that is none: {entry.version!r}"[:200])
    wrong = [one for one in entry.hashes if not _HASH.fullmatch(one)]
    if wrong:
        raise broken(name, f"{entry.name} has a hash that is none, or a weak one: {wrong[0]!r}"[:200])
    if re.search(r"[\s\x00-\x1f\x7f]", entry.address):
        raise broken(name, f"The address of {entry.name} has blanks or characters that cannot be seen.")


def _source_lines(lock: ManagerLock, name: str, wanted: Wanted) -> Iterator[str]:
    """Yield the options that name the lock's indexes.

    An index that the user has set up for the build stands in the place of the usual one, which both managers
    call ``pypi``.
    """
    default = lock.replaces_default
    for position, source in enumerate(lock.sources):
        address = _BRACED.sub(r"${\1}", source.address)
        if re.search(r"\s|^-", address) or not address:
            raise broken(name, f"The address of the source {source.name!r} is none.")
        usual = source.name == _DEFAULT_SOURCE
        if usual and wanted.index_chosen:
            continue
        first = usual or (default and position == 0)
        yield f"{source.option or ('--index-url' if first else '--extra-index-url')} {address}"
        if not source.verify:
            host = re.sub(r"^[A-Za-z+]+://(?:[^/@]*@)?|[/?#].*$", "", address)
            yield f"--trusted-host {host}"
