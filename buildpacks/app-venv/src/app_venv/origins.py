"""Where pip got the files from that it installed, as its output tells (its report does not)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app_venv.checkouts import Checkout

_FILE = r"\s*(?P<how>Using cached|Downloading) (?P<file>\S+?\.(?:whl|zip|tar\.\w+|tgz))(?: \(.*)?$"
_BUILT = r"\s*Created wheel for (?P<name>\S+):"


@dataclass(frozen=True)
class Origins:
    """Names of files from pip's cache and from an index, and of projects that were built from source.

    ``checkouts`` are what was cloned to stay in the environment.
    """

    cached: set[str] = field(default_factory=set)
    downloaded: set[str] = field(default_factory=set)
    built: set[str] = field(default_factory=set)
    checkouts: list[Checkout] = field(default_factory=list)

    def see(self, line: str) -> None:
        """Take note of a line of pip's output."""
        text = line.rstrip("\n")
        file = re.match(_FILE, text)
        if file:
            (self.cached if file["how"] == "Using cached" else self.downloaded).add(file["file"])
        built = re.match(_BUILT, text)
        if built:
            self.built.add(built["name"])

    def __str__(self) -> str:
        counts = (
            (len(self.cached), "from the cache"),
            (len(self.downloaded), "downloaded"),
            (len(self.built), "built from source"),
        )
        return ", ".join(f"{count} {what}" for count, what in counts if count)
