"""Which images are meant: references, all tags of a repository, all repositories of a namespace, layouts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_release.errors import CheckFailed, ReleaseError, UsageError
from oci_registry.errors import AccessDeniedError, RegistryError
from oci_registry.layout import REF_NAME, LayoutStore
from oci_registry.parallel import in_parallel
from oci_registry.reference import Reference, hostname, registry_name
from oci_registry.remote.catalog import repositories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oci_registry.content import Manifest
    from oci_registry.remote.registries import Registries
    from oci_registry.store import Source

LAYOUT = "oci:"
_ALL = "*"
_LIST = "@"
_JOBS = 8
_HIDDEN = "Registries list only what those who ask may read."
# The tags under which documents about an image are kept: the index of referrers, cosign's own.
_ABOUT_OTHERS = re.compile(r"sha256-[0-9a-f]{64}(\..+)?")


@dataclass(frozen=True)
class ImagePlace:
    """Where an image is: a tag or digest in a store. `name` is for people; `tag` is "" if it has none.

    `fault` is why nothing can be read there, if that is known already.
    """

    store: Source
    target: str
    name: str
    tag: str = ""
    fault: ReleaseError | None = None

    def manifest(self) -> Manifest:
        """Read what is there. Raises ReleaseError if that is nothing."""
        if self.fault is not None:
            raise self.fault
        found = self.store.manifest(self.target)
        if found is None:
            raise ReleaseError(f"there is no image {self.name}")
        return found


def read_list(file: Path) -> tuple[str, ...]:
    """Read a file of references, one a line; blank lines and lines that begin with # are left out.

    Raises CheckFailed if it has none or is not UTF-8, OSError.
    """
    try:
        lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    except UnicodeDecodeError:
        raise CheckFailed("this is not a text in UTF-8", file=file) from None
    found = tuple(line for line in lines if line and not line.startswith("#"))
    if not found:
        raise CheckFailed("no reference is in this file", file=file)
    return found


def find_places(texts: Iterable[str], registries: Registries) -> Iterator[ImagePlace]:
    """Find the images that texts name, each once.

    A text is a reference, `REPOSITORY:*` for all tags, `REGISTRY/NAMESPACE/*` for all of all repositories
    below, `oci:DIRECTORY` for all images of a layout, or `@FILE` for a file of these.

    Raises UsageError for anything else, CheckFailed for a broken layout or list and for a text that names
    nothing, RegistryError, OSError.
    """
    seen: set[str] = set()
    for text in texts:
        for place in _some_places(text, registries):
            if place.name not in seen:
                seen.add(place.name)
                yield place


def single_place(text: str, registries: Registries) -> ImagePlace:
    """Return the one image that a text names. Raises UsageError if it names several or none."""
    found = list(find_places([text], registries))
    if len(found) != 1:
        raise UsageError(f"{text} names {len(found)} images, and one is wanted")
    return found[0]


def _some_places(text: str, registries: Registries) -> Iterator[ImagePlace]:
    """Find what a text names; that nothing is there may be a slip, and would look like success."""
    is_there = False
    for place in _places(text, registries):
        is_there = True
        yield place
    if not is_there:
        raise CheckFailed(f"there is no image {text}", advice=_HIDDEN if text.endswith(_ALL) else "")


def _places(text: str, registries: Registries) -> Iterator[ImagePlace]:
    if text.startswith(_LIST):
        for line in read_list(Path(text.removeprefix(_LIST))):
            if line.startswith(_LIST):
                raise UsageError(
                    "a list of references names no other list", file=Path(text.removeprefix(_LIST))
                )
            yield from _some_places(line, registries)
    elif text.startswith(LAYOUT):
        yield from _of_layout(Path(text.removeprefix(LAYOUT)))
    elif text.endswith(f"/{_ALL}"):
        yield from _below(text.removesuffix(f"/{_ALL}"), registries)
    elif text.endswith(f":{_ALL}"):
        yield from _all_tags(Reference.parse(text.removesuffix(f":{_ALL}")), registries)
    else:
        reference = Reference.parse(text.removeprefix("docker://"))
        named = reference if reference.target else reference.with_tag("latest")
        yield ImagePlace(registries.repository(named), str(named.target), str(named), named.tag or "")


def _of_layout(path: Path) -> Iterator[ImagePlace]:
    layout = LayoutStore(path)
    if not layout.exists():
        raise UsageError("this is no OCI layout", detail="It would have the file oci-layout.", file=path)
    for entry in layout.index().manifests:
        tag = str(entry.annotations.get(REF_NAME, ""))
        if not _ABOUT_OTHERS.fullmatch(tag):
            yield ImagePlace(layout, entry.digest, f"{layout.name}:{tag}" if tag else layout.name, tag)


def _all_tags(repository: Reference, registries: Registries) -> Iterator[ImagePlace]:
    store = registries.repository(repository)
    for tag in store.tags():
        if not _ABOUT_OTHERS.fullmatch(tag):
            yield ImagePlace(store, tag, str(repository.with_tag(tag)), tag)


def _below(text: str, registries: Registries) -> Iterator[ImagePlace]:
    if "/" in text:
        namespace = Reference.parse_namespace(text)
        registry, prefix = namespace.registry, f"{namespace.repository}/"
    else:
        hostname(text)
        registry, prefix = registry_name(text), ""
    try:
        names = repositories(registries.client(registry))
    except RegistryError as error:
        if error.status is not None:
            error.advice = (
                f"{error.advice}\nNot every registry lists its repositories. Write the references into a"
                " file, one a line, and name it as @FILE."
            ).strip()
        raise
    chosen = [Reference(registry, name) for name in names if name.startswith(prefix)]
    for found in in_parallel(partial(_tags_or_fault, registries), chosen, jobs=_JOBS):
        yield from found


def _tags_or_fault(registries: Registries, repository: Reference) -> tuple[ImagePlace, ...]:
    """Find the images of a repository; one that we may not read hides no others."""
    try:
        return tuple(_all_tags(repository, registries))
    except AccessDeniedError as error:
        return (ImagePlace(registries.repository(repository), "", f"{repository}:{_ALL}", fault=error),)
