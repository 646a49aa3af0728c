"""Tags of a release: the one of its version, written once; and the moving ones, which follow the newest.

`X.Y` follows the newest `X.Y.*`, `X` the newest `X.*.*`, `latest` the newest of all. They are never moved
backwards: a fix for an old line does not take them away from a newer one. A repository may choose which of
them it has (`PublishSettings`), and a registry with immutable tags refuses to move any.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from buildpack_release.model.settings import MOVING_TAGS
from buildpack_release.versions.number import Version
from oci_registry.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from oci_registry.store import Store

LATEST = "latest"
_VERSION_ANNOTATION = "org.opencontainers.image.version"


def version_tag(version: str, variant: str) -> str:
    """Return the tag of a version, or of a kind of package of it: `1.2.3`, `1.2.3-offline`."""
    return f"{version}-{variant}" if variant else version


class TagState(Enum):
    """What will become of a moving tag."""

    NEW = "new"
    MOVES = "moves"
    DONE = "done"
    STAYS = "stays"
    REFUSED = "refused"


@dataclass(frozen=True)
class MovingTag:
    """A moving tag: `was` is the digest it points to, `because` the newer version for which it stays."""

    name: str
    state: TagState
    was: str = ""
    because: str = ""

    @property
    def is_due(self) -> bool:
        """Whether it is to be written."""
        return self.state in (TagState.NEW, TagState.MOVES)


@dataclass(frozen=True)
class MovingTags:
    """Which moving tags there are.

    Attributes:
        kinds: those that the repository keeps, of MOVING_TAGS.
        refused: what a registry has refused to move in this run: names of stores and tags.
    """

    kinds: tuple[str, ...] = MOVING_TAGS
    refused: set[tuple[str, str]] = field(default_factory=set)

    def plan(
        self,
        store: Store,
        version: str,
        digest: str,
        *,
        is_new: bool = False,
        listed: Collection[str] | None = None,
    ) -> tuple[MovingTag, ...]:
        """Return what becomes of the moving tags once a version has this digest; what is published is read.

        A package of another kind, whose tag is not a version alone (`1.2.3-offline`), moves none. If the
        version `is_new`, no tag is expected to point to it, and only those that exist are asked for; `listed`
        are all tags, if they have just been read.
        """
        try:
            own = Version.parse(version)
        except ValueError:
            return ()
        all_names = _names(own)
        names = [all_names[kind] for kind in MOVING_TAGS if kind in self.kinds]
        tags = store.tags() if listed is None and is_new and names else listed
        found = in_parallel(partial(_pointed_to, store, digest=digest, tags=tags), names)
        if all(was == digest for was, _ in found):
            # Nothing to be decided, and so no list of all tags, which may be long.
            return tuple(MovingTag(name, TagState.DONE, digest) for name in names)
        published = [*_versions(store.tags() if tags is None else tags), own]
        planned = (
            _moving_tag(name, was, own, digest, [*published, *versions])
            for name, (was, versions) in zip(names, found, strict=True)
        )
        return tuple(self._with_refusal(store, tag) for tag in planned)

    def _with_refusal(self, store: Store, tag: MovingTag) -> MovingTag:
        is_refused = tag.is_due and (store.name, tag.name) in self.refused
        return replace(tag, state=TagState.REFUSED) if is_refused else tag


def _names(version: Version) -> Mapping[str, str]:
    """Return the names of the moving tags of a version by their kinds."""
    return dict(
        zip(MOVING_TAGS, (f"{version.major}.{version.minor}", str(version.major), LATEST), strict=True)
    )


def _moving_tag(name: str, was: str, own: Version, digest: str, published: Iterable[Version]) -> MovingTag:
    newest = max(one for one in published if name in _names(one).values())
    if newest > own:
        return MovingTag(name, TagState.STAYS, was, str(newest))
    if was == digest:
        return MovingTag(name, TagState.DONE, was)
    return MovingTag(name, TagState.MOVES if was else TagState.NEW, was)


def _versions(tags: Iterable[str]) -> list[Version]:
    """Return the tags that are versions; there may be any others."""
    found = []
    for tag in tags:
        try:
            found.append(Version.parse(tag))
        except ValueError:
            continue
    return found


def _pointed_to(
    store: Store, name: str, *, digest: str, tags: Collection[str] | None
) -> tuple[str, list[Version]]:
    """Return the digest that a moving tag has, and which version that is: its own tag may have been deleted.

    What has the digest that it is to have is not read. Of a new version no tag has it, and all `tags` are
    known.
    """
    current = store.digest(name) if tags is None else None
    if current in ("", digest):
        return current, []
    found = store.manifest(name) if tags is None or name in tags else None
    if found is None:
        return "", []
    version = found.annotations.get(_VERSION_ANNOTATION)
    return found.digest, _versions([version]) if isinstance(version, str) else []
