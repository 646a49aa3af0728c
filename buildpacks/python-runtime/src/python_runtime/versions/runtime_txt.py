"""`runtime.txt`: Heroku's former file, still read: one line `python-X.Y` or `python-X.Y.Z`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from python_runtime.versions.request import Request, is_plain, plain_request
from python_runtime.versions.version_file import visible

if TYPE_CHECKING:
    from pathlib import Path

    from python_runtime.catalogue import Catalogue

FILE = "runtime.txt"


def read(path: Path, catalogue: Catalogue) -> Request | None:
    """Read the file; None if it speaks of another language. Raises ConfigurationError."""
    try:
        text = path.read_bytes().decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise _error("is not encoded in UTF-8", "", catalogue.default) from error
    except OSError as error:
        raise ConfigurationError(
            f"{FILE} cannot be read: {error.strerror}", detail=f"File: {path}"
        ) from error
    version = text.removeprefix("python-")
    if is_plain(version):
        return plain_request(version, FILE)
    if text and not text.lower().startswith(("python", "cpython", "pypy")) and not text[0].isdigit():
        return None
    raise _error("holds no valid version", f"Found: {visible(text) or '(nothing)'}", catalogue.default)


def advice(request: Request) -> str:
    """Return how to move on to `.python-version`."""
    return f"Delete {FILE} and create .python-version with this line:\n{request.pinned}"


def _error(fault: str, detail: str, version: str) -> ConfigurationError:
    return ConfigurationError(
        f"{FILE} {fault}",
        detail=detail,
        advice=f"Delete {FILE} and create .python-version with this line:\n{version}",
    )
