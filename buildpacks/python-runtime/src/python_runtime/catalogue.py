"""Reading the catalogue of runtimes, this buildpack's own or the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from buildpack_common.runtimes_catalogue import CatalogueError, RuntimesCatalogue, parse

if TYPE_CHECKING:
    from pathlib import Path


def load(path: Path) -> RuntimesCatalogue:
    """Read and check a catalogue. Raises TomlError, or ConfigurationError naming file and faulty value."""
    document = toml.load(path)
    try:
        return parse(document, path)
    except CatalogueError as error:
        raise ConfigurationError(
            f"{path} is not a catalogue of Python runtimes",
            detail=str(error),
            advice="Compare it with data/runtimes.toml of this buildpack.",
        ) from error
