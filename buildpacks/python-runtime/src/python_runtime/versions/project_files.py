"""What `pyproject.toml` and `uv.lock` say about Python: `requires-python`, and Poetry's constraint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildpack_api import toml
from buildpack_api.errors import ConfigurationError
from python_runtime.versions import poetry_range
from python_runtime.versions.request import Request, range_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PYPROJECT, UV_LOCK = "pyproject.toml", "uv.lock"
_REQUIRES = "requires-python"


def read(app: Path) -> Iterator[Request]:
    """Yield the requests of the project's files. Raises ConfigurationError naming file and key."""
    if (app / PYPROJECT).is_file():
        document = _load(app / PYPROJECT)
        yield from _requires_python(document)
        yield from _poetry(document)
    if (app / UV_LOCK).is_file():
        yield from _request(_load(app / UV_LOCK), UV_LOCK, (_REQUIRES,), _pep_440)


def _requires_python(document: dict[str, Any]) -> Iterator[Request]:
    """PEP 621, 'requires-python'."""
    return _request(document, PYPROJECT, ("project", _REQUIRES), _pep_440)


def _poetry(document: dict[str, Any]) -> Iterator[Request]:
    return _request(
        document, PYPROJECT, ("tool", "poetry", "dependencies", "python"), poetry_range.alternatives
    )


def _request(
    document: dict[str, Any], file: str, keys: tuple[str, ...], ranges: Callable[[str], tuple[str, ...]]
) -> Iterator[Request]:
    value: object = document
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return
    source = f"{file} ({_shown(keys)})"
    if not isinstance(value, str):
        raise ConfigurationError(
            f"{source} is {value!r}, which is not a string",
            advice='Put it in quotes, such as ">=3.12": without them TOML reads 3.10 as the number 3.1.',
        )
    try:
        yield range_request(value, source, *ranges(value))
    except ValueError as error:
        raise ConfigurationError(
            f"{source} is not a range of versions",
            detail=f"Found: {value}\n{error}",
            advice='Write a version specifier, such as ">=3.12" or ">=3.11,<3.14".',
        ) from error


def _pep_440(text: str) -> tuple[str, ...]:
    return (text,)


def _shown(keys: tuple[str, ...]) -> str:
    *tables, key = keys
    return f"[{'.'.join(tables)}] {key}" if tables else key


def _load(path: Path) -> dict[str, Any]:
    try:
        return toml.load(path)
    except toml.TomlError as error:
        raise ConfigurationError(
            error.title,
            detail=error.detail,
            advice="It is read for the Python version the project needs: correct it.",
        ) from error
