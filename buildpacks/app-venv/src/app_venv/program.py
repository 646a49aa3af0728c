"""A program that installs, as it was found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Program:
    """``command`` starts it; ``site_packages`` is the directory that its package lies in."""

    command: tuple[str, ...]
    version: str
    site_packages: Path

    @property
    def release(self) -> tuple[int, ...]:
        """The first two numbers of the version."""
        return tuple(int(number) for number in re.findall(r"\d+", self.version)[:2])
