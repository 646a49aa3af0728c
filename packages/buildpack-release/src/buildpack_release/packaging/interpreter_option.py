"""The option `--interpreter`: which archive goes into the self-contained package for which target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.model.targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def parse_interpreters(values: Sequence[str], targets: Sequence[Target]) -> Mapping[Target, Path]:
    """Read values like `linux/amd64=ARCHIVE`, or one `ARCHIVE` when exactly one target is given.

    Raises:
        UsageError: a value fits no target, a target has two archives or none, or a file is missing.
    """
    archives: dict[Target, Path] = {}
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


def _parse(value: str, targets: Sequence[Target]) -> tuple[Target, Path]:
    name, equals, path = value.partition("=")
    if equals and "/" in name and not Path(value).exists():
        return Target.parse(name), Path(path)
    if len(targets) != 1:
        raise UsageError(
            f'it is not clear which target "{value}" is for',
            advice="Write --interpreter linux/amd64=ARCHIVE, or give one --target.",
        )
    return targets[0], Path(value)
