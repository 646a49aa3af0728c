"""What `pyproject.toml` and `uv.lock` say about Python: `requires-python`, and Poetry's constraint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildpack_api import poetry_range, toml
from buildpack_api.errors import ConfigurationError
from python_runtime.versions import app_file
from python_runtime.versions.request import PythonRequest, range_request
from python_runtime.versions.spelling import specifier, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PYPROJECT, UV_LOCK = "pyproject.toml", "uv.lock"
_REQUIRES = "requires-python"


@dataclass(frozen=True)
class _Key:
    """A key that may hold a range: where it is, and in which language (``example`` shows it)."""

    file: str
    tables: tuple[str, ...]
    name: str
    example: str
    alternatives: Callable[[str], tuple[str, ...]]
    is_pep_440: bool

    def __str__(self) -> str:
        table = f"[{'.'.join(self.tables)}] " if self.tables else ""
        return f"{self.file} ({table}{self.name})"


def read(app: Path) -> Iterator[PythonRequest]:
    """Yield the requests of the project's files. Raises ConfigurationError naming file and key."""
    documents: dict[str, dict[str, Any]] = {}
    for key in _KEYS:
        if key.file not in documents:
            documents[key.file] = _load(app / key.file)
        yield from _request(documents[key.file], key)


def _request(document: dict[str, Any], key: _Key) -> Iterator[PythonRequest]:
    value: object = document
    for name in (*key.tables, key.name):
        value = value.get(name) if isinstance(value, dict) else None
    if value is None or (key.is_pep_440 and value == ""):  # empty allows any version
        return
    if not isinstance(value, str):
        raise _no_string(key, value)
    try:
        yield range_request(value, str(key), *key.alternatives(value))
    except ValueError as error:
        write = f'Write {key.name} = "{specifier(value)}"' if key.is_pep_440 and specifier(value) else ""
        raise ConfigurationError(
            f"{key} is not a range of versions",
            detail=f"Found: {visible(value)}\n{visible(str(error))}",
            advice=write or f"Write a range, such as {key.example}.",
        ) from error


def _no_string(key: _Key, value: object) -> ConfigurationError:
    number = isinstance(value, (int, float))
    return ConfigurationError(
        f"{key} is {value!r}, which is not a string",
        detail="Without quotes TOML reads 3.10 as the number 3.1." if number else "",
        advice=f"Write one string, such as {key.example}.",
    )


def _pep_440(text: str) -> tuple[str, ...]:
    return (text,)


_KEYS = (
    _Key(PYPROJECT, ("project",), _REQUIRES, f'{_REQUIRES} = ">=3.12"', _pep_440, is_pep_440=True),
    _Key(
        PYPROJECT,
        ("tool", "poetry", "dependencies"),
        "python",
        'python = "^3.12"',
        poetry_range.alternatives,
        is_pep_440=False,
    ),
    _Key(UV_LOCK, (), _REQUIRES, f'{_REQUIRES} = ">=3.12"', _pep_440, is_pep_440=True),
)


def _load(path: Path) -> dict[str, Any]:
    advice = "It is read for the Python version the project needs: correct it."
    app_file.refuse_dangling(path, advice)
    if not path.is_file():
        return {}
    try:
        return toml.load(path)
    except toml.TomlError as error:
        if isinstance(error.__cause__, OSError):
            advice = "Give the user that runs the build permission to read it."
        raise ConfigurationError(error.title, detail=error.detail, advice=advice) from error
