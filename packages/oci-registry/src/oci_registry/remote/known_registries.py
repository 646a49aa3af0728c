"""What earlier runs have found out about registries. Only the order of questions depends on it.

So whatever is wrong with it, or lost, costs a request and nothing else.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class KnownRegistries:
    """Which registries (`host[:port]`) lack the referrers API: an empty file in a folder for each of them."""

    folder: Path | None = None

    def lacks_referrers(self, registry: str) -> bool:
        """Return whether that was found when a registry was last asked."""
        with suppress(OSError):
            return self.folder is not None and (self.folder / registry).exists()
        return False

    def note(self, registry: str, *, lacks_referrers: bool) -> None:
        """Remember what a registry has answered, if it is something new."""
        if self.folder is None or lacks_referrers == self.lacks_referrers(registry):
            return
        with suppress(OSError):
            if lacks_referrers:
                self.folder.mkdir(parents=True, exist_ok=True)
                (self.folder / registry).touch()
            else:
                (self.folder / registry).unlink()
