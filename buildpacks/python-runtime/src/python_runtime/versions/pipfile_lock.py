"""`Pipfile.lock`: the Python that Pipenv has locked for, where no other file lists what the app needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError
from buildpack_common.parsing import parse_json
from python_runtime.versions import app_file
from python_runtime.versions.request import PythonRequest, parse_request
from python_runtime.versions.spelling import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE = "Pipfile.lock"
_KEYS = ("python_full_version", "python_version")  # the narrower one counts
_ANEW = "Correct [requires] in the Pipfile, and commit what this gives:\n  pipenv lock"
# Beside one of these the lock is often a relic, and the Python in it of years ago.
_OTHERS = ("requirements.txt", "pylock.toml", "pylock.*.toml", "uv.lock", "poetry.lock", "pdm.lock")


def read(app: Path) -> Iterator[PythonRequest]:
    """Yield the request, if there is one. Raises ConfigurationError naming file and key."""
    path = app / FILE
    app_file.refuse_dangling(path, "It is read for the Python version that the app was locked for.")
    if not path.is_file() or any(any(app.glob(name)) for name in _OTHERS):
        return
    requires = _requires(path)
    for key in _KEYS:
        value = requires.get(key)
        if value in (None, "", "*"):
            continue
        source = f"{FILE} ({key})"
        try:
            yield parse_request(str(value), source)
        except ValueError as error:
            found = f"Found: {visible(str(value))}\n{visible(str(error))}"
            raise ConfigurationError(f"{source} is not a version", detail=found, advice=_ANEW) from error
        return


def _requires(path: Path) -> Mapping[str, object]:
    """Return what the lock requires; nothing if it is another kind of document, which is not told here."""
    try:
        document = parse_json(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except OSError as error:
        raise ConfigurationError(
            f"{FILE} cannot be read: {error.strerror}",
            advice="Give the user that runs the build permission to read it.",
        ) from error
    except ValueError as error:
        raise ConfigurationError(
            f"{FILE} is not JSON", detail=visible(str(error)), advice="Commit what this gives:\n  pipenv lock"
        ) from error
    meta = document.get("_meta") if isinstance(document, dict) else None
    requires = meta.get("requires") if isinstance(meta, dict) else None
    return requires if isinstance(requires, dict) else {}
