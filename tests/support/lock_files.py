"""Lock files (PEP 751) of wheels that an index on loopback has."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from support.wheels import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def lock_text(wheels: Iterable[Path], index: str, *, head: str = "") -> str:
    """Return the text of a pylock.toml with the hashes of wheels, all that index has below files/.

    Several wheels of one project and version are one package, of which pip chooses one. head comes first.
    """
    text = f'lock-version = "1.0"\ncreated-by = "tests"\n{head}\n'
    for (name, version), files in groupby(sorted(wheels), _project):
        entries = "".join(_entry(wheel, index) for wheel in files)
        text += f'\n[[packages]]\nname = "{name}"\nversion = "{version}"\nwheels = [\n{entries}]\n'
    return text


def _project(wheel: Path) -> tuple[str, str]:
    name, version = wheel.name.split("-")[:2]
    return name.replace("_", "-").lower(), version


def _entry(wheel: Path, index: str) -> str:
    url = f"{index}/files/{wheel.name}"
    return f'  {{ name = "{wheel.name}", url = "{url}", hashes = {{ sha256 = "{sha256(wheel)}" }} }},\n'
