"""The identity of the code that makes packages, so that a change in it counts as a change of their inputs."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import buildpack_common
import buildpack_release
import oci_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

# From here everything that decides what is in a package is imported.
_ROOT = "buildpack_release.packaging.packager"
# Where our libraries are: the folders that hold the packages.
_HOMES = {
    one.__name__: Path(*one.__path__).parent for one in (buildpack_common, buildpack_release, oci_registry)
}
# Imports are read as text, not parsed: this runs on each `inv package`, also when nothing has changed.
_FROM = re.compile(
    rf"^\s*from ((?:{'|'.join(_HOMES)})\b[\w.]*) import (?:\(([^)]*)\)|([^(\n]*))", re.MULTILINE
)
_NAME = re.compile(r"\w+")


@functools.cache
def recipe() -> str:
    """Return a digest of all modules of our libraries that making a package imports, directly or not."""
    digest = hashlib.sha256()
    for path in modules():
        digest.update(path.read_bytes())
    return f"sha256:{digest.hexdigest()}"


def modules() -> tuple[Path, ...]:
    """Return the source files that `recipe` covers, sorted."""
    found: set[Path] = set()
    waiting: list[Path | None] = [_file(_ROOT)]
    while waiting:
        path = waiting.pop()
        if path is not None and path not in found:
            found.add(path)
            waiting.append(_package_of(path))
            waiting.extend(_imported(path.read_text("utf-8")))
    return tuple(sorted(found))


def _imported(source: str) -> Iterator[Path | None]:
    """Yield the files that a module imports: `from package import module` counts as both."""
    for statement in _FROM.finditer(source):
        yield _file(statement[1])
        for name in filter(str.islower, _NAME.findall(statement[2] or statement[3])):  # as modules are named
            yield _file(f"{statement[1]}.{name}")


def _package_of(path: Path) -> Path | None:
    """Return the `__init__.py` that Python runs before the module in `path`."""
    folder = path.parent if path.name != "__init__.py" else path.parent.parent
    package = folder / "__init__.py"
    return package if package.is_file() else None


@functools.cache  # most modules are imported by many
def _file(module: str) -> Path | None:
    place = f"{_HOMES[module.partition('.')[0]]}/{module.replace('.', '/')}"
    candidates = (Path(f"{place}.py"), Path(f"{place}/__init__.py"))
    return next((path for path in candidates if path.is_file()), None)
