"""The images of a plan that are there because others were patched: they are not patched themselves.

Whoever names all tags of a repository names these as well: the old images that `--keep` has given a tag, the
new ones that `--to-tag` has made. If they were patched, nothing would be left to go back to, and each run
would make more of them.

They are known by their tags alone. That another image was patched from one says nothing: it may have several
tags, and a run that was killed has moved some of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from buildpack_release.images.patch_plan import PatchState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildpack_release.images.patch import PatchOptions
    from buildpack_release.images.patch_plan import PlannedPatch


def leave_kept(plan: Iterable[PlannedPatch], options: PatchOptions) -> tuple[PlannedPatch, ...]:
    """Return a plan in which such images are left alone, each with what it is there for."""
    known, tags = tuple(plan), defaultdict[str, set[str]](set)
    for one in known:
        tags[one.place.store.name].add(one.place.tag)
    return tuple(
        replace(one, kept=_kept(one, tags[one.place.store.name] - {one.place.tag}, options))
        if one.state is PatchState.PATCH
        else one
        for one in known
    )


def _kept(one: PlannedPatch, others: set[str], options: PatchOptions) -> str:
    tag, version = one.place.tag, one.patched[0].old
    if options.keep and _is_of(options.keep.made_of(tag, old=version), others):
        return "the old image of another tag, as --keep calls it"
    if options.to_tag and _is_of(options.to_tag.made_of(tag, python=version), others):
        return "made of another tag, as --to-tag calls it"
    return ""


def _is_of(tag: str | None, others: set[str]) -> bool:
    """Whether a tag was made of one of the others; of which one the template need not tell."""
    return bool(others) if tag == "" else tag in others
