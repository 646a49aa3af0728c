"""Where an image or buildpackage is, as a builder.toml says it.

Everything that would be downloaded from anywhere but a registry is refused: a builder is made of what its
configuration names, nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

from buildpack_release.errors import UsageError, shown_path
from oci_registry.errors import InvalidReferenceError
from oci_registry.layout import LayoutStore
from oci_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Collection

LAYOUT_PREFIX = "oci:"
_SIBLING = re.compile(r"(?P<id>[A-Za-z0-9.-]+(?:/[A-Za-z0-9.-]+)+)(?:@(?P<version>[^@/]+))?")
_PATH_LIKE = re.compile(r"(/|\./|\.\./|~)|.*\.(cnb|tgz|tar|tar\.gz|toml)$")


@dataclass(frozen=True)
class ArchiveLocator:
    """A `.cnb` file."""

    path: Path


@dataclass(frozen=True)
class LayoutLocator:
    """An OCI layout."""

    path: Path


@dataclass(frozen=True)
class FolderLocator:
    """A buildpack that is not packaged: a folder with a buildpack.toml and its programs."""

    path: Path


@dataclass(frozen=True)
class SiblingLocator:
    """A buildpack of this repository, packaged in dist/; without a version, the one that is there."""

    id: str
    version: str


Locator: TypeAlias = "ArchiveLocator | LayoutLocator | FolderLocator | SiblingLocator | Reference"


def buildpack_locator(text: str, *, directory: Path, siblings: Collection[str]) -> Locator:
    """Read the locator of a buildpackage.

    Args:
        text: an existing path, `file://...`, `oci:DIRECTORY`, `id` or `id@version` of a sibling, or the
            reference of an image (also as `docker://...`).
        directory: what relative paths start from.
        siblings: the ids of this repository's buildpacks.

    Raises UsageError for anything else.
    """
    path = _existing_path(text, directory)
    if path is not None:
        return _file_or_folder(path)
    sibling = _SIBLING.fullmatch(text)
    if sibling and (sibling["id"] in siblings or not _names_registry(sibling["id"])):
        return SiblingLocator(sibling["id"], sibling["version"] or "")
    return _reference(text)


def base_locator(text: str, *, directory: Path) -> LayoutLocator | Reference:
    """Read the locator of a base image: the reference of an image, or `oci:DIRECTORY`. Raises UsageError."""
    if text.startswith(LAYOUT_PREFIX):
        return _layout(directory / text.removeprefix(LAYOUT_PREFIX))
    if _PATH_LIKE.match(text):
        raise UsageError(
            f'"{text}" is no base image', advice=f"For an OCI layout write {LAYOUT_PREFIX} before the path."
        )
    return _reference(text)


def local_file(text: str, *, directory: Path) -> Path:
    """Read the locator of a file: a path or `file://...`. Raises UsageError for other addresses, no file."""
    path = _existing_path(text, directory)
    if path is None:
        _refuse_address(text)
        raise UsageError(f"there is no such file: {shown_path(directory / text)}")
    if not path.is_file():
        raise UsageError("this is not a file", file=path)
    return path


def _existing_path(text: str, directory: Path) -> Path | None:
    if text.startswith(LAYOUT_PREFIX):
        return _layout(directory / text.removeprefix(LAYOUT_PREFIX)).path
    if text.startswith("file:"):
        path = Path(unquote(urlsplit(text).path))
    elif "://" in text or "\0" in text:
        return None
    else:
        path = directory / text
    if path.exists():
        return path
    if text.startswith("file:") or _PATH_LIKE.match(text):
        raise UsageError(f"there is no such file or folder: {shown_path(path)}")
    return None


def _file_or_folder(path: Path) -> Locator:
    if path.is_file():
        return ArchiveLocator(path)
    if LayoutStore(path).exists():
        return LayoutLocator(path)
    if (path / "buildpack.toml").is_file():
        return FolderLocator(path)
    raise UsageError(
        "this folder is neither an OCI layout nor a buildpack",
        detail="It has neither the file oci-layout nor buildpack.toml.",
        file=path,
    )


def _layout(path: Path) -> LayoutLocator:
    if not LayoutStore(path).exists():
        raise UsageError(
            "this is no OCI layout" if path.exists() else "there is no such folder",
            detail="It would have the file oci-layout.",
            file=path,
        )
    return LayoutLocator(path)


def _names_registry(buildpack_id: str) -> bool:
    try:
        Reference.parse(buildpack_id)
    except InvalidReferenceError:
        return False
    return True


def _reference(text: str) -> Reference:
    _refuse_address(text)
    return Reference.parse(text.removeprefix("docker://"))


def _refuse_address(text: str) -> None:
    if text.startswith(("urn:cnb:", "from=builder")):
        raise UsageError(
            f'"{text}" cannot be looked up here: it does not say in which registry the image is',
            advice="Write the reference of the image, for example registry.example.com/acme/cpython:1.0.0.",
        )
    if "://" in text and not text.startswith("docker://"):
        raise UsageError(
            f'"{text}" would be downloaded, which is not done here',
            advice="Fetch the file, check it, and name it by its path; or name an image in a registry.",
        )
