"""Variables that a builder's operator sets for every build: `[[build.env]]` (Platform API 0.12).

They are files in `/cnb/build-config/env`, whose names' suffixes say how a value is combined with the user's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_release.model.table import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from buildpack_release.model.table import Table

SUFFIXES = ("default", "override", "append", "prepend")
_WITH_DELIMITER = frozenset({"append", "prepend"})
# A dot would be read as the beginning of a suffix.
_NAME = re.compile(r"[^=./\x00-\x20]+")


@dataclass(frozen=True)
class BuildVariable:
    """A variable, its value, how it is combined (`suffix`; "" as the lifecycle likes) and joined."""

    name: str
    value: str
    suffix: str
    delimiter: str

    @property
    def file(self) -> str:
        """The name of the file with the value."""
        return f"{self.name}.{self.suffix}" if self.suffix else self.name


def read_variables(build: Table) -> tuple[BuildVariable, ...]:
    """Read and check `[[build.env]]`."""
    seen: set[str] = set()
    delimiters: dict[str, str] = {}
    found = []
    for table in build.tables("env"):
        variable = _read_variable(table)
        if variable.file in seen:
            table.error("env", f'"{variable.file}" is set twice')
        if variable.delimiter and delimiters.setdefault(variable.name, variable.delimiter) != (
            variable.delimiter
        ):
            table.error("env", f'"{variable.name}" has two delimiters, and one file for them', "delim")
        seen.add(variable.file)
        found.append(variable)
    return tuple(found)


def variable_files(variables: Sequence[BuildVariable]) -> Mapping[str, str]:
    """Return the content of each file, by its name, sorted."""
    files = {variable.file: variable.value for variable in variables}
    files |= {f"{one.name}.delim": one.delimiter for one in variables if one.delimiter}
    return dict(sorted(files.items()))


def _read_variable(table: Table) -> BuildVariable:
    table.refuse_unknown_keys(("name", "value", "suffix", "delim"))
    variable = BuildVariable(
        table.string("name", required=True),
        table.string("value"),
        table.string("suffix"),
        table.string("delim"),
    )
    if variable.name.strip() and not _NAME.fullmatch(variable.name):
        table.error("env", f'"{variable.name}" is no name of a variable (no ".", "/", "=" or blank)', "name")
    if variable.suffix and variable.suffix not in SUFFIXES:
        advice = suggestion(variable.suffix, SUFFIXES) or f"one of {', '.join(SUFFIXES)}"
        table.error("env", f'unknown suffix "{variable.suffix}"', "suffix", advice=advice)
    if variable.suffix in _WITH_DELIMITER and not variable.delimiter:
        table.error("env", f'"{variable.name}" needs a "delim" to {variable.suffix} with', "suffix")
    if "value" not in table.data:
        table.warning("env", f'"{variable.name}" has no value', "name")
    return variable
