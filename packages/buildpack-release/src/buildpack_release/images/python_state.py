"""Which Python an image runs, and how it stands to the newest patch and to its line's end of life."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from buildpack_release.images.app_image import AppImage, BuildpackLayer
    from buildpack_release.runtimes.archive_catalogue import ArchiveCatalogue

LAYER = "python"
"""The name of the layer that holds Python."""
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})")


class PythonState(Enum):
    """What is to be said of the Python of an image."""

    CURRENT = "current"
    OUTDATED = "outdated"
    END_OF_LIFE = "end of life"
    UNKNOWN = "not in the catalogue"


@dataclass(frozen=True)
class PythonFacts:
    """The Python of an image: its layer, and what the catalogue knows of its line.

    `newest` is the newest patch for the image's architecture; "" and None if the catalogue has none.
    """

    layer: BuildpackLayer
    version: str
    arch: str
    newest: str
    end_of_life: dt.date | None
    state: PythonState

    @property
    def archive(self) -> str:
        """The SHA-256 of the archive that it is made of (hex)."""
        return self.layer.text("sha256")

    @property
    def line(self) -> str:
        """The line it belongs to, such as "3.14"."""
        return self.version.rpartition(".")[0]


def find_python(
    app: AppImage, buildpack: str, catalogue: ArchiveCatalogue, today: dt.date
) -> PythonFacts | None:
    """Return the Python that a buildpack has put into an image; None if it has not."""
    layer = app.buildpack_layer(buildpack, LAYER)
    version = version_numbers(layer.text("version")) if layer else None
    if layer is None or version is None:
        return None
    arch = layer.text("arch")
    line = f"{version[0]}.{version[1]}"
    patches = [one.version for one in catalogue.archives if (one.line, one.arch) == (line, arch)]
    newest, end = max(patches, default=None), catalogue.lines.get(line)
    return PythonFacts(
        layer,
        layer.text("version"),
        arch,
        ".".join(map(str, newest)) if newest else "",
        end,
        _state(version, newest, end, today),
    )


def version_numbers(text: str) -> tuple[int, int, int] | None:
    """Return the numbers of a final release, `X.Y.Z`; None if the text is none."""
    match = _VERSION.fullmatch(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _state(
    version: tuple[int, int, int], newest: tuple[int, int, int] | None, end: dt.date | None, today: dt.date
) -> PythonState:
    if end is not None and end < today:
        return PythonState.END_OF_LIFE
    if newest is None:
        return PythonState.UNKNOWN
    return PythonState.OUTDATED if version < newest else PythonState.CURRENT
