"""Poetry for tests: the releases that strata/poetry-tool knows, each wheel fetched once."""

from __future__ import annotations

import platform
from functools import cache
from typing import TYPE_CHECKING

from buildpack_api import toml
from buildpack_common.tool_sets import FILE, parse
from buildpack_release.embedded.tools import tags_of
from buildpack_release.files.cache import cache_directory
from buildpack_release.wheels.lock_file import Pin
from buildpack_release.wheels.vendor import fetch_for
from support.component_builds import MINORS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from buildpack_common.tool_sets import SetWheel, ToolSets

POETRY = "strata/poetry-tool"


def known_poetry() -> ToolSets:
    """Return the releases in the buildpack's own file."""
    return parse(toml.load(ROOT / "buildpacks/poetry-tool" / FILE))


@cache
def poetry_wheels(minors: tuple[str, ...] = (MINORS[-1],)) -> tuple[Path, ...]:
    """Return the wheels of all releases for these Pythons, on this machine."""
    wanted: set[SetWheel] = set()
    for release in known_poetry().releases:
        for minor in minors:
            wanted |= set(release.wheels_for(minor, platform.machine()) or ())
    found: set[Path] = set()
    for tags in {tags_of(one) for one in wanted}:
        # One release of each project in each call: pip fetches no two.
        of_one = [one for one in wanted if tags_of(one) == tags]
        while of_one:
            first = {one.name: one for one in of_one}
            pins = [Pin(one.name, one.version, (one.sha256,), ROOT, 1) for one in first.values()]
            found |= set(fetch_for(pins, tags, cache=cache_directory()).values())
            of_one = [one for one in of_one if one not in first.values()]
    return tuple(sorted(found))
