"""`runtime.txt`: Heroku's former file, still read: one line `python-X.Y` or `python-X.Y.Z`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from python_runtime.versions import app_file
from python_runtime.versions.request import PythonRequest, is_plain, plain_request
from python_runtime.versions.spelling import meant, unseen, visible, why_no_version

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.runtimes_catalogue import RuntimesCatalogue

FILE = "runtime.txt"
_OF_PYTHON = re.compile(r"(?i)\s*(c?python|pypy|\d)")


def read(path: Path, catalogue: RuntimesCatalogue) -> PythonRequest | None:
    """Read the file; None if it speaks of another language. Raises ConfigurationError."""
    content = app_file.read_bytes(path, _instead(catalogue.default))
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        probable = content.replace(b"\0", b"").decode("ascii", errors="ignore")
        raise _error("is not encoded in UTF-8", "", meant(probable, catalogue)) from error
    version = text.removeprefix("python-")
    if is_plain(version):
        return plain_request(version, FILE)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and not any(_OF_PYTHON.match(line) for line in lines):
        return None
    raise _error("holds no valid version", _found(lines), meant(" ".join(lines), catalogue))


def advice(request: PythonRequest) -> str:
    """Return how to move on to `.python-version`."""
    return _instead(request.pinned)


def _found(lines: list[str]) -> str:
    if not lines:
        return "It is empty."
    if len(lines) > 1:
        return f"It has more than one line, and begins with: {visible(lines[0])}"
    names = unseen(lines[0])
    version = lines[0].removeprefix("python-")
    reason = f"They cannot be seen: {names}" if names else why_no_version(version)
    return f"Found: {visible(lines[0])}\n{reason}"


def _instead(version: str) -> str:
    return f"Delete {FILE} and create .python-version with this line:\n{version}"


def _error(fault: str, detail: str, version: str) -> ConfigurationError:
    return ConfigurationError(f"{FILE} {fault}", detail=detail, advice=_instead(version))
