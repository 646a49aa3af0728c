"""The options of what a package carries: `--interpreter`, and `--offline`, `--python`, `--runtimes`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.model.targets import DeclaredTarget
from buildpack_release.runtimes.archive_selection import RuntimeSelection, is_python
from buildpack_release.versions.release_date import release_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def parse_interpreters(
    values: Sequence[str], targets: Sequence[DeclaredTarget]
) -> Mapping[DeclaredTarget, Path]:
    """Read values like `linux/amd64=ARCHIVE`, or one `ARCHIVE` when exactly one target is given.

    Raises:
        UsageError: a value fits no target, a target has two archives or none, or a file is missing.
    """
    archives: dict[DeclaredTarget, Path] = {}
    for value in values:
        target, path = _parse(value, targets)
        if target in archives:
            raise UsageError(f"two interpreters are given for {target}")
        if not path.is_file():
            raise UsageError("this interpreter archive does not exist", file=path)
        archives[target] = path
    if archives and targets and set(archives) != set(targets):
        missing = ", ".join(str(target) for target in targets if target not in archives)
        raise UsageError(f"no interpreter is given for {missing}" if missing else "a target is missing")
    return archives


def parse_offline(
    pythons: Sequence[str], catalogue: str, environ: Mapping[str, str], *, offline: bool
) -> RuntimeSelection | None:
    """Read the options; None for ordinary packages. The day is that of SOURCE_DATE_EPOCH, else today.

    Raises:
        UsageError: a Python is neither a line nor a version, the catalogue is missing, or one of them is
            given for an ordinary package.
    """
    if not offline:
        if pythons or catalogue:
            raise UsageError("--python and --runtimes are for offline packages", advice="Add --offline.")
        return None
    for python in pythons:
        if not is_python(python):
            raise UsageError(
                f'"{python}" is no Python version',
                advice="Write a line, as in 3.13, or a version, as in 3.13.2.",
            )
    path = Path(catalogue) if catalogue else None
    if path is not None and not path.is_file():
        raise UsageError("this catalogue of runtimes does not exist", file=path)
    return RuntimeSelection(dt.date.fromisoformat(release_date("", environ)), tuple(pythons), path)


def _parse(value: str, targets: Sequence[DeclaredTarget]) -> tuple[DeclaredTarget, Path]:
    name, equals, path = value.partition("=")
    if equals and not path:
        raise UsageError(f'"{value}" names no archive', advice="Write --interpreter linux/amd64=ARCHIVE.")
    if equals and "/" in name and not Path(value).exists():
        return DeclaredTarget.parse(name), Path(path)
    if len(targets) != 1:
        raise UsageError(
            f'it is not clear which target "{value}" is for',
            advice="Write --interpreter linux/amd64=ARCHIVE, or give one --target.",
        )
    return targets[0], Path(value)
