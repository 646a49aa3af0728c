"""The option `--bytecode-from`: Pythons that compile bytecode without being installed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import UsageError
from buildpack_release.maintainer_variables import BYTECODE_FROM
from buildpack_release.runtimes.archive_selection import is_python

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class BytecodeSources:
    """Archives of CPython, and lines (`3.14`) or versions (`3.14.6`) to be fetched as the catalogue says."""

    archives: tuple[Path, ...] = ()
    versions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.archives or self.versions)


def parse_bytecode_from(values: Sequence[str], environ: Mapping[str, str]) -> BytecodeSources:
    """Read the values of the option, else those of the variable.

    Raises:
        UsageError: a value is neither a version nor a file.
    """
    listed = list(values) or [
        value for value in environ.get(BYTECODE_FROM.name, "").split(os.pathsep) if value
    ]
    versions = [value for value in listed if is_python(value)]
    archives = [Path(value) for value in listed if not is_python(value)]
    for path in archives:
        if not path.is_file():
            raise UsageError(
                "this archive of Python does not exist",
                advice=f"--bytecode-from ({BYTECODE_FROM.name}) takes an archive, a line such as 3.14 or a"
                " version such as 3.14.6.",
                file=path,
            )
    return BytecodeSources(tuple(archives), tuple(dict.fromkeys(versions)))
