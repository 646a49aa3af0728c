"""The images of a plan that are there because others were patched: they are not patched themselves.

Whoever names all tags of a repository names these as well: the old images that `--keep` has given a tag, the
new ones that `--to-tag` has made. If they were patched, nothing would be left to go back to, and each run
would make more of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from buildpack_release.images.patch_plan import PatchState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from buildpack_release.images.patch import PatchOptions
    from buildpack_release.images.patch_plan import PlannedPatch


def leave_kept(plan: Iterable[PlannedPatch], options: PatchOptions) -> tuple[PlannedPatch, ...]:
    """Return a plan in which such images are left alone, each with what it is there for.

    They are known by their tags, and by being what another image of the plan was patched from; the latter not
    where new tags are written, since the old ones are patched again then.
    """
    known = tuple(plan)
    tags, sources = defaultdict[str, set[str]](set), dict[tuple[str, str], str]()
    for one in known:
        repository = one.place.store.name
        tags[repository].add(one.place.tag)
        if one.patched_from and options.to_tag is None:
            sources[repository, one.patched_from] = one.place.tag
    return tuple(
        replace(one, kept=_kept(one, tags[one.place.store.name], sources, options))
        if one.state is PatchState.PATCH
        else one
        for one in known
    )


def _kept(
    one: PlannedPatch, tags: set[str], sources: Mapping[tuple[str, str], str], options: PatchOptions
) -> str:
    tag, version, others = one.place.tag, one.patched[0].old, tags - {one.place.tag}
    if options.keep and _is_of(options.keep.made_of(tag, old=version), others):
        return "the old image of another tag, as --keep calls it"
    if options.to_tag and _is_of(options.to_tag.made_of(tag, python=version), others):
        return "made of another tag, as --to-tag calls it"
    patched = sources.get((one.place.store.name, one.root.digest if one.root else ""), "")
    return f"{patched} was patched from it; it is patched if it is named alone" if patched else ""


def _is_of(tag: str | None, others: set[str]) -> bool:
    """Whether a tag was made of one of the others; of which one the template need not tell."""
    return bool(others) if tag == "" else tag in others
