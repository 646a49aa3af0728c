"""The table `[tool.buildpack-release]` of a repository's pyproject.toml, where all its settings are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_release.model.table import Table
from buildpack_release.model.toml_source import TomlSource

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_release.model.finding import Finding

PYPROJECT = "pyproject.toml"
TABLE = "tool.buildpack-release"


def settings_table(root: Path, findings: list[Finding]) -> Table:
    """Return the table, an empty one if there is none; what is wrong in it is added to `findings`.

    Raises CheckFailed for what is not TOML, ReleaseError for a file that cannot be read.
    """
    path = root / PYPROJECT
    source = TomlSource.read(path) if path.exists() else TomlSource.parse("", path)
    tool, _, own = TABLE.partition(".")
    return Table.root(source, findings).table(tool).table(own)
