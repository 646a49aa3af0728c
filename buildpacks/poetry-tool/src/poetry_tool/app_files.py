"""The version of Poetry that the app asks for (Poetry documentation, 'requires-poetry').

Poetry refuses to work in the app with any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_api.poetry_range import alternatives

if TYPE_CHECKING:
    from pathlib import Path

_FILE, _SETTING = "pyproject.toml", "requires-poetry"


@dataclass(frozen=True)
class RequiredPoetry:
    """What the app asks for: any of these ranges (PEP 440) will do."""

    text: str
    ranges: tuple[str, ...]

    def allows(self, version: str) -> bool:
        """Whether it is in one of the ranges."""
        from packaging.specifiers import SpecifierSet  # mostly nobody asks for anything

        return any(SpecifierSet(one).contains(version, prereleases=True) for one in self.ranges)

    def __str__(self) -> str:
        return f"{self.text} ({_SETTING} in {_FILE})"


def required_poetry(app_dir: Path) -> RequiredPoetry | None:
    """Return what the app asks for; None if it does not care.

    A file that cannot be read says nothing here: whoever works with it says what is wrong.
    """
    try:
        tools = toml.load(app_dir / _FILE).get("tool")
    except toml.TomlError:
        return None
    settings = tools.get("poetry") if isinstance(tools, dict) else None
    text = settings.get(_SETTING) if isinstance(settings, dict) else None
    if not isinstance(text, str):
        return None
    try:
        return RequiredPoetry(text.strip(), alternatives(text, bare_is_line=False))
    except ValueError:
        return None
