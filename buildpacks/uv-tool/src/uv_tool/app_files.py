"""The version of uv that the app's own files ask for (uv documentation, setting 'required-version').

uv refuses to work in the app with any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api import toml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OWN, _PROJECT = "uv.toml", "pyproject.toml"


def required_versions(app_dir: Path) -> Iterator[tuple[str, str]]:
    """Yield the file that counts, and the version in it. As uv does, read [tool.uv] only without a uv.toml.

    A file that cannot be read says nothing here: whoever works with it says what is wrong.
    """
    name = _OWN if (app_dir / _OWN).is_file() else _PROJECT
    try:
        document = toml.load(app_dir / name)
    except toml.TomlError:
        return
    if name == _PROJECT:
        tools = document.get("tool")
        settings = tools.get("uv") if isinstance(tools, dict) else None
    else:
        settings = document
    version = settings.get("required-version") if isinstance(settings, dict) else None
    if isinstance(version, str) and version.strip():
        yield f"required-version in {name}", version.strip()
