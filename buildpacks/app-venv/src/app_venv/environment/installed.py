"""What is in a site-packages directory, from the metadata that installers leave there (PEP 376, PEP 566)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from buildpack_common.names import normalise
from buildpack_common.parsing import parse_count, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class InstalledDistribution:
    """An installed distribution. ``name`` is normalised, ``fields`` are its core metadata.

    ``requested``: somebody asked for it by name, not another package (PEP 376, 'REQUESTED').
    """

    name: str
    version: str
    requested: bool = False
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    directory: Path | None = None

    @cached_property
    def size(self) -> int:
        """Bytes of the files that it records, when first asked for: scripts may be rewritten before."""
        return _recorded_size(self.directory / "RECORD") if self.directory else 0

    @property
    def label(self) -> str:
        """Name and version as the project writes them."""
        return f"{self.first('Name')} {self.version}"

    def first(self, name: str) -> str:
        """Return the first value of a metadata field, or ''."""
        values = self.fields.get(name.lower(), ())
        return values[0] if values else ""

    def direct_url(self) -> Mapping[str, Any]:
        """Return where it came from if not from an index (PEP 610), else nothing."""
        if self.directory is None:
            return {}
        try:
            document = parse_json((self.directory / "direct_url.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}

    def editable_directory(self) -> str:
        """Return where it is imported from if it is editable (PEP 610, 'editable'), or ''."""
        from urllib.parse import unquote, urlsplit  # only when an environment is examined

        source = self.direct_url()
        details = source.get("dir_info")
        if not isinstance(details, dict) or not details.get("editable"):
            return ""
        return unquote(urlsplit(str(source.get("url", ""))).path)


def installed_distributions(site_packages: Path) -> tuple[InstalledDistribution, ...]:
    """Return all distributions, sorted by name."""
    found = (_read(path) for path in _metadata_directories(site_packages))
    return tuple(sorted((item for item in found if item), key=lambda item: item.name))


def _metadata_directories(site_packages: Path) -> Iterator[Path]:
    if site_packages.is_dir():
        for entry in os.scandir(site_packages):
            if entry.name.endswith((".dist-info", ".egg-info")):
                yield site_packages / entry.name


def _read(directory: Path) -> InstalledDistribution | None:
    for name in ("METADATA", "PKG-INFO"):
        try:
            text = (directory / name).read_text("utf-8", "replace")
        except OSError:
            continue
        fields = _fields(text)
        if fields.get("name"):
            return InstalledDistribution(
                normalise(fields["name"][0]),
                fields.get("version", ("",))[0],
                os.path.lexists(directory / "REQUESTED"),
                fields,
                directory,
            )
    return None


def _fields(text: str) -> dict[str, tuple[str, ...]]:
    """Read the headers; what is folded over several lines stays in several lines."""
    found: dict[str, tuple[str, ...]] = {}
    name = ""
    for line in text.partition("\n\n")[0].splitlines():
        if line[:1] in (" ", "\t"):
            if name:
                found[name] = (*found[name][:-1], f"{found[name][-1]}\n{line.strip()}")
            continue
        key, _, value = line.partition(":")
        name = key.lower()
        found[name] = (*found.get(name, ()), value.strip())
    return found


def _recorded_size(record: Path) -> int:
    try:
        lines = record.read_text("utf-8", "replace").splitlines()
    except OSError:
        return 0
    sizes = (line.rpartition(",")[2] for line in lines)
    return sum(parse_count(size) or 0 for size in sizes)
